import { hash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditLogError } from '../audit-log-error.ts';
import { type Checkpoint, parseCheckpoint } from '../checkpoint/index.ts';
import { localDisk, lockDirectory, makeDurableFolder, placeDurably, removeDrafts, sweepDrafts } from '../disk/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';
import { HashTree, isSameHash, leafHash, parseTilePath, TILE_WIDTH_HASHES } from '../merkle/index.ts';
import { CHECKPOINT_FILE, checkpointOfMirror, leavesOfMirror, SEEN_FOLDER } from './mirror.ts';
import { TileReader } from './tile-reader.ts';
import { TileWriter } from './tile-writer.ts';

/** Leaves in memory at which what is full is written: what a connection that breaks can cost. */
const WRITE_AT_WAITING_BYTES = 4_194_304;

/** Characters of a checkpoint's digest in its file's name. */
const SEEN_NAME_CHARACTERS = 16;

/** The story of the log's keys, in a log's folder and in a mirror. */
const KEYS_FILE = 'keys';

/** What a mirror grows to. */
export interface GrowMirrorOptions {
  /** Made when missing. */
  readonly directory: string;
  /** The newest checkpoint of the log; the caller verified who signed it. */
  readonly checkpoint: string;
  /** The story of the log's keys, as its file has it. */
  readonly keys: string;
  /** Asks for leaves in order, from the first index up to, not including, the second. */
  readonly leaves: (fromIndex: number, untilIndex: number) => AsyncIterable<Uint8Array>;
  readonly onProgress?: ((entries: number, ofEntries: number) => void) | undefined;
}

/** What was done. */
export interface GrownMirror {
  /** Entries that had not to be asked for. */
  readonly hadEntries: number;
  readonly treeSize: number;
}

/**
 * Brings a mirror up to a checkpoint, and keeps the checkpoint among those seen, whatever comes of it. What was fetched
 * before an interruption is not fetched again.
 *
 * @throws {LogVerificationError} `LOG_ROLLED_BACK`, `LOG_FORKED`, `TREE_SIZE_MISMATCH`, `ROOT_HASH_MISMATCH`: the mirror is
 * then what it was before
 * @throws {AuditLogError} `LOG_LOCKED` while another process writes it
 */
export async function growMirror(options: GrowMirrorOptions): Promise<GrownMirror> {
  const { directory, checkpoint } = options;
  await localDisk.makeFolder(directory);
  const lock = lockDirectory(directory);
  try {
    await sweepDrafts(localDisk, directory);
    await keepSeen(directory, checkpoint);
    const grown = await grow(options, parseCheckpoint(checkpoint), await oldCheckpoint(directory));
    // First the keys: whoever finds the checkpoint must find the key it is signed by.
    await place(directory, KEYS_FILE, options.keys);
    await place(directory, CHECKPOINT_FILE, checkpoint);
    return grown;
  } finally {
    await removeDrafts(localDisk, directory);
    lock.release();
  }
}

async function grow(options: GrowMirrorOptions, wanted: Checkpoint, old: Checkpoint | undefined): Promise<GrownMirror> {
  const { directory } = options;
  const { treeSize } = wanted;
  if (old && old.origin !== wanted.origin) throw forked('is of another log than this mirror');
  if (old && treeSize < old.treeSize) {
    throw new LogVerificationError('LOG_ROLLED_BACK', 'log once signed a larger tree, of which this mirror has a copy');
  }
  const tree = await resumeTree(directory, old?.treeSize ?? 0, treeSize);
  const hadEntries = Math.max(tree.size, old?.treeSize ?? 0);
  if (old?.treeSize === treeSize) {
    if (!isSameHash(old.rootHash, wanted.rootHash)) throw forked('signed two trees of one size');
    return { hadEntries, treeSize };
  }
  const tiles = new TileWriter({ disk: localDisk, directory, tree });
  try {
    await fetchLeaves(options, { tree, tiles, old, treeSize });
    if (!isSameHash(tree.root(treeSize), wanted.rootHash)) {
      throw new LogVerificationError(
        'ROOT_HASH_MISMATCH',
        'leaves that were sent do not make the tree that was signed',
      );
    }
  } catch (error) {
    await tiles.settled();
    // An interrupted fetch is gone on with; what contradicts a signature must not be.
    if (error instanceof LogVerificationError) await discardBeyond(directory, old?.treeSize ?? 0);
    throw error;
  }
  await tiles.writePartials(treeSize, { isDurable: true });
  return { hadEntries, treeSize };
}

interface Fetching {
  readonly tree: HashTree;
  readonly tiles: TileWriter;
  readonly old: Checkpoint | undefined;
  readonly treeSize: number;
}

async function fetchLeaves(options: GrowMirrorOptions, { tree, tiles, old, treeSize }: Fetching): Promise<void> {
  assertExtends(tree, old);
  if (tree.size < treeSize) {
    for await (const leaf of options.leaves(tree.size, treeSize)) {
      if (tree.size === treeSize) throw sizeMismatch('more');
      tiles.add(leaf, leafHash(leaf));
      // Before anything of the new leaves is written where the old ones are.
      if (tree.size === old?.treeSize) assertExtends(tree, old);
      if (tiles.waitingBytes < WRITE_AT_WAITING_BYTES) continue;
      await tiles.writeFull();
      options.onProgress?.(tree.size, treeSize);
    }
  }
  if (tree.size < treeSize) throw sizeMismatch('fewer');
  options.onProgress?.(tree.size, treeSize);
}

function assertExtends(tree: HashTree, old: Checkpoint | undefined): void {
  if (old === undefined || tree.size < old.treeSize) return;
  if (!isSameHash(tree.root(old.treeSize), old.rootHash)) throw forked('is not the one that this mirror is a copy of');
}

/** The tree of the full bundles that are there, at least those of the old checkpoint. */
async function resumeTree(directory: string, oldSize: number, treeSize: number): Promise<HashTree> {
  const reader = new TileReader(directory);
  const least = Math.floor(oldSize / TILE_WIDTH_HASHES);
  let count = least;
  while ((count + 1) * TILE_WIDTH_HASHES <= treeSize) {
    const isThere = (await reader.hasFull('entries', count)) && (await reader.hasFull(0, count));
    if (!isThere) break;
    count += 1;
  }
  for (; ; count -= 1) {
    try {
      return HashTree.resume(count * TILE_WIDTH_HASHES, reader.fullTile);
    } catch (error) {
      // The tiles above may have been next to be written.
      if (!(error instanceof AuditLogError) || count <= least) throw error;
    }
  }
}

/** Makes the mirror what its old checkpoint speaks of. */
async function discardBeyond(directory: string, oldSize: number): Promise<void> {
  const start = oldSize - (oldSize % TILE_WIDTH_HASHES);
  const leaves = await Array.fromAsync(leavesOfMirror(directory, { fromIndex: start, untilIndex: oldSize }));
  const found = await readdir(join(directory, 'tile'), { recursive: true }).catch(() => []);
  for (const name of found) {
    const tile = parseTilePath(join('tile', name));
    if (tile === undefined || tile.width < TILE_WIDTH_HASHES) continue;
    const level = tile.level === 'entries' ? 0 : tile.level;
    const isOld = (tile.index + 1) * TILE_WIDTH_HASHES ** (level + 1) <= oldSize;
    if (!isOld) await localDisk.remove(join(directory, 'tile', name));
  }
  const tree = HashTree.resume(start, new TileReader(directory).fullTile);
  const tiles = new TileWriter({ disk: localDisk, directory, tree });
  for (const leaf of leaves) tiles.add(leaf, leafHash(leaf));
  await tiles.writePartials(oldSize, { isDurable: true });
}

async function oldCheckpoint(directory: string): Promise<Checkpoint | undefined> {
  try {
    return parseCheckpoint(await checkpointOfMirror(directory));
  } catch (error) {
    if (error instanceof LogVerificationError && error.code === 'CHECKPOINT_MISSING') return undefined;
    throw error;
  }
}

async function keepSeen(directory: string, note: string): Promise<void> {
  const digest = hash('sha256', note).slice(0, SEEN_NAME_CHARACTERS);
  await makeDurableFolder(localDisk, directory, join(directory, SEEN_FOLDER));
  await place(directory, join(SEEN_FOLDER, `${parseCheckpoint(note).treeSize}-${digest}`), note);
}

async function place(directory: string, path: string, text: string): Promise<void> {
  const file = join(directory, path);
  await (await placeDurably(localDisk, directory, file, Buffer.from(text, 'utf8'))).close();
  await localDisk.syncFolder(join(file, '..'));
}

function forked(what: string): LogVerificationError {
  return new LogVerificationError('LOG_FORKED', `log ${what}; both checkpoints are kept in \`${SEEN_FOLDER}\``);
}

function sizeMismatch(which: 'more' | 'fewer'): LogVerificationError {
  return new LogVerificationError('TREE_SIZE_MISMATCH', `log sent ${which} leaves than it signed`);
}
