// Who is sought is known behind the wall only under a key: what is looked up is a block of AES over half of a digest, a
// whole chunk in one call.
import { createCipheriv } from 'node:crypto';
import { DIGEST_BYTES } from '../../wire/column-type.ts';

const BLOCK_BYTES = 16;
const WORDS_PER_BLOCK = 4;
const FIRST_SLOT_COUNT = 1_024;

/** The keyed blocks of a column of digests, four words a row. */
export function keyedBlocks(digests: Uint8Array, key: Uint8Array): Uint32Array {
  const rowCount = digests.byteLength / DIGEST_BYTES;
  const halves = new Uint8Array(rowCount * BLOCK_BYTES);
  for (let row = 0; row < rowCount; row += 1) {
    halves.set(digests.subarray(row * DIGEST_BYTES, row * DIGEST_BYTES + BLOCK_BYTES), row * BLOCK_BYTES);
  }
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
  return wordsOf(Buffer.concat([cipher.update(halves), cipher.final()]));
}

/** Blocks as words, in memory of their own. */
export function wordsOf(blocks: Uint8Array): Uint32Array {
  const own = Uint8Array.from(blocks);
  return new Uint32Array(own.buffer, 0, own.byteLength / 4);
}

/** A set of blocks: open addressing over words, as a Set of texts would take ten times the memory. */
export class BlockSet {
  #words = new Uint32Array(FIRST_SLOT_COUNT * WORDS_PER_BLOCK);
  #places = new Int32Array(FIRST_SLOT_COUNT).fill(-1);
  #slotCount = FIRST_SLOT_COUNT;
  /** Blocks in it. */
  size = 0;

  /** Adds the block at a row; answers its place, which never changes. */
  add(words: Uint32Array, row: number): number {
    const slot = this.#slotOf(words, row);
    const known = this.#places[slot] as number;
    if (known >= 0) return known;
    const place = this.size;
    this.#places[slot] = place;
    const at = row * WORDS_PER_BLOCK;
    this.#words.set(words.subarray(at, at + WORDS_PER_BLOCK), slot * WORDS_PER_BLOCK);
    this.size += 1;
    if (this.size * 2 > this.#slotCount) this.#grow();
    return place;
  }

  /** The place of the block at a row, -1 when it is not in it. */
  placeOf(words: Uint32Array, row: number): number {
    return this.size === 0 ? -1 : (this.#places[this.#slotOf(words, row)] as number);
  }

  #slotOf(words: Uint32Array, row: number): number {
    const at = row * WORDS_PER_BLOCK;
    const mask = this.#slotCount - 1;
    // A block of a cipher is as good as a hash of it.
    for (let slot = (words[at] as number) & mask; ; slot = (slot + 1) & mask) {
      if ((this.#places[slot] as number) < 0 || this.#isAt(slot, words, at)) return slot;
    }
  }

  #isAt(slot: number, words: Uint32Array, at: number): boolean {
    const from = slot * WORDS_PER_BLOCK;
    const own = this.#words;
    return (
      own[from] === words[at] &&
      own[from + 1] === words[at + 1] &&
      own[from + 2] === words[at + 2] &&
      own[from + 3] === words[at + 3]
    );
  }

  #grow(): void {
    const [words, places] = [this.#words, this.#places];
    this.#slotCount *= 2;
    this.#words = new Uint32Array(this.#slotCount * WORDS_PER_BLOCK);
    this.#places = new Int32Array(this.#slotCount).fill(-1);
    for (const [slot, place] of places.entries()) {
      if (place < 0) continue;
      const target = this.#slotOf(words, slot);
      this.#places[target] = place;
      const at = slot * WORDS_PER_BLOCK;
      this.#words.set(words.subarray(at, at + WORDS_PER_BLOCK), target * WORDS_PER_BLOCK);
    }
  }
}
