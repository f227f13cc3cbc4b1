// The tree keeps the hash of every complete subtree, and nothing else: those never change once written, so any past
// root and any proof is put together from O(log n) of them. They are kept as tiles of 256. Only the growing tile of
// each level is held in memory; full ones are given away to be written, and read back through a small cache, so that
// memory does not grow with the log.

import { AuditLogError } from '../audit-log-error.ts';
import { EMPTY_ROOT, isSameHash, nodeHash } from './hash.ts';
import { TILE_BYTES, TILE_HEIGHT_LEVELS, TileNodes } from './tile-nodes.ts';
import { TILE_WIDTH_HASHES, tilePath } from './tile-path.ts';

/** Most leaves in one tree: levels are found with 32-bit arithmetic, and 2^30 leaves already take 64 GiB of hashes. */
export const MAX_TREE_SIZE_LEAVES = 2 ** 30;

/** Tiles kept after they were read: 16 KiB each, and a proof in a tree of 2^24 leaves needs three. */
const CACHED_TILES_COUNT = 256;

/** Reads a full tile that was given away before; undefined when it is not there. Synchronous: a tile is 8 KiB. */
export type TileSource = (level: number, index: number) => Uint8Array | undefined;

/** A tile that became full and is to be written. */
export interface FullTile {
  readonly level: number;
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** A Merkle hash tree (RFC 6962, section 2.1) that grows by one leaf at a time and remembers every earlier root. */
export class HashTree {
  readonly #source: TileSource;
  /** The growing tile of each level of tiles. */
  readonly #edges: TileNodes[] = [];
  /** Full tiles that nobody has written yet. */
  readonly #full = new Map<string, { readonly level: number; readonly index: number; readonly tile: TileNodes }>();
  readonly #cache = new Map<string, TileNodes>();
  #size = 0;

  constructor(source: TileSource = () => undefined) {
    this.#source = source;
  }

  /**
   * Takes a tree up again whose full tiles the source holds; `size` is a multiple of 256.
   *
   * The caller compares the root with one that it knows: nothing else vouches for the tiles at the right edge.
   *
   * @throws {AuditLogError} `LOG_CORRUPT` when a tile is missing
   */
  static resume(size: number, source: TileSource): HashTree {
    const tree = new HashTree(source);
    tree.#size = size;
    let count = size / TILE_WIDTH_HASHES;
    tree.#edges.push(new TileNodes());
    for (let level = 1; count > 0; level += 1) {
      const edge = new TileNodes();
      for (let index = count - (count % TILE_WIDTH_HASHES); index < count; index += 1) {
        edge.push(tree.#read(level - 1, index).node(TILE_HEIGHT_LEVELS, 0));
      }
      tree.#edges.push(edge);
      count = Math.floor(count / TILE_WIDTH_HASHES);
    }
    return tree;
  }

  get size(): number {
    return this.#size;
  }

  append(leafHash: Uint8Array): void {
    this.#size += 1;
    let hash = leafHash;
    let count = this.#size;
    for (let level = 0; ; level += 1) {
      const edge = this.#edges[level] ?? new TileNodes();
      this.#edges[level] = edge;
      edge.push(hash);
      if (edge.count < TILE_WIDTH_HASHES) return;
      count /= TILE_WIDTH_HASHES;
      this.#full.set(keyOf(level, count - 1), { level, index: count - 1, tile: edge });
      this.#edges[level] = new TileNodes();
      hash = edge.node(TILE_HEIGHT_LEVELS, 0);
    }
  }

  /** Tiles that became full and were not yet released, in the order they did. */
  fullTiles(): FullTile[] {
    return Array.from(this.#full.values(), ({ level, index, tile }) => {
      return { level, index, bytes: tile.bytes(TILE_WIDTH_HASHES) };
    });
  }

  /** Lets go of a full tile that the source can now give back. */
  release({ level, index }: Pick<FullTile, 'level' | 'index'>): void {
    const key = keyOf(level, index);
    const full = this.#full.get(key);
    if (full === undefined) return;
    this.#full.delete(key);
    this.#remember(key, full.tile);
  }

  /** The first hashes of a tile, as many as `width`; the tree has at least so many there. */
  tileBytes(level: number, index: number, width: number): Uint8Array {
    return this.#tile(level, index).bytes(width);
  }

  leafHash(leafIndex: number): Uint8Array {
    return this.#subtree(0, leafIndex);
  }

  root(treeSize: number): Uint8Array {
    return treeSize === 0 ? EMPTY_ROOT.slice() : this.rangeHash(0, treeSize);
  }

  /**
   * The RFC's MTH(D[start:end]): the root of a run of leaves as it stands inside the tree.
   *
   * INVARIANT: the run comes from splitting the whole tree as the RFC does, so `start` is a multiple of the largest
   * power of two in its length, and its left part is always a stored subtree.
   */
  rangeHash(start: number, end: number): Uint8Array {
    const width = largestPowerOfTwoUpTo(end - start);
    const left = this.#subtree(Math.log2(width), start / width);
    return start + width === end ? left : nodeHash(left, this.rangeHash(start + width, end));
  }

  /** The root of the complete subtree of 2^height leaves at a place. */
  #subtree(height: number, index: number): Uint8Array {
    const level = Math.floor(height / TILE_HEIGHT_LEVELS);
    const heightInTile = height % TILE_HEIGHT_LEVELS;
    const nodesInTile = TILE_WIDTH_HASHES >> heightInTile;
    return this.#tile(level, Math.floor(index / nodesInTile)).node(heightInTile, index % nodesInTile);
  }

  #tile(level: number, index: number): TileNodes {
    const key = keyOf(level, index);
    const edgeIndex = Math.floor(this.#size / TILE_WIDTH_HASHES ** (level + 1));
    const held = index === edgeIndex ? this.#edges[level] : (this.#full.get(key)?.tile ?? this.#cache.get(key));
    if (held === undefined && index > edgeIndex) throw new RangeError('tile is outside the tree');
    const tile = held ?? this.#readVerified(level, index);
    if (index !== edgeIndex && !this.#full.has(key)) this.#remember(key, tile);
    return tile;
  }

  /** A tile is believed only when the tile above it says so, up to the edge, whose root a checkpoint has signed. */
  #readVerified(level: number, index: number): TileNodes {
    const tile = this.#read(level, index);
    const expected = this.#subtree((level + 1) * TILE_HEIGHT_LEVELS, index);
    if (!isSameHash(tile.node(TILE_HEIGHT_LEVELS, 0), expected)) throw damaged(level, index);
    return tile;
  }

  #read(level: number, index: number): TileNodes {
    const bytes = this.#source(level, index);
    if (bytes?.byteLength !== TILE_BYTES) throw damaged(level, index);
    return TileNodes.of(bytes);
  }

  #remember(key: string, tile: TileNodes): void {
    // A map keeps the order of insertion: what was used last goes to its end, and the first is the one to drop.
    this.#cache.delete(key);
    this.#cache.set(key, tile);
    const [oldest] = this.#cache.keys();
    if (this.#cache.size > CACHED_TILES_COUNT && oldest !== undefined) this.#cache.delete(oldest);
  }
}

function keyOf(level: number, index: number): string {
  return `${level}/${index}`;
}

function damaged(level: number, index: number): AuditLogError {
  const place = tilePath(level, index);
  return new AuditLogError('LOG_CORRUPT', `\`${place}\` is missing or damaged; \`galley audit fsck\` says how far`);
}

/** The largest power of two that is at most `count`; `count` from 1 to 2^30. */
function largestPowerOfTwoUpTo(count: number): number {
  return 2 ** (31 - Math.clz32(count));
}

/**
 * The RFC's k: the largest power of two smaller than `count`, where a tree of `count` leaves splits; `count` from 2.
 */
export function splitPoint(count: number): number {
  return largestPowerOfTwoUpTo(count - 1);
}
