import { RefusedInput } from '../refused-input.ts';

/** Bytes of an upload, taken in pieces of chosen lengths; a length that is promised and does not come costs nothing. */
export class ByteSource {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#source = bytes[Symbol.asyncIterator]();
  }

  /**
   * Takes exactly so many bytes; they start at a multiple of eight in memory.
   *
   * @throws {RefusedInput} when the upload ends before
   */
  async take(byteCount: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let missing = byteCount;
    while (missing > 0) {
      const part = this.#rest.byteLength > 0 ? this.#rest : await this.#next();
      if (part === null) throw new RefusedInput('truncated');
      parts.push(part.subarray(0, missing));
      this.#rest = part.subarray(Math.min(missing, part.byteLength));
      missing -= parts.at(-1)?.byteLength ?? 0;
    }
    const taken = new Uint8Array(byteCount);
    let at = 0;
    for (const part of parts) {
      taken.set(part, at);
      at += part.byteLength;
    }
    return taken;
  }

  /** Passes over bytes without keeping them. */
  async skip(byteCount: number): Promise<void> {
    let missing = byteCount;
    while (missing > 0) {
      const part = this.#rest.byteLength > 0 ? this.#rest : await this.#next();
      if (part === null) throw new RefusedInput('truncated');
      this.#rest = part.subarray(Math.min(missing, part.byteLength));
      missing -= part.byteLength - this.#rest.byteLength;
    }
  }

  /** Tells whether anything comes after what has been taken. */
  async hasMore(): Promise<boolean> {
    if (this.#rest.byteLength > 0) return true;
    const part = await this.#next();
    this.#rest = part ?? this.#rest;
    return part !== null;
  }

  // Never a part without bytes.
  async #next(): Promise<Uint8Array | null> {
    for (;;) {
      const next = await this.#source.next();
      if (next.done === true) return null;
      if (next.value.byteLength > 0) return next.value;
    }
  }
}
