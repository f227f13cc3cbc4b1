import type { Kitchen } from '../kitchen/index.ts';
import type { SealedPlace, SealedReader } from '../vault/index.ts';
import { type ColumnIndex, FINEST_SHARDS_COUNT } from './shard-index.ts';

const LENGTH_BYTES = 4;
/** Largest chunk or dictionary; what makes them holds the same line. */
const MAX_PIECE_BYTES = 64 * 1024 * 1024;

/** Reads one column of a layout, shard by shard, in as many shards as a run asks for. */
export class ColumnReader {
  readonly #file: SealedReader;
  readonly #fileId: string;
  readonly #index: ColumnIndex;
  /** Plain bytes of chunks read so far. */
  byteCount = 0;

  private constructor(file: SealedReader, fileId: string, index: ColumnIndex) {
    this.#file = file;
    this.#fileId = fileId;
    this.#index = index;
  }

  /**
   * Opens the file, which stays open: whoever removes the layout meanwhile takes it from nobody.
   *
   * @throws {SealBroken} @throws {KeyDestroyed}
   */
  static async open(kitchen: Kitchen, place: SealedPlace, index: ColumnIndex): Promise<ColumnReader> {
    return new ColumnReader(await kitchen.vault.openFile(place), place.fileId, index);
  }

  /** The texts that codes stand for; undefined for a column of no codes. */
  async dictionary(): Promise<readonly string[] | undefined> {
    if (!this.#index.hasDictionary) return undefined;
    for await (const piece of this.#pieces(0, this.#index.offsets[0] ?? 0)) {
      return JSON.parse(Buffer.from(piece).toString()) as string[];
    }
    throw new Error(`layout file \`${this.#fileId}\` has no dictionary`);
  }

  /** The encoded chunks of one shard of so many. */
  async *chunksOf(shard: number, shardCount: number): AsyncGenerator<Uint8Array, void> {
    const width = FINEST_SHARDS_COUNT / shardCount;
    const { offsets } = this.#index;
    yield* this.#pieces(offsets[shard * width] ?? 0, offsets[(shard + 1) * width] ?? 0);
  }

  /** Lets go of the file. */
  async close(): Promise<void> {
    await this.#file.close();
  }

  async *#pieces(from: number, to: number): AsyncGenerator<Uint8Array, void> {
    if (from === to) return;
    const header = Buffer.alloc(LENGTH_BYTES);
    let left = to - from;
    let headed = 0;
    let piece: Uint8Array | null = null;
    let filled = 0;
    for await (const bytes of this.#file.chunks(from)) {
      for (let at = 0; at < bytes.length && left > 0; ) {
        if (piece === null) {
          const taken = Math.min(LENGTH_BYTES - headed, bytes.length - at);
          header.set(bytes.subarray(at, at + taken), headed);
          headed += taken;
          at += taken;
          left -= taken;
          if (headed < LENGTH_BYTES) continue;
          piece = new Uint8Array(this.#expectLength(header.readUInt32LE(0), left));
          filled = 0;
        }
        const taken = Math.min(piece.length - filled, bytes.length - at);
        piece.set(bytes.subarray(at, at + taken), filled);
        filled += taken;
        at += taken;
        left -= taken;
        if (filled < piece.length) continue;
        this.byteCount += piece.length;
        yield piece;
        piece = null;
        headed = 0;
      }
      if (left === 0) return;
    }
    throw new Error(`layout file \`${this.#fileId}\` ends within a shard`);
  }

  #expectLength(length: number, left: number): number {
    if (length === 0 || length > MAX_PIECE_BYTES || length > left) {
      throw new Error(`layout file \`${this.#fileId}\` has a piece of an impossible length`);
    }
    return length;
  }
}
