import { validityBytes } from '../../../wire/column-chunk.ts';

/** Which rows of a column have a value, one byte a row: a bit would have to be read before it is written. */
export class Presence {
  #marks = new Uint8Array(0);

  /** Makes room for rows up to `rowCapacity`. */
  reserve(rowCapacity: number): void {
    if (rowCapacity <= this.#marks.length) return;
    const marks = new Uint8Array(rowCapacity);
    marks.set(this.#marks);
    this.#marks = marks;
  }

  /** Says whether a row has a value. */
  set(row: number, isPresent: boolean): void {
    this.#marks[row] = isPresent ? 1 : 0;
  }

  /** Whether a row has a value. */
  has(row: number): boolean {
    return this.#marks[row] === 1;
  }

  /** The validity bitmap of a chunk of these rows; null when each has a value. */
  bitmap(rows: Uint32Array): Uint8Array | null {
    const marks = this.#marks;
    const bits = new Uint8Array(validityBytes(rows.length));
    let presentCount = 0;
    for (let index = 0; index < rows.length; index += 1) {
      const mark = marks[rows[index] as number] as number;
      presentCount += mark;
      bits[index >> 3] = (bits[index >> 3] as number) | (mark << (index & 7));
    }
    return presentCount === rows.length ? null : bits;
  }
}
