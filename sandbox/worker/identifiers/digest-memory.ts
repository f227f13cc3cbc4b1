/** Values that are remembered: rows of one person stand together or a few thousand apart, and these fit a core's cache. */
const SLOTS_COUNT = 4_096;

/** Longest value that is remembered: nearly every address and number. */
const MAX_REMEMBERED_BYTES = 64;

const DIGEST_BYTES = 32;

// Of the hash FNV-1a, for its spread and its few instructions; who chooses values that fall together makes his own upload
// slower, by what it would take without a memory.
const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Remembers the digests of the values seen last, by their bytes as they stand in the file. */
export class DigestMemory {
  readonly #lengths = new Uint8Array(SLOTS_COUNT);
  readonly #values = new Uint8Array(SLOTS_COUNT * MAX_REMEMBERED_BYTES);
  readonly #digests = new Uint8Array(SLOTS_COUNT * DIGEST_BYTES);

  /** Gives the place of a value, -1 for one that is too long to be remembered. */
  slotOf(bytes: Uint8Array, start: number, end: number): number {
    if (end - start > MAX_REMEMBERED_BYTES) return -1;
    let state = FNV_START;
    for (let index = start; index < end; index += 1) state = Math.imul(state ^ (bytes[index] as number), FNV_PRIME);
    return (state ^ (state >>> 15)) & (SLOTS_COUNT - 1);
  }

  /** Gives the digest of a value that stands in its place, null when another does. */
  digestAt(slot: number, bytes: Uint8Array, start: number, end: number): Uint8Array | null {
    const length = end - start;
    if (length === 0 || this.#lengths[slot] !== length) return null;
    const at = slot * MAX_REMEMBERED_BYTES;
    for (let index = 0; index < length; index += 1) {
      if (this.#values[at + index] !== bytes[start + index]) return null;
    }
    return this.#digests.subarray(slot * DIGEST_BYTES, (slot + 1) * DIGEST_BYTES);
  }

  /** Remembers a value in its place, and forgets the one before it. */
  remember(slot: number, bytes: Uint8Array, start: number, end: number, digest: Uint8Array): void {
    this.#lengths[slot] = end - start;
    this.#values.set(bytes.subarray(start, end), slot * MAX_REMEMBERED_BYTES);
    this.#digests.set(digest, slot * DIGEST_BYTES);
  }
}
