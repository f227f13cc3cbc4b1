import type { TextValues } from '../../wire/column-chunk.ts';

/** Bytes of a text's slot in a vector, and of those how many hold its length (`duckdb_string_t` of the engine's C header). */
export const TEXT_SLOT_BYTES = 16;
const TEXT_LENGTH_BYTES = 4;
const SLOT_WORDS_COUNT = TEXT_SLOT_BYTES / Uint32Array.BYTES_PER_ELEMENT;

/** Longest text that lies in its slot; a longer one is behind a pointer, which the engine alone may write. */
const INLINE_TEXT_BYTES = TEXT_SLOT_BYTES - TEXT_LENGTH_BYTES;

/**
 * The texts of a chunk as the slots of a vector, one an entry; what is not text in a slot is zero. A text that does not
 * fit its slot is empty there, and given by {@link longText}.
 */
export class TextSlots {
  readonly #texts: TextValues;
  readonly #entries: Uint32Array;
  /** Whether any text must be handed to the engine by itself. */
  readonly hasLong: boolean;

  constructor(texts: TextValues) {
    const { offsets, bytes } = texts;
    const count = offsets.length - 1;
    const slots = new Uint8Array(count * TEXT_SLOT_BYTES);
    let hasLong = false;
    for (let entry = 0; entry < count; entry += 1) {
      const from = offsets[entry] as number;
      const length = (offsets[entry + 1] as number) - from;
      const slot = entry * TEXT_SLOT_BYTES;
      if (length > INLINE_TEXT_BYTES) {
        hasLong = true;
        continue;
      }
      // Little-endian, and below 256.
      slots[slot] = length;
      for (let at = 0; at < length; at += 1) slots[slot + TEXT_LENGTH_BYTES + at] = bytes[from + at] as number;
    }
    this.#texts = texts;
    this.#entries = new Uint32Array(slots.buffer);
    this.hasLong = hasLong;
  }

  /** The slots of all rows, one after the other. */
  rows(): Uint32Array {
    const { indices } = this.#texts;
    if (indices === null) return this.#entries;
    const entries = this.#entries;
    const rows = new Uint32Array(indices.length * SLOT_WORDS_COUNT);
    for (let row = 0, at = 0; row < indices.length; row += 1, at += SLOT_WORDS_COUNT) {
      const entry = (indices[row] as number) * SLOT_WORDS_COUNT;
      rows[at] = entries[entry] as number;
      rows[at + 1] = entries[entry + 1] as number;
      rows[at + 2] = entries[entry + 2] as number;
      rows[at + 3] = entries[entry + 3] as number;
    }
    return rows;
  }

  /** The text of a row when it does not fit its slot. */
  longText(row: number): Uint8Array | null {
    const { offsets, bytes, indices } = this.#texts;
    const entry = indices === null ? row : (indices[row] as number);
    const from = offsets[entry] as number;
    const to = offsets[entry + 1] as number;
    return to - from > INLINE_TEXT_BYTES ? bytes.subarray(from, to) : null;
  }
}
