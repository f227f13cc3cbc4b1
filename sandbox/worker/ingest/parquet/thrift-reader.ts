import { MAX_NESTING_DEPTH } from '../limits.ts';
import { refuseUnreadable } from '../refused-input.ts';

// The wire types of Thrift's compact protocol.
const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const STRUCT = 12;

const MAX_VARINT_BYTES = 10;
const DOUBLE_BYTES = 8;
const LONG_LIST = 15;

/**
 * Reads structures of Thrift's compact protocol field by field.
 *
 * Nothing is kept but what the caller takes: a footer that lists a billion empty structures costs no memory. Maps and
 * UUIDs do not occur in Parquet and are refused.
 *
 * Source: apache/thrift, doc/specs/thrift-compact-protocol.md.
 */
export class ThriftReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #depth = 0;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Where the next byte is read. */
  get at(): number {
    return this.#at;
  }

  /** Reads a structure; `take` is told each field and reads or skips it. */
  struct(take: (id: number, type: number) => void): void {
    this.#enter();
    let id = 0;
    for (let header = this.#byte(); (header & 15) !== 0; header = this.#byte()) {
      const delta = header >> 4;
      id = delta === 0 ? this.#zigZag() : id + delta;
      take(id, header & 15);
    }
    this.#depth -= 1;
  }

  /** Reads a whole number that a file can mean: sizes, offsets and counts are far below 2^53. */
  integer(type: number): number {
    if (type !== I16 && type !== I32 && type !== I64) refuseUnreadable();
    return this.#zigZag();
  }

  /** Reads a truth value, which stands in the type itself. */
  boolean(type: number): boolean {
    if (type !== TRUE && type !== FALSE) refuseUnreadable();
    return type === TRUE;
  }

  /** Reads text. */
  text(type: number): string {
    return Buffer.from(this.#binary(type)).toString('utf8');
  }

  /** Reads a list of structures or texts; `take` reads one element of the type it is told. */
  list(type: number, maxCount: number, take: (type: number, index: number) => void): number {
    if (type !== LIST) refuseUnreadable();
    this.#enter();
    const { count, elementType } = this.#listHeader();
    if (count > maxCount) return -1;
    for (let index = 0; index < count; index += 1) take(elementType, index);
    this.#depth -= 1;
    return count;
  }

  /** Reads a structure that is a field or an element. */
  structOf(type: number, take: (id: number, type: number) => void): void {
    if (type !== STRUCT) refuseUnreadable();
    this.struct(take);
  }

  /** Passes over a value. */
  skip(type: number): void {
    if (type === TRUE || type === FALSE) return;
    if (type === BYTE) this.#advance(1);
    else if (type === DOUBLE) this.#advance(DOUBLE_BYTES);
    else if (type === BINARY) this.#binary(type);
    else if (type === I16 || type === I32 || type === I64) this.#skipVarint();
    else if (type === STRUCT) this.struct((_, fieldType) => this.skip(fieldType));
    else if (type === LIST || type === SET) this.#skipList();
    else refuseUnreadable();
  }

  #skipList(): void {
    this.#enter();
    const { count, elementType } = this.#listHeader();
    // Inside a list a truth value takes a byte of its own.
    const type = elementType === TRUE || elementType === FALSE ? BYTE : elementType;
    for (let index = 0; index < count; index += 1) this.skip(type);
    this.#depth -= 1;
  }

  #listHeader(): { count: number; elementType: number } {
    const header = this.#byte();
    const short = header >> 4;
    const count = short === LONG_LIST ? this.#varint() : short;
    // Every element takes a byte at least.
    if (count > this.#bytes.byteLength - this.#at) refuseUnreadable();
    return { count, elementType: header & 15 };
  }

  #binary(type: number): Uint8Array {
    if (type !== BINARY) refuseUnreadable();
    const length = this.#varint();
    const start = this.#at;
    this.#advance(length);
    return this.#bytes.subarray(start, this.#at);
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth > MAX_NESTING_DEPTH) refuseUnreadable();
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) return refuseUnreadable();
    this.#at += 1;
    return byte;
  }

  #advance(byteCount: number): void {
    this.#at += byteCount;
    if (this.#at > this.#bytes.byteLength) refuseUnreadable();
  }

  #skipVarint(): void {
    for (let count = 0; count < MAX_VARINT_BYTES; count += 1) if (this.#byte() < 0x80) return;
    refuseUnreadable();
  }

  #zigZag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #varint(): number {
    let value = 0;
    for (let count = 0, unit = 1; count < MAX_VARINT_BYTES; count += 1, unit *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * unit;
      if (byte >= 0x80) continue;
      if (!Number.isSafeInteger(value)) refuseUnreadable();
      return value;
    }
    return refuseUnreadable();
  }
}
