// A root that does not fit says that a copy was altered, and nothing of where. A mirror also has the hashes of its
// leaves, in tiles. They are not believed either; but where they make the very root that was signed, they are what the
// leaves should have been, and the first leaf that differs is the one that somebody touched.

import { join } from 'node:path';
import type { Checkpoint } from '../checkpoint/index.ts';
import { readBounded } from '../disk/index.ts';
import { type LogVerificationCode, LogVerificationError } from '../log-verification-error.ts';
import { CompactRange, HASH_BYTES, isSameHash, leafHash, TILE_WIDTH_HASHES, tilePath } from '../merkle/index.ts';
import { decodeBundle, MAX_BUNDLE_BYTES, TileReader } from '../tiles/index.ts';

/**
 * Finds the first entry of a mirror that is not the one that was signed, and what was done to it.
 *
 * @returns undefined when the tiles of hashes do not make the signed tree either: then no place can be named
 */
export async function findAlteredEntry(
  directory: string,
  checkpoint: Checkpoint,
): Promise<LogVerificationError | undefined> {
  const { treeSize } = checkpoint;
  const tiles = new TileReader(directory);
  if (!makeTheTree(hashesOf(tiles, treeSize), checkpoint)) return undefined;
  const wanted = hashesOf(tiles, treeSize);
  const found = hashedLeaves(directory, treeSize);
  let before: Uint8Array | undefined;
  for (let leafIndex = 0; leafIndex < treeSize; leafIndex += 1) {
    const should = wanted.next().value as Uint8Array;
    const is = await nextOf(found);
    if (is === undefined || !isSameHash(is, should)) {
      const around = { before, should, shouldNext: following(wanted), is, isNext: await nextOf(found) };
      return named(
        whatWasDone(around, () => isAmong(hashesOf(tiles, treeSize), is)),
        leafIndex,
      );
    }
    before = should;
  }
  return undefined;
}

interface Around {
  readonly before: Uint8Array | undefined;
  readonly should: Uint8Array;
  readonly shouldNext: Uint8Array | undefined;
  readonly is: Uint8Array | undefined;
  readonly isNext: Uint8Array | undefined;
}

type Deed = Extract<
  LogVerificationCode,
  'ENTRY_ALTERED' | 'ENTRY_DROPPED' | 'ENTRY_ADDED' | 'ENTRY_REPEATED' | 'ENTRY_MOVED'
>;

const DEEDS: Readonly<Record<Deed, string>> = {
  ENTRY_ALTERED: 'another entry stands where this one was signed',
  ENTRY_DROPPED: 'the entry that was signed here has been left out',
  ENTRY_ADDED: 'an entry stands here that was never signed, in front of the one that was',
  ENTRY_REPEATED: 'the entry before this one stands here a second time',
  ENTRY_MOVED: 'an entry stands here that was signed at another place',
};

function whatWasDone({ before, should, shouldNext, is, isNext }: Around, isSignedElsewhere: () => boolean): Deed {
  if (is === undefined) return 'ENTRY_DROPPED';
  if (isSame(is, before)) return 'ENTRY_REPEATED';
  if (isSame(is, shouldNext) && !isSame(isNext, should)) return 'ENTRY_DROPPED';
  if (isSignedElsewhere()) return 'ENTRY_MOVED';
  return isSame(isNext, should) ? 'ENTRY_ADDED' : 'ENTRY_ALTERED';
}

function named(deed: Deed, leafIndex: number): LogVerificationError {
  return new LogVerificationError(deed, DEEDS[deed], leafIndex);
}

function makeTheTree(hashes: Iterable<Uint8Array>, { treeSize, rootHash }: Checkpoint): boolean {
  const tree = new CompactRange();
  for (const hash of hashes) tree.append(hash);
  return tree.size === treeSize && isSameHash(tree.root(), rootHash);
}

/** The hashes of leaves as the tiles have them; ends early where a tile is missing or too short. */
function* hashesOf(tiles: TileReader, treeSize: number): Generator<Uint8Array, undefined> {
  for (let start = 0; start < treeSize; start += TILE_WIDTH_HASHES) {
    const width = Math.min(TILE_WIDTH_HASHES, treeSize - start);
    const tile = tiles.tile(0, start / TILE_WIDTH_HASHES, width);
    if (tile === undefined || tile.byteLength < width * HASH_BYTES) return undefined;
    for (let at = 0; at < width; at += 1) yield tile.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
  }
  return undefined;
}

/** The hashes of the leaves that are there, however many: bundles may be shorter, or longer, than they should be. */
async function* hashedLeaves(directory: string, treeSize: number): AsyncGenerator<Uint8Array, undefined> {
  const tiles = new TileReader(directory);
  for (let index = 0; index * TILE_WIDTH_HASHES < treeSize; index += 1) {
    const widest = (await tiles.partialWidths('entries', index)).at(-1);
    const bundle = (await bytesOf(directory, index)) ?? (widest && (await bytesOf(directory, index, widest)));
    for (const leaf of (bundle && decodeBundle(bundle)) || []) yield leafHash(leaf);
  }
  return undefined;
}

async function bytesOf(directory: string, index: number, width?: number): Promise<Uint8Array | undefined> {
  return await readBounded(join(directory, tilePath('entries', index, width)), MAX_BUNDLE_BYTES).catch(() => undefined);
}

function isAmong(hashes: Iterable<Uint8Array>, wanted: Uint8Array | undefined): boolean {
  if (wanted === undefined) return false;
  for (const hash of hashes) if (isSameHash(hash, wanted)) return true;
  return false;
}

function isSame(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && other !== undefined && isSameHash(one, other);
}

async function nextOf(hashes: AsyncGenerator<Uint8Array, undefined>): Promise<Uint8Array | undefined> {
  const { value } = await hashes.next();
  return value ?? undefined;
}

function following(hashes: Generator<Uint8Array, undefined>): Uint8Array | undefined {
  return hashes.next().value ?? undefined;
}
