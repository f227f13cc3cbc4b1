import { dirname } from 'node:path';
import { AuditLogError } from '../audit-log-error.ts';
import type { CheckpointSigner } from '../checkpoint/index.ts';
import {
  type DirectoryLock,
  type LogDisk,
  localDisk,
  lockDirectory,
  makeDurableFolder,
  sweepDrafts,
} from '../disk/index.ts';
import { HashTree, isSameHash, leafHash } from '../merkle/index.ts';
import { TileReader, TileWriter } from '../tiles/index.ts';
import type { AuditLog } from './audit-log.ts';
import { Journal } from './journal.ts';
import { LeafStore, type MovingLimits, usualLimits } from './leaf-store.ts';
import { MerkleLog } from './merkle-log.ts';
import { loadCheckpoint, loadCosigned } from './stored-checkpoint.ts';

/** Where the log is, whose it is, and who signs for it. */
export interface OpenLogOptions {
  /** Made when missing; holds nothing but this log. */
  readonly directory: string;
  /** The log's name in its checkpoints; must be the signer's. */
  readonly origin: string;
  readonly signer: CheckpointSigner;
}

/**
 * Opens the log in a directory, alone: reads its journal and the right edge of its tiles, not the entries before them.
 *
 * @throws {AuditLogError} `ORIGIN_MISMATCH`, `LOG_LOCKED`, `LOG_CORRUPT`, `CHECKPOINT_CONTRADICTS_LOG`
 */
export function openLog(options: OpenLogOptions): Promise<AuditLog> {
  return openLogOn(localDisk, options);
}

/**
 * Opens the log on another disk, and with other limits. For tests: a disk that is slow, fails, or forgets what was not
 * synced, and a journal that soon begins anew.
 */
export async function openLogOn(disk: LogDisk, options: OpenLogOptions, limits = usualLimits): Promise<AuditLog> {
  const { directory, origin, signer } = options;
  if (signer.origin !== origin)
    throw new AuditLogError('ORIGIN_MISMATCH', 'signer signs for another log than this one');
  await makeDurableFolder(disk, dirname(directory), directory);
  const lock = lockDirectory(directory);
  try {
    return await openLocked(disk, lock, options, limits);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openLocked(
  disk: LogDisk,
  lock: DirectoryLock,
  options: OpenLogOptions,
  limits: MovingLimits,
): Promise<AuditLog> {
  const { directory, signer } = options;
  await sweepDrafts(disk, directory);
  const journal = await Journal.open({ disk, directory });
  try {
    const tree = resumeTree(directory, journal);
    const tiles = new TileWriter({ disk, directory, tree });
    await journal.replay((leaf) => tiles.add(leaf, leafHash(leaf)));
    const leaves = new LeafStore({ directory, journal, tiles, tree, limits });
    const checkpoint = await loadCheckpoint(directory, tree, signer);
    const cosigned = await loadCosigned(directory, tree);
    await tiles.remakePartials();
    if (checkpoint) await tiles.writePartials(checkpoint.treeSize);
    const lastAt = await leaves.lastTime();
    return new MerkleLog({ disk, directory, lock, leaves, tiles, tree, signer, checkpoint, cosigned, lastAt });
  } catch (error) {
    await journal.close();
    throw error;
  }
}

function resumeTree(directory: string, { start }: Journal): HashTree {
  const tree = HashTree.resume(start.startIndex, new TileReader(directory).fullTile);
  if (isSameHash(tree.root(tree.size), start.rootHash)) return tree;
  throw new AuditLogError(
    'LOG_CORRUPT',
    `tiles of the first ${start.startIndex} entries do not make the root they had; \`galley audit fsck\` says where`,
  );
}
