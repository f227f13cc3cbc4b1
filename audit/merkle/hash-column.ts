import { HASH_BYTES } from './hash.ts';

/** Hashes in one block of memory: 2 MiB each, so that growth never copies what is there. */
const HASHES_PER_BLOCK_COUNT = 65_536;

/** A growing list of hashes, 32 bytes each without the cost of an object a hash. */
export class HashColumn {
  readonly #blocks: Uint8Array[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  push(hash: Uint8Array): void {
    const slot = this.#count % HASHES_PER_BLOCK_COUNT;
    if (slot === 0) this.#blocks.push(new Uint8Array(HASHES_PER_BLOCK_COUNT * HASH_BYTES));
    this.#blocks.at(-1)?.set(hash, slot * HASH_BYTES);
    this.#count += 1;
  }

  /** A copy, so that nobody outside can write into the tree. */
  at(index: number): Uint8Array {
    const block = this.#blocks[Math.floor(index / HASHES_PER_BLOCK_COUNT)];
    if (block === undefined || index >= this.#count) throw new RangeError('hash index is past the end of the column');
    const start = (index % HASHES_PER_BLOCK_COUNT) * HASH_BYTES;
    return block.slice(start, start + HASH_BYTES);
  }
}
