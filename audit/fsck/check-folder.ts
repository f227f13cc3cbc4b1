import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Checkpoint, parseCheckpoint, verifyCheckpoint } from '../checkpoint/index.ts';
import { localDisk, lockDirectory, makeDurableFolder, placeDurably, removeDrafts, sweepDrafts } from '../disk/index.ts';
import { type ReadJournal, readJournal } from '../log/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';
import { isSameHash, leafHash, parseTilePath, TILE_WIDTH_HASHES, tilePath } from '../merkle/index.ts';
import { checkpointOfMirror, seenNotes, TileReader } from '../tiles/index.ts';
import { type Difference, Differences } from './difference.ts';
import { RebuiltTiles, type WriteTile } from './rebuilt-tiles.ts';

/** What to check, and how far to go. */
export interface CheckFolderOptions {
  /** A mirror, or the log of a service that is stopped. */
  readonly directory: string;
  /** Rewrites tiles of hashes that differ, when the entries make the tree that the checkpoint signs. */
  readonly repair?: boolean;
  /** Whose signature the newest checkpoint must carry; without it, the checkpoint is taken at its word. */
  readonly verifierKey?: string | undefined;
  readonly onProgress?: (entries: number, ofEntries: number) => void;
}

/** What was found. */
export interface CheckedFolder {
  /** Entries that were read. */
  readonly entries: number;
  /** Of the checkpoint; null when there is none that can be used. */
  readonly treeSize: number | null;
  /** The first thousand. */
  readonly differences: readonly Difference[];
  readonly differencesCount: number;
  readonly repairedTiles: number;
  /** Every file is now what the entries make. */
  readonly isWhole: boolean;
}

/**
 * Makes every tile and every root of a log's folder again from its entries alone, and names everything that differs.
 *
 * Only tiles of hashes are ever repaired, and only when the entries make the signed tree: they can be made again, and
 * whoever altered an entry shall not find the tiles made to fit.
 *
 * @throws {AuditLogError} `LOG_LOCKED` when a service has the log open
 */
export async function checkFolder(options: CheckFolderOptions): Promise<CheckedFolder> {
  const journal = await readJournal(options.directory);
  // A mirror has no journal, and nobody to keep out.
  const lock = journal && lockDirectory(options.directory);
  try {
    const found = await check(options, journal);
    const isRepairable = options.repair === true && mayRepair(found.differences);
    const repairedTiles = isRepairable ? await repair(options, journal) : 0;
    const { entries, treeSize, differences } = found;
    const left = differences.total - (isRepairable ? repairableIn(differences) : 0);
    const { named, total } = differences;
    return { entries, treeSize, differences: named, differencesCount: total, repairedTiles, isWhole: left === 0 };
  } finally {
    lock?.release();
  }
}

interface Found {
  readonly entries: number;
  readonly treeSize: number | null;
  readonly differences: Differences;
}

async function check(
  { directory, verifierKey, onProgress }: CheckFolderOptions,
  journal: ReadJournal | undefined,
  writeTile?: WriteTile,
): Promise<Found> {
  const differences = new Differences();
  const reader = new TileReader(directory);
  const newest = await readNewest(directory, verifierKey, differences);
  const seen = newest === undefined ? [] : await readSeen(directory, differences);
  const treeSize = newest?.treeSize ?? 0;
  const sizes = [treeSize, ...seen.map((one) => one.checkpoint.treeSize), journal?.start?.startIndex ?? 0];
  const tiles = new RebuiltTiles({ reader, differences, sizes, writeTile });
  const hashes = new Map<number, Uint8Array>();
  for await (const leaf of entriesIn(reader, treeSize, differences)) {
    if (journal?.start && tiles.size >= journal.start.startIndex) hashes.set(tiles.size, leafHash(leaf));
    await tiles.add(leaf);
    if (tiles.size % TILE_WIDTH_HASHES === 0) onProgress?.(tiles.size, treeSize);
  }
  onProgress?.(tiles.size, treeSize);
  if (newest && !hasRoot(tiles, newest)) {
    differences.add('ROOT_DIFFERS', 'checkpoint', `signs another tree of ${treeSize} entries than they make`);
  }
  for (const { path, checkpoint } of seen) {
    if (hasRoot(tiles, checkpoint)) continue;
    const message = `signs a tree of ${checkpoint.treeSize} entries that is not the beginning of this one`;
    differences.add('SEEN_ROOT_DIFFERS', path, message);
  }
  if (journal) compareJournal(journal, tiles, hashes, differences);
  await nameUnknownFiles(directory, tiles, differences);
  return { entries: tiles.size, treeSize: newest?.treeSize ?? null, differences };
}

async function readNewest(
  directory: string,
  verifierKey: string | undefined,
  differences: Differences,
): Promise<Checkpoint | undefined> {
  try {
    return readNote(await checkpointOfMirror(directory), verifierKey);
  } catch (error) {
    if (!(error instanceof LogVerificationError)) throw error;
    differences.add('CHECKPOINT_UNUSABLE', 'checkpoint', `${error.message} (${error.code})`);
    return undefined;
  }
}

async function readSeen(
  directory: string,
  differences: Differences,
): Promise<{ path: string; checkpoint: Checkpoint }[]> {
  const seen: { path: string; checkpoint: Checkpoint }[] = [];
  for (const { path, note } of await seenNotes(directory)) {
    try {
      // Whose they are was verified when they were kept; the log's key may have been replaced since.
      seen.push({ path, checkpoint: parseCheckpoint(note) });
    } catch (error) {
      if (!(error instanceof LogVerificationError)) throw error;
      differences.add('CHECKPOINT_UNUSABLE', path, `${error.message} (${error.code})`);
    }
  }
  return seen;
}

function readNote(note: string, verifierKey: string | undefined): Checkpoint {
  return verifierKey === undefined ? parseCheckpoint(note) : verifyCheckpoint(note, verifierKey);
}

/** The entries that the checkpoint speaks of, and whatever full bundles follow. */
async function* entriesIn(
  reader: TileReader,
  treeSize: number,
  differences: Differences,
): AsyncGenerator<Uint8Array, void> {
  for (let index = 0; ; index += 1) {
    const wanted = Math.min(TILE_WIDTH_HASHES, treeSize - index * TILE_WIDTH_HASHES);
    const isFull = await reader.hasFull('entries', index);
    if (wanted <= 0 && !isFull) return;
    const width = isFull ? TILE_WIDTH_HASHES : wanted;
    const leaves = await reader.bundle(index, width);
    if (leaves === undefined) {
      const isThere = isFull || (await reader.partialWidths('entries', index)).some((one) => one >= width);
      const path = tilePath('entries', index, width);
      if (isThere) differences.add('BUNDLE_MALFORMED', path, 'is not made of entries, or of too few');
      else differences.add('BUNDLE_MISSING', path, 'is not there, so that nothing from it on can be checked');
      return;
    }
    yield* leaves;
  }
}

function hasRoot(tiles: RebuiltTiles, { treeSize, rootHash }: Checkpoint): boolean {
  const root = tiles.roots.get(treeSize);
  return root !== undefined && isSameHash(root, rootHash);
}

function compareJournal(
  { start, leaves }: ReadJournal,
  tiles: RebuiltTiles,
  hashes: ReadonlyMap<number, Uint8Array>,
  differences: Differences,
): void {
  if (start === undefined) {
    differences.add('JOURNAL_DIFFERS', 'journal', 'does not begin as a journal');
    return;
  }
  const root = tiles.roots.get(start.startIndex);
  if (root === undefined || !isSameHash(root, start.rootHash)) {
    differences.add(
      'JOURNAL_DIFFERS',
      'journal',
      `begins at another root than the first ${start.startIndex} entries make`,
    );
  }
  for (const [nth, leaf] of leaves.entries()) {
    const leafIndex = start.startIndex + nth;
    const hash = hashes.get(leafIndex);
    if (hash === undefined || isSameHash(hash, leafHash(leaf))) continue;
    differences.add('JOURNAL_DIFFERS', 'journal', `holds another entry ${leafIndex} than its bundle`, leafIndex);
  }
}

async function nameUnknownFiles(directory: string, tiles: RebuiltTiles, differences: Differences): Promise<void> {
  const found = await readdir(join(directory, 'tile'), { recursive: true, withFileTypes: true }).catch(() => []);
  for (const file of found) {
    if (file.isDirectory()) continue;
    const path = join(file.parentPath, file.name).slice(directory.length).replace(/^\/+/, '');
    const tile = parseTilePath(path);
    // Partial tiles may stand beside full ones, and may be of a later size than a copied checkpoint.
    const isOfTree = tile && (tile.width < TILE_WIDTH_HASHES || tiles.hasFull(Number(tile.level) || 0, tile.index));
    if (!isOfTree) differences.add('FILE_UNKNOWN', path, 'is no tile of this tree');
  }
}

function repairableIn(differences: Differences): number {
  const codes = ['TILE_MISSING', 'TILE_DIFFERS', 'ENTRY_DIFFERS'] as const;
  return codes.reduce((sum, code) => sum + differences.count(code), 0);
}

function mayRepair(differences: Differences): boolean {
  const mustNotBe = ['CHECKPOINT_UNUSABLE', 'BUNDLE_MISSING', 'BUNDLE_MALFORMED', 'ROOT_DIFFERS'] as const;
  return repairableIn(differences) > 0 && mustNotBe.every((code) => differences.count(code) === 0);
}

async function repair(options: CheckFolderOptions, journal: ReadJournal | undefined): Promise<number> {
  const { directory } = options;
  let repaired = 0;
  await sweepDrafts(localDisk, directory);
  await check(options, journal, async (path, bytes) => {
    const file = join(directory, path);
    await makeDurableFolder(localDisk, directory, dirname(file));
    await (await placeDurably(localDisk, directory, file, bytes)).close();
    await localDisk.syncFolder(dirname(file));
    repaired += 1;
  });
  if (journal === undefined) await removeDrafts(localDisk, directory);
  return repaired;
}
