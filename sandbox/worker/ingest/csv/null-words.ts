/** The words that stand for a missing value, looked up by their bytes. */
export class NullWords {
  readonly #words: readonly Buffer[];
  readonly #longest: number;

  constructor(words: readonly string[]) {
    this.#words = words.map((word) => Buffer.from(word));
    this.#longest = Math.max(0, ...this.#words.map((word) => word.byteLength));
  }

  /** Whether what stands between two places is one of the words. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start > this.#longest) return false;
    return this.#words.some((word) => word.byteLength === end - start && isAt(word, bytes, start));
  }
}

function isAt(word: Uint8Array, bytes: Uint8Array, start: number): boolean {
  return word.every((byte, index) => byte === bytes[start + index]);
}
