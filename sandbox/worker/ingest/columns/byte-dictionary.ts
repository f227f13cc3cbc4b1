import { randomBytes } from 'node:crypto';

/** Most entries: a chunk's dictionary index is a u16. */
const MAX_ENTRIES_COUNT = 65_536;

/** Four places for each entry, so that one is found at the first or second look. */
const SLOT_COUNT = 262_144;

/** Places looked at before a text counts as new: a sender who finds texts of one hash would else make each row slow. */
const MAX_PROBES_COUNT = 16;

/** Longest text that is looked up: what repeats in a table is a label, and a long one costs more than it saves. */
export const MAX_ENTRY_BYTES = 256;

const FNV_PRIME = 0x01000193;

/** Finds texts that were seen before by their bytes, without making a string of any. */
export class ByteDictionary {
  readonly #slots = new Int32Array(SLOT_COUNT);
  // Nobody who writes a file knows which texts meet in one place.
  readonly #seed = randomBytes(4).readInt32LE();
  #count = 0;
  /** Where the last text that was not found belongs, or -1. */
  #freeSlot = -1;

  /** Whether no entry can be added. */
  get isFull(): boolean {
    return this.#count >= MAX_ENTRIES_COUNT;
  }

  /**
   * Gives the entry whose bytes in `arena` are those between the two places, or -1.
   *
   * @param starts where each entry begins in `arena`; `lengths` how long it is
   */
  find(
    bytes: Uint8Array,
    start: number,
    end: number,
    entries: { arena: Uint8Array; starts: Uint32Array; lengths: Uint32Array },
  ): number {
    const { arena, starts, lengths } = entries;
    const length = end - start;
    let hash = this.#seed ^ length;
    for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), FNV_PRIME);
    hash ^= hash >>> 15;
    this.#freeSlot = -1;
    for (let probe = 0; probe < MAX_PROBES_COUNT; probe += 1) {
      const slot = (hash + probe) & (SLOT_COUNT - 1);
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0) {
        this.#freeSlot = slot;
        return -1;
      }
      if (lengths[entry] === length && isSame(arena, starts[entry] as number, bytes, start, length)) return entry;
    }
    return -1;
  }

  /** Keeps an entry for the text that was looked for last. */
  add(entry: number): void {
    if (this.#freeSlot < 0) return;
    this.#slots[this.#freeSlot] = entry + 1;
    this.#count += 1;
  }

  /** Forgets all entries. */
  clear(): void {
    this.#slots.fill(0);
    this.#count = 0;
    this.#freeSlot = -1;
  }
}

function isSame(arena: Uint8Array, at: number, bytes: Uint8Array, start: number, length: number): boolean {
  for (let index = 0; index < length; index += 1) {
    if (arena[at + index] !== bytes[start + index]) return false;
  }
  return true;
}
