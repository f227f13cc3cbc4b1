import { dirname, join } from 'node:path';
import { type LogDisk, makeDurableFolder, placeDurably, placeLightly } from '../disk/index.ts';
import { type HashTree, TILE_WIDTH_HASHES, type TileLevel, tilePath } from '../merkle/index.ts';
import { encodeBundle } from './entry-bundle.ts';
import { TileReader } from './tile-reader.ts';

/** Files that are written and synced at the same time: as many as Node's pool of threads does at once. */
const FILES_AT_ONCE_COUNT = 4;

/** Where the tiles go, and the tree they are of; its size when handed over is a multiple of 256. */
export interface TileWriterOptions {
  readonly disk: LogDisk;
  /** Holds a swept `drafts` folder. */
  readonly directory: string;
  readonly tree: HashTree;
}

/**
 * Grows a tree and its tiles on disk. Leaves stay in memory until the bundle that holds them is durable, so whoever adds
 * many writes now and then.
 */
export class TileWriter {
  readonly #options: TileWriterOptions;
  /** The leaves from `writtenSize` on. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #writtenSize: number;
  #writing: Promise<void> | undefined;
  readonly #durableFolders = new Set<string>();

  constructor(options: TileWriterOptions) {
    this.#options = options;
    this.#writtenSize = options.tree.size;
  }

  /** Entries that lie in durable full bundles, with all full tiles over them. */
  get writtenSize(): number {
    return this.#writtenSize;
  }

  /** Bytes of the leaves in memory. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Adds a leaf with its hash. */
  add(leaf: Uint8Array, hash: Uint8Array): void {
    this.#options.tree.append(hash);
    this.#waiting.push(leaf);
    this.#waitingBytes += leaf.byteLength;
  }

  /** A leaf that is still in memory. */
  waitingLeaf(leafIndex: number): Uint8Array | undefined {
    return this.#waiting[leafIndex - this.#writtenSize];
  }

  /** The leaves in memory, from `writtenSize` on. */
  waitingLeaves(): readonly Uint8Array[] {
    return this.#waiting.slice();
  }

  /** Makes durable every bundle and every tile that is full by now. */
  async writeFull(): Promise<void> {
    const wanted = this.#options.tree.size;
    // One at a time: whoever comes while an earlier size is being written waits and then has the rest written.
    while (this.#writtenSize <= wanted - TILE_WIDTH_HASHES) {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined;
      });
      await this.#writing;
    }
  }

  /**
   * Puts down the partial bundle and the partial tiles of a tree of a size that is at most the tree's own, where no full
   * one stands in their place. Unless it is asked for, they are not durable, and must be made again after a crash.
   */
  async writePartials(treeSize: number, { isDurable = false } = {}): Promise<void> {
    const { tree } = this.#options;
    await this.writeFull();
    const leaves = this.#waiting.slice(0, Math.max(0, treeSize - this.#writtenSize));
    if (leaves.length > 0) {
      const edge = this.#writtenSize / TILE_WIDTH_HASHES;
      await this.#placePartial('entries', edge, leaves.length, encodeBundle(leaves), isDurable);
    }
    // What is full on disk, not in the tree: that may have grown meanwhile.
    let written = this.#writtenSize;
    let count = treeSize;
    for (let level = 0; count > 0; level += 1) {
      const index = Math.floor(count / TILE_WIDTH_HASHES);
      const width = count % TILE_WIDTH_HASHES;
      written = Math.floor(written / TILE_WIDTH_HASHES);
      const isPartial = index >= written && width > 0;
      if (isPartial) await this.#placePartial(level, index, width, tree.tileBytes(level, index, width), isDurable);
      count = index;
    }
  }

  /** After a crash: makes every partial tile again that stands at the tree's right edge, as none of them is durable. */
  async remakePartials(): Promise<void> {
    const { directory, tree } = this.#options;
    await this.writeFull();
    const reader = new TileReader(directory);
    const edge = this.#writtenSize / TILE_WIDTH_HASHES;
    for (const width of await reader.partialWidths('entries', edge)) {
      if (width > this.#waiting.length) await this.#options.disk.remove(this.#file('entries', edge, width));
      else await this.#placePartial('entries', edge, width, encodeBundle(this.#waiting.slice(0, width)));
    }
    let count = tree.size;
    for (let level = 0; count > 0; level += 1) {
      const index = Math.floor(count / TILE_WIDTH_HASHES);
      for (const width of await reader.partialWidths(level, index)) {
        if (width > count % TILE_WIDTH_HASHES) await this.#options.disk.remove(this.#file(level, index, width));
        else await this.#placePartial(level, index, width, tree.tileBytes(level, index, width));
      }
      count = index;
    }
  }

  /** Resolves when nothing is being written; never rejects. */
  async settled(): Promise<void> {
    await this.#writing?.catch(() => undefined);
  }

  async #write(): Promise<void> {
    const { disk, tree } = this.#options;
    const count = Math.floor(this.#waiting.length / TILE_WIDTH_HASHES);
    const first = this.#writtenSize / TILE_WIDTH_HASHES;
    const tiles = tree.fullTiles();
    const places: { level: TileLevel; index: number; bytes: () => Uint8Array }[] = tiles.map(
      ({ level, index, bytes }) => ({ level, index, bytes: () => bytes }),
    );
    for (let nth = 0; nth < count; nth += 1) {
      const start = nth * TILE_WIDTH_HASHES;
      const bytes = () => encodeBundle(this.#waiting.slice(start, start + TILE_WIDTH_HASHES));
      places.push({ level: 'entries', index: first + nth, bytes });
    }
    const folders = new Set<string>();
    await inParallel(places, async ({ level, index, bytes }) => {
      folders.add(await this.#placeFull(level, index, bytes()));
    });
    for (const folder of folders) await disk.syncFolder(folder);
    for (const tile of tiles) tree.release(tile);
    const written = this.#waiting.splice(0, count * TILE_WIDTH_HASHES);
    this.#waitingBytes -= written.reduce((sum, leaf) => sum + leaf.byteLength, 0);
    this.#writtenSize += written.length;
    for (const { level, index } of places) await disk.remove(dirname(this.#file(level, index, 1)));
  }

  async #placeFull(level: TileLevel, index: number, bytes: Uint8Array): Promise<string> {
    const { disk, directory } = this.#options;
    const file = this.#file(level, index);
    await this.#durableFolder(dirname(file));
    const open = await placeDurably(disk, directory, file, bytes);
    await open.close();
    return dirname(file);
  }

  async #durableFolder(folder: string): Promise<void> {
    // Also a folder that is there already: whoever made it may have been killed before it was durable.
    if (this.#durableFolders.has(folder)) return;
    await makeDurableFolder(this.#options.disk, this.#options.directory, folder);
    this.#durableFolders.add(folder);
  }

  async #placePartial(
    level: TileLevel,
    index: number,
    width: number,
    bytes: Uint8Array,
    isDurable = false,
  ): Promise<void> {
    const { disk, directory } = this.#options;
    const file = this.#file(level, index, width);
    if (!isDurable) return await placeLightly(disk, directory, file, bytes);
    await this.#durableFolder(dirname(file));
    await (await placeDurably(disk, directory, file, bytes)).close();
    await disk.syncFolder(dirname(file));
  }

  #file(level: TileLevel, index: number, width?: number): string {
    return join(this.#options.directory, tilePath(level, index, width));
  }
}

async function inParallel<Item>(items: readonly Item[], act: (item: Item) => Promise<void>): Promise<void> {
  const rest = items.values();
  const lane = async (): Promise<void> => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE_COUNT }, lane));
}
