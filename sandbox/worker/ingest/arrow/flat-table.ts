import { refuseUnreadable } from '../refused-input.ts';

const POINTER_BYTES = 4;
const VTABLE_HEADER_BYTES = 4;

/**
 * One table of a FlatBuffer, each access checked against the bytes there are.
 *
 * A table points to its parts by relative offsets, forward only: tables inside tables always end, though two may share
 * a part, which is why the caller counts what it walks.
 *
 * Source: google/flatbuffers, "FlatBuffer Internals".
 */
export class FlatTable {
  readonly #view: DataView;
  readonly #at: number;
  readonly #vtable: number;
  readonly #vtableBytes: number;

  private constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
    this.#vtable = at - view.getInt32(at, true);
    this.#vtableBytes = view.getUint16(this.#vtable, true);
    if (this.#vtableBytes < VTABLE_HEADER_BYTES || this.#vtable + this.#vtableBytes > view.byteLength)
      refuseUnreadable();
  }

  /** Gives the root table of a FlatBuffer. */
  static root(bytes: Uint8Array): FlatTable {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return new FlatTable(view, pointerAt(view, 0));
  }

  /** A whole number of one, two or four bytes; `missing` when the field is left out. */
  int(field: number, width: 1 | 2 | 4, missing = 0): number {
    const at = this.#place(field);
    if (at === null) return missing;
    if (width === 1) return this.#view.getUint8(at);
    return width === 2 ? this.#view.getInt16(at, true) : this.#view.getInt32(at, true);
  }

  /** A whole number of eight bytes that counts something; 0 when the field is left out. */
  count(field: number): number {
    const at = this.#place(field);
    return at === null ? 0 : countAt(this.#view, at);
  }

  /** A whole number of eight bytes that names something; 0 when the field is left out. */
  id(field: number): bigint {
    const at = this.#place(field);
    return at === null ? 0n : this.#view.getBigInt64(at, true);
  }

  /** A table inside; null when it is left out. */
  table(field: number): FlatTable | null {
    const at = this.#place(field);
    return at === null ? null : new FlatTable(this.#view, pointerAt(this.#view, at));
  }

  /** Text; empty when it is left out. */
  text(field: number): string {
    const vector = this.#vector(field, 1);
    if (vector === null) return '';
    return Buffer.from(this.#view.buffer, this.#view.byteOffset + vector.at, vector.length).toString('utf8');
  }

  /** How many tables or structures a vector holds, each of `width` bytes. */
  length(field: number, width: number): number {
    return this.#vector(field, width)?.length ?? 0;
  }

  /** One table of a vector of tables. */
  tableOf(field: number, index: number): FlatTable {
    const vector = this.#vector(field, POINTER_BYTES);
    if (vector === null || index >= vector.length) return refuseUnreadable();
    return new FlatTable(this.#view, pointerAt(this.#view, vector.at + index * POINTER_BYTES));
  }

  /** A number of eight bytes inside a vector of structures of `width` bytes, `offset` bytes into one. */
  countOf(field: number, width: number, index: number, offset = 0): number {
    const vector = this.#vector(field, width);
    if (vector === null || index < 0 || index >= vector.length) return refuseUnreadable();
    return countAt(this.#view, vector.at + index * width + offset);
  }

  #place(field: number): number | null {
    const entry = VTABLE_HEADER_BYTES + field * 2;
    if (entry + 2 > this.#vtableBytes) return null;
    const offset = this.#view.getUint16(this.#vtable + entry, true);
    return offset === 0 ? null : this.#at + offset;
  }

  #vector(field: number, width: number): { at: number; length: number } | null {
    const pointer = this.#place(field);
    if (pointer === null) return null;
    const at = pointerAt(this.#view, pointer);
    const length = this.#view.getUint32(at, true);
    if (at + POINTER_BYTES + length * width > this.#view.byteLength) refuseUnreadable();
    return { at: at + POINTER_BYTES, length };
  }
}

function pointerAt(view: DataView, at: number): number {
  return at + view.getUint32(at, true);
}

function countAt(view: DataView, at: number): number {
  const value = view.getBigInt64(at, true);
  return value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER) ? refuseUnreadable() : Number(value);
}
