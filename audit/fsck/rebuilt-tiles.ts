import {
  type FullTile,
  HASH_BYTES,
  HashTree,
  isSameHash,
  leafHash,
  TILE_WIDTH_HASHES,
  tilePath,
} from '../merkle/index.ts';
import type { TileReader } from '../tiles/index.ts';
import type { Differences } from './difference.ts';

/** Puts a tile in its place; for whoever repairs. */
export type WriteTile = (path: string, bytes: Uint8Array) => Promise<void>;

/** What the tiles are held against. */
export interface RebuiltTilesParts {
  readonly reader: TileReader;
  readonly differences: Differences;
  /** Sizes whose roots are asked for; the partial tiles of the first are looked at. */
  readonly sizes: readonly number[];
  readonly writeTile?: WriteTile | undefined;
}

/** The tree and every tile of it, made from the entries alone and held against those on disk. */
export class RebuiltTiles {
  readonly #parts: RebuiltTilesParts;
  readonly #sizes: ReadonlySet<number>;
  readonly #tree = new HashTree();
  readonly #roots = new Map<number, Uint8Array>();

  constructor(parts: RebuiltTilesParts) {
    this.#parts = parts;
    this.#sizes = new Set(parts.sizes);
    this.#noteRoot();
  }

  get size(): number {
    return this.#tree.size;
  }

  /** The roots at the sizes asked for, as far as there are entries. */
  get roots(): ReadonlyMap<number, Uint8Array> {
    return this.#roots;
  }

  /** Adds a leaf, and looks at the tiles that are full, or partial by a size asked for. */
  async add(leaf: Uint8Array): Promise<void> {
    this.#tree.append(leafHash(leaf));
    this.#noteRoot();
    if (this.size === this.#parts.sizes[0]) await this.#lookAtPartials();
    if (this.size % TILE_WIDTH_HASHES !== 0) return;
    for (const tile of this.#tree.fullTiles()) {
      await this.#compare(tile, TILE_WIDTH_HASHES);
      this.#tree.release(tile);
    }
  }

  /** Tells whether a full tile at this place is one of this tree. */
  hasFull(level: number, index: number): boolean {
    return (index + 1) * TILE_WIDTH_HASHES ** (level + 1) <= this.size;
  }

  async #lookAtPartials(): Promise<void> {
    let count = this.size;
    for (let level = 0; count > 0; level += 1) {
      const index = Math.floor(count / TILE_WIDTH_HASHES);
      const width = count % TILE_WIDTH_HASHES;
      if (width > 0) await this.#compare({ level, index, bytes: this.#tree.tileBytes(level, index, width) }, width);
      count = index;
    }
  }

  async #compare({ level, index, bytes }: FullTile, width: number): Promise<void> {
    const { reader, differences, writeTile } = this.#parts;
    const found = reader.tile(level, index, width);
    if (found !== undefined && isSameHash(found, bytes)) return;
    const path = tilePath(level, index, width);
    if (found === undefined) differences.add('TILE_MISSING', path, 'is not there');
    else if (level > 0 || found.byteLength !== bytes.byteLength) {
      differences.add('TILE_DIFFERS', path, 'holds other hashes than the entries make');
    } else this.#nameEntries(path, index, found, bytes);
    await writeTile?.(path, bytes);
  }

  /** Which of the two is wrong only the signed root can say; so the entry is named, and nothing is blamed. */
  #nameEntries(path: string, index: number, found: Uint8Array, bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.byteLength; offset += HASH_BYTES) {
      const end = offset + HASH_BYTES;
      if (isSameHash(found.subarray(offset, end), bytes.subarray(offset, end))) continue;
      const leafIndex = index * TILE_WIDTH_HASHES + offset / HASH_BYTES;
      const message = `says another hash of entry ${leafIndex} than the entry has`;
      this.#parts.differences.add('ENTRY_DIFFERS', path, message, leafIndex);
    }
  }

  #noteRoot(): void {
    if (this.#sizes.has(this.size)) this.#roots.set(this.size, this.#tree.root(this.size));
  }
}
