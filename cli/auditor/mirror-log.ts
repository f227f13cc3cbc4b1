import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  growMirror,
  parseKeyHistory,
  type VerifiedKeyHistory,
  verifyCheckpointByHistory,
  verifyKeyHistory,
} from '../../audit/index.ts';
import type { GalleyClient } from '../client/index.ts';

/** Where the mirror is, and what is known of the log. */
export interface MirrorLogOptions {
  readonly directory: string;
  /** A key of the log; without it, the one that the mirror began with, and for a new mirror the one the service names. */
  readonly verifierKey: string | undefined;
  readonly onProgress?: ((entries: number, ofEntries: number) => void) | undefined;
}

/** A mirror that is up to date. */
export interface MirroredLog {
  readonly origin: string;
  readonly treeSize: number;
  readonly fetchedEntries: number;
  /** The key that was trusted, and that the others follow from. */
  readonly verifierKey: string;
  /** The key was believed because the service named it. */
  readonly isKeyBelieved: boolean;
}

/**
 * Brings a mirror up to the newest checkpoint of a running service, verified, and refuses a log that does not go on from
 * what the mirror has.
 *
 * @throws {LogVerificationError} with the code of the broken promise; the mirror is then what it was before
 */
export async function mirrorLog(client: GalleyClient, options: MirrorLogOptions): Promise<MirroredLog> {
  const { directory } = options;
  if (existsSync(join(directory, 'journal'))) {
    throw new Error(`\`${directory}\` is the log of a service itself; name another folder for the mirror`);
  }
  const begunWith = firstKeyOf(directory);
  const { checkpoint } = await client.audit.checkpoint();
  const { history: keys } = await client.audit.keys();
  const { firstKey } = parseKeyHistory(keys);
  const verifierKey = options.verifierKey ?? begunWith ?? firstKey;
  const history = verifyKeyHistory(parseKeyHistory(keys), verifierKey);
  assertSameLog(history, begunWith);
  const { origin } = verifyCheckpointByHistory(checkpoint, history);
  const { hadEntries, treeSize } = await growMirror({
    directory,
    checkpoint,
    keys,
    leaves: (from, until) => client.audit.leaves(BigInt(until), BigInt(from)),
    onProgress: options.onProgress,
  });
  const isKeyBelieved = options.verifierKey === undefined && begunWith === undefined;
  return { origin, treeSize, fetchedEntries: treeSize - hadEntries, verifierKey, isKeyBelieved };
}

function firstKeyOf(directory: string): string | undefined {
  const path = join(directory, 'keys');
  return existsSync(path) ? parseKeyHistory(readFileSync(path, 'utf8')).firstKey : undefined;
}

function assertSameLog({ keys }: VerifiedKeyHistory, begunWith: string | undefined): void {
  if (begunWith === undefined || keys.some(({ verifierKey }) => verifierKey === begunWith)) return;
  throw new Error('the service shows another log than the one this folder is a mirror of; name another folder');
}
