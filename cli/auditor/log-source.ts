import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  checkpointOfMirror,
  findAlteredEntry,
  leavesOfMirror,
  parseCheckpoint,
  readBoundedSync,
  seenByMirror,
} from '../../audit/index.ts';
import type { GalleyClient } from '../client/index.ts';

/** A log as somebody shows it: nothing of it is verified. */
export interface LogSource {
  /** The newest checkpoint. */
  readonly checkpoint: string;
  /** Further checkpoints that came with it. */
  readonly seen: readonly string[];
  /** The story of the log's keys, as its file has it. */
  readonly keys: string | undefined;
  /** The key that whoever shows the log names as its own. */
  readonly namedKey: string | undefined;
  /** The leaves, from the first up to, not including, an index. */
  readonly leaves: (untilIndex: number) => AsyncIterable<Uint8Array>;
  /** Looks closer where the leaves are not the ones that were signed. */
  readonly explain: () => Promise<Error | undefined>;
}

/** A copy of a log's files, or the very folder of a service that does not run. */
export async function mirrorSource(directory: string): Promise<LogSource> {
  const checkpoint = await checkpointOfMirror(directory);
  return {
    checkpoint,
    seen: [...(await seenByMirror(directory)), ...textIn(directory, 'cosigned')],
    keys: textIn(directory, 'keys')[0],
    namedKey: undefined,
    leaves: (untilIndex) => leavesOfMirror(directory, { untilIndex }),
    explain: () => findAlteredEntry(directory, parseCheckpoint(checkpoint)),
  };
}

/** Largest file of keys, or note, that a copy may have: a change of key every week for a century. */
const MAX_TEXT_BYTES = 67_108_864;

function textIn(directory: string, name: string): string[] {
  const path = join(directory, name);
  return existsSync(path) ? [readBoundedSync(path, MAX_TEXT_BYTES).toString('utf8')] : [];
}

/** A running service. */
export async function serviceSource(client: GalleyClient): Promise<LogSource> {
  const { checkpoint, verifierKey, cosignedCheckpoint } = await client.audit.checkpoint();
  const { history } = await client.audit.keys();
  return {
    checkpoint,
    seen: cosignedCheckpoint === '' ? [] : [cosignedCheckpoint],
    keys: history === '' ? undefined : history,
    namedKey: verifierKey,
    leaves: (untilIndex) => client.audit.leaves(BigInt(untilIndex)),
    explain: async () => undefined,
  };
}
