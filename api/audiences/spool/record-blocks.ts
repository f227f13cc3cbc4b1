/** Records of one block: it fills a chunk of a sealed file. */
const BLOCK_BYTES = 262_144;

/** Gathers records into blocks. */
export class RecordBlocks {
  readonly #recordBytes: number;
  readonly #capacityBytes: number;
  #block: Buffer;
  #byteCount = 0;

  constructor(recordBytes: number) {
    this.#recordBytes = recordBytes;
    this.#capacityBytes = BLOCK_BYTES - (BLOCK_BYTES % recordBytes);
    this.#block = Buffer.alloc(this.#capacityBytes);
  }

  /** Whether the block must be taken before another record is put in. */
  get isFull(): boolean {
    return this.#byteCount === this.#capacityBytes;
  }

  /** Puts in the record at a place. */
  put(block: Buffer, at: number): void {
    block.copy(this.#block, this.#byteCount, at, at + this.#recordBytes);
    this.#byteCount += this.#recordBytes;
  }

  /** Takes what was gathered. */
  take(): Uint8Array {
    const taken = this.#block.subarray(0, this.#byteCount);
    this.#block = Buffer.alloc(this.#capacityBytes);
    this.#byteCount = 0;
    return taken;
  }
}
