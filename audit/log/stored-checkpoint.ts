import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditLogError } from '../audit-log-error.ts';
import { type CheckpointSigner, verifyCheckpoint } from '../checkpoint/index.ts';
import { replaceFile } from '../disk/index.ts';
import { type HashTree, isSameHash } from '../merkle/index.ts';

/** The latest checkpoint this log signed. */
export interface StoredCheckpoint {
  readonly treeSize: number;
  readonly note: string;
}

const CHECKPOINT_FILE = 'checkpoint';

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

/** Puts a newly signed checkpoint in the place of the last, durably. */
export async function storeCheckpoint(directory: string, { note }: StoredCheckpoint): Promise<void> {
  await replaceFile(join(directory, CHECKPOINT_FILE), Buffer.from(note, 'utf8'));
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
