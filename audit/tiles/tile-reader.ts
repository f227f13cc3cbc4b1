import { readdirSync } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readBounded, readBoundedSync } from '../disk/index.ts';
import { HASH_BYTES, TILE_WIDTH_HASHES, type TileLevel, tilePath } from '../merkle/index.ts';
import { decodeBundle, MAX_BUNDLE_BYTES } from './entry-bundle.ts';

/** Length of a full tile of hashes. */
const MAX_TILE_BYTES = TILE_WIDTH_HASHES * HASH_BYTES;

/**
 * Reads the tiles of a folder: of a log's own, or of a mirror, which is a copy of its files. Nothing it reads is
 * verified here.
 */
export class TileReader {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The bytes of a full tile of hashes; undefined when it is not there. */
  readonly fullTile = (level: number, index: number): Uint8Array | undefined => {
    try {
      return readBoundedSync(join(this.#directory, tilePath(level, index)), MAX_TILE_BYTES);
    } catch (error) {
      return undefinedIfMissing(error);
    }
  };

  /** The first hashes of a tile, from it or from a partial one that is wide enough; undefined when there is none. */
  tile(level: number, index: number, width: number): Uint8Array | undefined {
    const full = this.fullTile(level, index);
    if (full !== undefined) return full.subarray(0, width * HASH_BYTES);
    const folder = join(this.#directory, dirname(tilePath(level, index, 1)));
    try {
      const wide = narrowestOf(readdirSync(folder), width);
      return wide === undefined
        ? undefined
        : readBoundedSync(join(folder, wide), MAX_TILE_BYTES).subarray(0, width * HASH_BYTES);
    } catch (error) {
      return undefinedIfMissing(error);
    }
  }

  /**
   * The first entries of a bundle, from it or from a partial one that is wide enough; undefined when there is none, or
   * when it is not made of entries.
   */
  async bundle(index: number, width: number = TILE_WIDTH_HASHES): Promise<Uint8Array[] | undefined> {
    const bytes = await this.#bundleBytes(index, width);
    const leaves = bytes && decodeBundle(bytes);
    return leaves !== undefined && leaves.length >= width ? leaves.slice(0, width) : undefined;
  }

  /** Tells whether the full tile or bundle is there. */
  async hasFull(level: TileLevel, index: number): Promise<boolean> {
    return (await access(join(this.#directory, tilePath(level, index))).then(() => true, undefinedIfMissing)) ?? false;
  }

  /** The widths that there are partial tiles of. */
  async partialWidths(level: TileLevel, index: number): Promise<number[]> {
    try {
      const names = await readdir(join(this.#directory, dirname(tilePath(level, index, 1))));
      return widthsOf(names);
    } catch (error) {
      undefinedIfMissing(error);
      return [];
    }
  }

  async #bundleBytes(index: number, width: number): Promise<Uint8Array | undefined> {
    const full = await this.#bundleFile(index, TILE_WIDTH_HASHES);
    if (full !== undefined) return full;
    const wide = (await this.partialWidths('entries', index)).find((candidate) => candidate >= width);
    const partial = wide === undefined ? undefined : await this.#bundleFile(index, wide);
    // Whoever writes removes the partial ones when the full one is there, which may have come just now.
    return partial ?? (await this.#bundleFile(index, TILE_WIDTH_HASHES));
  }

  async #bundleFile(index: number, width: number): Promise<Uint8Array | undefined> {
    try {
      return await readBounded(join(this.#directory, tilePath('entries', index, width)), MAX_BUNDLE_BYTES);
    } catch (error) {
      return undefinedIfMissing(error);
    }
  }
}

function narrowestOf(names: readonly string[], width: number): string | undefined {
  const wide = widthsOf(names).find((candidate) => candidate >= width);
  return wide === undefined ? undefined : String(wide);
}

/** The widths among the names of a folder, narrowest first; whatever else lies there is passed over. */
function widthsOf(names: readonly string[]): number[] {
  const widths = names.filter((name) => /^[1-9]\d{0,2}$/.test(name)).map(Number);
  return widths.filter((width) => width < TILE_WIDTH_HASHES).toSorted((one, other) => one - other);
}

function undefinedIfMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return;
  throw error;
}
