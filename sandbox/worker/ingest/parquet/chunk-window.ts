import type { UploadedFile } from '../file-source.ts';

/**
 * The pages of one column of one row group, of which a window is in memory: what is asked for, and as much after it as
 * the window is long.
 */
export class ChunkWindow {
  readonly #file: UploadedFile;
  readonly #start: number;
  readonly #windowBytes: number;
  /** How long the chunk is. */
  readonly byteCount: number;
  #held: Uint8Array = new Uint8Array(0);
  #heldFrom = 0;

  constructor(file: UploadedFile, { start, end }: { start: number; end: number }, windowBytes: number) {
    this.#file = file;
    this.#start = start;
    this.#windowBytes = windowBytes;
    this.byteCount = end - start;
  }

  /**
   * Gives the bytes from `from` to before `to`, places in the chunk, never beyond its end. What was given before stays as
   * it is: pages that are not packed are read where they lie.
   */
  view(from: number, to: number): Uint8Array {
    const end = Math.min(to, this.byteCount);
    if (from < this.#heldFrom || end > this.#heldFrom + this.#held.byteLength) this.#move(from, end);
    return this.#held.subarray(from - this.#heldFrom, end - this.#heldFrom);
  }

  // Readers go forward: what is held of the wanted bytes is their start, and only the rest is fetched.
  #move(from: number, end: number): void {
    const heldEnd = this.#heldFrom + this.#held.byteLength;
    const isGoingOn = from >= this.#heldFrom && from < heldEnd;
    const rest = isGoingOn ? this.#held.subarray(from - this.#heldFrom) : new Uint8Array(0);
    const fetchFrom = from + rest.byteLength;
    const fetchTo = Math.min(this.byteCount, Math.max(end, fetchFrom + this.#windowBytes));
    const fetched = this.#file.range(this.#start + fetchFrom, this.#start + fetchTo);
    if (isGoingOn) {
      this.#held = new Uint8Array(rest.byteLength + fetched.byteLength);
      this.#held.set(rest);
      this.#held.set(fetched, rest.byteLength);
    } else this.#held = fetched;
    this.#heldFrom = from;
  }
}
