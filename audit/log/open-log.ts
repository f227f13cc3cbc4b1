import { mkdir } from 'node:fs/promises';
import { AuditLogError } from '../audit-log-error.ts';
import type { CheckpointSigner } from '../checkpoint/index.ts';
import { lockDirectory } from '../disk/index.ts';
import { EntryError, parseLeaf } from '../entry/index.ts';
import { HashTree, leafHash } from '../merkle/index.ts';
import type { AuditLog } from './audit-log.ts';
import type { SyncFile } from './file-bytes.ts';
import { LeafFile } from './leaf-file.ts';
import { MerkleLog } from './merkle-log.ts';
import { loadCheckpoint } from './stored-checkpoint.ts';

/** Where the log is, whose it is, and who signs for it. */
export interface OpenLogOptions {
  /** Made when missing; holds nothing but this log. */
  readonly directory: string;
  /** The log's name in its checkpoints; must be the signer's. */
  readonly origin: string;
  readonly signer: CheckpointSigner;
}

const OWNER_ONLY_MODE = 0o700;

/**
 * Opens the log in a directory, alone, and reads all of it back into the tree.
 *
 * @throws {AuditLogError} `ORIGIN_MISMATCH`, `LOG_LOCKED`, `LOG_CORRUPT`, `CHECKPOINT_CONTRADICTS_LOG`
 */
export function openLog(options: OpenLogOptions): Promise<AuditLog> {
  // Data only: a log never needs to know when its files' times were synced.
  return openLogWithSync(options, (file) => file.datasync());
}

/** Opens the log with another way to make the leaf file durable. For tests: what it does not sync is not durable. */
export async function openLogWithSync(options: OpenLogOptions, sync: SyncFile): Promise<AuditLog> {
  const { directory, origin, signer } = options;
  if (signer.origin !== origin)
    throw new AuditLogError('ORIGIN_MISMATCH', 'signer signs for another log than this one');
  await mkdir(directory, { recursive: true, mode: OWNER_ONLY_MODE });
  const lock = lockDirectory(directory);
  let file: LeafFile | undefined;
  try {
    const tree = new HashTree();
    let lastLeaf: Uint8Array | undefined;
    file = await LeafFile.open(directory, sync, (leaf) => {
      tree.append(leafHash(leaf));
      lastLeaf = leaf;
    });
    const checkpoint = await loadCheckpoint(directory, tree, signer);
    return new MerkleLog({ directory, lock, file, tree, signer, checkpoint, lastAt: timeOf(lastLeaf) });
  } catch (error) {
    await file?.close();
    lock.release();
    throw error;
  }
}

function timeOf(leaf: Uint8Array | undefined): string {
  if (leaf === undefined) return '';
  try {
    return parseLeaf(leaf).at;
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    throw new AuditLogError('LOG_CORRUPT', 'last leaf of the log is not an entry', error);
  }
}
