import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditLogError } from '../audit-log-error.ts';
import { type CheckpointSigner, parseCheckpoint, verifyCheckpoint } from '../checkpoint/index.ts';
import { type LogDisk, placeDurably } from '../disk/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';
import { type HashTree, isSameHash } from '../merkle/index.ts';
import { CHECKPOINT_FILE } from '../tiles/index.ts';

/** The latest checkpoint this log signed. */
export interface StoredCheckpoint {
  readonly treeSize: number;
  readonly note: string;
}

/**
 * Loads the latest checkpoint, and refuses a tree that does not keep what it promised.
 *
 * The operator who restores an old copy of the leaves, or edits them, is stopped here and not by the first auditor:
 * going on would sign a second history.
 *
 * @throws {AuditLogError} `CHECKPOINT_CONTRADICTS_LOG`
 */
export async function loadCheckpoint(
  directory: string,
  tree: HashTree,
  signer: CheckpointSigner,
): Promise<StoredCheckpoint | undefined> {
  const note = await readIfThere(join(directory, CHECKPOINT_FILE));
  if (note === undefined) return undefined;
  const { treeSize, rootHash } = verified(note, signer);
  if (treeSize > tree.size) throw contradiction(`covers ${treeSize} entries, but the log has ${tree.size}`);
  if (!isSameHash(tree.root(treeSize), rootHash)) throw contradiction('has another root than the log at its size');
  return { treeSize, note };
}

/** The file of the checkpoint of the largest tree that witnesses have cosigned. */
const COSIGNED_FILE = 'cosigned';

/**
 * Loads the cosigned checkpoint. A log that was put back to before it is refused as for its own: witnesses would not
 * sign for it any more.
 *
 * @throws {AuditLogError} `CHECKPOINT_CONTRADICTS_LOG`
 */
export async function loadCosigned(directory: string, tree: HashTree): Promise<StoredCheckpoint | undefined> {
  const note = await readIfThere(join(directory, COSIGNED_FILE));
  return note === undefined ? undefined : treeOfNote(note, tree);
}

/**
 * Reads the size of a checkpoint whose tree is one of this log; who signed it is the business of whoever reads it.
 *
 * @throws {AuditLogError} `CHECKPOINT_CONTRADICTS_LOG`
 */
export function treeOfNote(note: string, tree: HashTree): StoredCheckpoint {
  try {
    const { treeSize, rootHash } = parseCheckpoint(note);
    if (treeSize <= tree.size && isSameHash(tree.root(treeSize), rootHash)) return { treeSize, note };
  } catch (cause) {
    if (!(cause instanceof LogVerificationError)) throw cause;
    throw contradiction('of witnesses is none', cause);
  }
  throw contradiction('of witnesses is of another tree than this log');
}

/** Puts a checkpoint that witnesses cosigned in the place of the last such one, durably. */
export async function storeCosigned(disk: LogDisk, directory: string, { note }: StoredCheckpoint): Promise<void> {
  const file = await placeDurably(disk, directory, join(directory, COSIGNED_FILE), Buffer.from(note, 'utf8'));
  await file.close();
  await disk.syncFolder(directory);
}

/** Puts a newly signed checkpoint in the place of the last, durably. */
export async function storeCheckpoint(disk: LogDisk, directory: string, { note }: StoredCheckpoint): Promise<void> {
  const file = await placeDurably(disk, directory, join(directory, CHECKPOINT_FILE), Buffer.from(note, 'utf8'));
  await file.close();
  await disk.syncFolder(directory);
}

function verified(note: string, signer: CheckpointSigner): { treeSize: number; rootHash: Uint8Array } {
  try {
    return verifyCheckpoint(note, signer.verifierKey);
  } catch (cause) {
    throw contradiction('is not signed by the key of this log', cause);
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function contradiction(what: string, cause?: unknown): AuditLogError {
  return new AuditLogError('CHECKPOINT_CONTRADICTS_LOG', `stored checkpoint ${what}`, cause);
}
