// The keys of a log on disk: the one that signs in a private file, all that ever signed in the public file `keys` beside
// the log. The public file decides: a new key signs from the moment the handover to it is written there, and a crash
// before or after leaves one key in force.

import { readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AuditLogError } from '../audit-log-error.ts';
import { replaceFile, syncDirectory } from '../disk/index.ts';
import type { CheckpointSigner } from './checkpoint-signer.ts';
import { openCheckpointKey } from './key-file.ts';
import {
  formatKeyHistory,
  type Handover,
  type KeyHistory,
  newKeyHistory,
  parseKeyHistory,
  verifyKeyHistory,
} from './key-history.ts';

/** Where the keys of a log are. */
export interface LogKeyFiles {
  /** The private key. The one that comes after it, while there is one, lies beside it under `.next`. */
  readonly keyFile: string;
  /** The public history. */
  readonly historyFile: string;
  readonly origin: string;
}

/** The keys of a log, opened. */
export interface LogKeys {
  /** Signs now. */
  readonly signer: CheckpointSigner;
  readonly history: KeyHistory;
}

const nextOf = (keyFile: string): string => `${keyFile}.next`;

/**
 * Opens the keys of a log, and makes the first when there is none. A handover that a crash cut off after it was written
 * is brought to its end.
 *
 * @throws {AuditLogError} `KEY_FILE_INVALID`, `KEY_FILE_EXPOSED`, `ORIGIN_INVALID`
 * @throws {LogVerificationError} when the history does not hold
 */
export async function openLogKeys({ keyFile, historyFile, origin }: LogKeyFiles): Promise<LogKeys> {
  const text = await readIfThere(historyFile);
  if (text === undefined) {
    const signer = await openCheckpointKey(keyFile, origin);
    return { signer, history: newKeyHistory(signer.verifierKey) };
  }
  const history = parseKeyHistory(text);
  const newest = verifyKeyHistory(history, history.firstKey).keys.at(-1)?.verifierKey;
  const signer = await openCheckpointKey(keyFile, origin);
  if (signer.verifierKey === newest) return { signer, history };
  if ((await readIfThere(nextOf(keyFile))) !== undefined) {
    const next = await openCheckpointKey(nextOf(keyFile), origin);
    if (next.verifierKey === newest) {
      await promote(keyFile);
      return { signer: next, history };
    }
  }
  // Signing on with it would be a second history, and nobody who follows the keys would believe a word of it.
  throw new AuditLogError('KEY_FILE_INVALID', 'key file does not hold the newest key that the log handed over to');
}

/** Writes the history of a log that has none yet; for whoever holds the log. */
export async function keepKeyHistory({ historyFile }: LogKeyFiles, history: KeyHistory): Promise<void> {
  if ((await readIfThere(historyFile)) !== undefined) return;
  await replaceFile(historyFile, Buffer.from(formatKeyHistory(history), 'utf8'));
}

/** Opens the key that will come after the one in force, and makes it when there is none. */
export async function openNextKey({ keyFile, origin }: LogKeyFiles): Promise<CheckpointSigner> {
  return await openCheckpointKey(nextOf(keyFile), origin);
}

/** Hands over to the next key: from when this returns it signs alone, and the old private key is gone. */
export async function handOver(files: LogKeyFiles, history: KeyHistory, handover: Handover): Promise<KeyHistory> {
  const after = { ...history, handovers: [...history.handovers, handover] };
  // INVARIANT: what is written is believed by whoever knows the first key alone.
  verifyKeyHistory(after, history.firstKey);
  await replaceFile(files.historyFile, Buffer.from(formatKeyHistory(after), 'utf8'));
  await promote(files.keyFile);
  return after;
}

async function promote(keyFile: string): Promise<void> {
  await rename(nextOf(keyFile), keyFile);
  await syncDirectory(dirname(keyFile));
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
