// Lists of ten million records of a few bytes are walked here. A promise for each record would take longer than all the
// rest, so that one is made for each block only.

/** Bytes of a record that are compared as one number; what they have in common is settled by the rest. */
const KEY_BYTES = 6;

/** Walks a list of records of one length that are sorted by their bytes. */
export class RecordCursor {
  readonly #blocks: AsyncIterator<Uint8Array>;
  readonly #recordBytes: number;
  /** The block that is walked. */
  block: Buffer = Buffer.alloc(0);
  /** Where in it the current record begins. */
  at = 0;
  /** The first bytes of the current record; infinite after the last. */
  key = Number.POSITIVE_INFINITY;

  private constructor(blocks: AsyncIterable<Uint8Array>, recordBytes: number) {
    this.#blocks = blocks[Symbol.asyncIterator]();
    this.#recordBytes = recordBytes;
  }

  /** Begins at the first record. @throws {Error} when a block ends within a record */
  static async open(blocks: AsyncIterable<Uint8Array>, recordBytes: number): Promise<RecordCursor> {
    const cursor = new RecordCursor(blocks, recordBytes);
    await cursor.refill();
    return cursor;
  }

  /** Goes on to the next record; false when the block has none and `refill` must be called. */
  step(): boolean {
    this.at += this.#recordBytes;
    if (this.at >= this.block.length) return false;
    this.key = this.block.readUIntBE(this.at, KEY_BYTES);
    return true;
  }

  /** Takes the next block that has records. */
  async refill(): Promise<void> {
    for (;;) {
      const next = await this.#blocks.next();
      this.at = 0;
      this.key = Number.POSITIVE_INFINITY;
      if (next.done === true) return;
      const { buffer, byteOffset, length } = next.value;
      if (length % this.#recordBytes !== 0) throw new Error('a block ends within a record');
      if (length === 0) continue;
      this.block = Buffer.from(buffer, byteOffset, length);
      this.key = this.block.readUIntBE(0, KEY_BYTES);
      return;
    }
  }

  /** Lets go of the list. */
  async close(): Promise<void> {
    await this.#blocks.return?.();
  }

  /** Below zero when its record comes before another's, zero when they are the same. */
  compare(other: RecordCursor): number {
    if (this.key !== other.key) return this.key < other.key ? -1 : 1;
    if (this.key === Number.POSITIVE_INFINITY) return 0;
    const [from, to] = [this.at, this.at + this.#recordBytes];
    return this.block.compare(other.block, other.at, other.at + this.#recordBytes, from, to);
  }
}
