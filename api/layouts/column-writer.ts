import type { Kitchen } from '../kitchen/index.ts';
import type { SealedPlace, SealedWriter } from '../vault/index.ts';
import { type ColumnIndex, FINEST_SHARDS_COUNT } from './shard-index.ts';

const LENGTH_BYTES = 4;

/** Writes one column of a layout, shard after shard, and remembers where each begins. */
export class ColumnWriter {
  readonly #file: SealedWriter;
  readonly #offsets: number[] = [];
  #at = 0;
  #hasDictionary = false;

  private constructor(file: SealedWriter) {
    this.#file = file;
  }

  /** Begins the file; its dictionary, where it has one, stands at its front, under the same key as its values. */
  static async create(
    kitchen: Kitchen,
    place: SealedPlace,
    dictionary: readonly string[] | undefined,
  ): Promise<ColumnWriter> {
    const writer = new ColumnWriter(await kitchen.vault.createFile(place));
    if (dictionary === undefined) return writer;
    writer.#hasDictionary = true;
    await writer.#put(Buffer.from(JSON.stringify(dictionary)));
    return writer;
  }

  /** Adds a chunk of a finest shard; shards come in order, and may be left out. */
  async write(shard: number, chunk: Uint8Array): Promise<void> {
    if (shard < this.#offsets.length - 1) throw new Error('the shards of a layout are out of order');
    this.#begin(shard);
    await this.#put(chunk);
  }

  /** Puts the file in place, on the disk. */
  async finish(): Promise<ColumnIndex & { readonly byteCount: number }> {
    this.#begin(FINEST_SHARDS_COUNT);
    const { byteCount } = await this.#file.finish();
    return { hasDictionary: this.#hasDictionary, offsets: this.#offsets, byteCount };
  }

  /** Throws the file away, unless it is finished. */
  async abandon(): Promise<void> {
    await this.#file.abandon();
  }

  #begin(shard: number): void {
    while (this.#offsets.length <= shard) this.#offsets.push(this.#at);
  }

  async #put(bytes: Uint8Array): Promise<void> {
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(bytes.length);
    await this.#file.write(length);
    await this.#file.write(bytes);
    this.#at += LENGTH_BYTES + bytes.length;
  }
}
