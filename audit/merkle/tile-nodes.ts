import { HASH_BYTES, nodeHash } from './hash.ts';
import { TILE_WIDTH_HASHES } from './tile-path.ts';

/** Length of a full tile. */
export const TILE_BYTES = TILE_WIDTH_HASHES * HASH_BYTES;

/** Levels of the tree that one tile spans. */
export const TILE_HEIGHT_LEVELS = 8;

/** All nodes over 256 hashes, which are one level's hashes less than twice as many. */
const NODES_COUNT = 2 * TILE_WIDTH_HASHES - 1;

/** A tile with the nodes between its hashes and its root: a growing one at the tree's right edge, or a full one. */
export class TileNodes {
  readonly #nodes = new Uint8Array(NODES_COUNT * HASH_BYTES);
  #count = 0;

  /** Takes the hashes of a tile as it stands on disk. */
  static of(bytes: Uint8Array): TileNodes {
    const tile = new TileNodes();
    for (let offset = 0; offset < bytes.byteLength; offset += HASH_BYTES) {
      tile.push(bytes.subarray(offset, offset + HASH_BYTES));
    }
    return tile;
  }

  /** Hashes so far, up to the full width. */
  get count(): number {
    return this.#count;
  }

  /** Adds a hash, and every node that becomes complete by it. */
  push(hash: Uint8Array): void {
    let position = this.#count;
    this.#count += 1;
    this.#nodes.set(hash, slotOf(0, position) * HASH_BYTES);
    for (let height = 0; position % 2 === 1; height += 1) {
      const parent = nodeHash(this.node(height, position - 1), this.node(height, position));
      position = (position - 1) / 2;
      this.#nodes.set(parent, slotOf(height + 1, position) * HASH_BYTES);
    }
  }

  /** A copy of a complete node; at height 0 a hash of the tile, at height 8 the root of a full one. */
  node(height: number, position: number): Uint8Array {
    const start = slotOf(height, position) * HASH_BYTES;
    return this.#nodes.slice(start, start + HASH_BYTES);
  }

  /** The first hashes, as a tile of that width has them on disk. */
  bytes(width: number): Uint8Array {
    return this.#nodes.slice(0, width * HASH_BYTES);
  }
}

function slotOf(height: number, position: number): number {
  return 2 * TILE_WIDTH_HASHES - ((2 * TILE_WIDTH_HASHES) >> height) + position;
}
