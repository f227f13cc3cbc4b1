// Finds rows and fields in bytes, by place: nothing is copied and no string is made. What a field holds is for whoever
// takes it; most fields of most files are never looked at again.
import { RefusedInput } from '../refused-input.ts';

/** Longest row: a thousand columns of a thousand characters. */
const MAX_ROW_BYTES = 1_048_576;

/** Room for a row as long as any and as much again, so that rows are moved to the front seldom. */
const BUFFER_BYTES = 2 * MAX_ROW_BYTES;

/** New bytes without which it is not tried again whether a row is whole: a sender of single bytes would be all there is. */
const MIN_FILL_BYTES = 65_536;

/** Fields of most tables. */
const FIRST_FIELDS_COUNT = 256;

const LF = 0x0a;
const CR = 0x0d;

/** How the fields of a file are told apart, in bytes of ASCII. */
export interface Dialect {
  delimiter: number;
  /** Around fields; -1 for none. */
  quote: number;
  /** Before a quote that is part of a field; the quote itself where quotes are doubled. */
  escape: number;
}

/** What is to be done to the bytes of a field before it is a value. */
const AS_IT_STANDS = 0;
const HAS_ESCAPES = 1;
const IS_BROKEN_WITH_ESCAPES = 2;

/** Cuts bytes into the rows and fields of CSV (RFC 4180, with what is written in its name). */
export class RowScanner {
  readonly #dialect: Dialect;
  /** Bytes that end a field or begin a quoted one's end: not 0. */
  readonly #stops = new Uint8Array(256);
  readonly #quotedStops = new Uint8Array(256);
  #maxFields = MAX_ROW_BYTES + 1;
  /** One more than it holds, so that a line break always stands behind the last byte. */
  readonly bytes = Buffer.alloc(BUFFER_BYTES + 1);
  /** Where the bytes end that are there. */
  #end = 0;
  #at = 0;
  #tried = 0;
  #isLast = false;
  #starts = new Int32Array(FIRST_FIELDS_COUNT);
  #ends = new Int32Array(FIRST_FIELDS_COUNT);
  #marks = new Uint8Array(FIRST_FIELDS_COUNT);
  /** For a field that goes on behind its closing quote: where that is. */
  #closings = new Int32Array(FIRST_FIELDS_COUNT);
  /** Fields of the row, those above the most that are kept included. */
  fieldCount = 0;
  /** The physical line on which the row starts, from 1. */
  line = 1;
  #nextLine = 1;
  /** Where the row lies in `bytes`, its line break included. */
  rowStart = 0;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
    for (const byte of [dialect.delimiter, LF, CR]) this.#stops[byte] = 1;
    for (const byte of [dialect.quote, dialect.escape, LF, CR]) if (byte >= 0) this.#quotedStops[byte] = 1;
  }

  /** Keeps the places of so many fields of each row from now on, and counts the others. */
  keepFields(fieldCount: number): void {
    this.#maxFields = fieldCount;
  }

  /** Where the row ends. */
  get rowEnd(): number {
    return this.#at;
  }

  /** Takes as many bytes as there is room for, and tells how many; rows taken before are gone. */
  fill(part: Uint8Array, from: number): number {
    if (this.#at > 0 && this.#end + (part.byteLength - from) > BUFFER_BYTES) {
      this.bytes.copyWithin(0, this.#at, this.#end);
      this.#end -= this.#at;
      this.#tried -= this.#at;
      this.#at = 0;
    }
    const taken = part.subarray(from, from + BUFFER_BYTES - this.#end);
    this.bytes.set(taken, this.#end);
    this.#end += taken.byteLength;
    this.bytes[this.#end] = LF;
    return taken.byteLength;
  }

  /** Says that no more bytes will come. */
  finish(): void {
    this.#isLast = true;
  }

  /** Whether it is worth looking for rows. */
  isWorthATry(): boolean {
    return this.#isLast || this.#end - this.#tried >= MIN_FILL_BYTES || this.#end === BUFFER_BYTES;
  }

  /** The bytes in which rows will be found before more are needed: up to the last line break. */
  region(): Buffer {
    if (this.#isLast) return this.bytes.subarray(this.#at, this.#end);
    const there = this.bytes.subarray(this.#at, this.#end);
    return there.subarray(0, Math.max(there.lastIndexOf(LF), there.lastIndexOf(CR)) + 1);
  }

  /**
   * Finds the next row; tells whether there is one.
   *
   * @throws {RefusedInput} when it is too long, or the file ends inside quotes
   */
  next(): boolean {
    const start = this.#at;
    this.rowStart = start;
    this.line = this.#nextLine;
    if (start >= this.#end) {
      this.#tried = start;
      return false;
    }
    const end = this.#scan(start);
    if (end < 0) {
      if (this.#isLast) throw new RefusedInput('truncated');
      if (this.#end - start > MAX_ROW_BYTES) throw new RefusedInput('row-too-long');
      this.#tried = this.#end;
      this.#nextLine = this.line;
      return false;
    }
    if (end - start > MAX_ROW_BYTES) throw new RefusedInput('row-too-long');
    this.#at = end;
    return true;
  }

  /** Where a field's value starts; {@link endOf} must be asked first. */
  startOf(field: number): number {
    return this.#starts[field] as number;
  }

  /** Where a field's value ends; brings the value to its own form where it is escaped. */
  endOf(field: number): number {
    if (this.#marks[field] !== AS_IT_STANDS) this.#unescape(field);
    return this.#ends[field] as number;
  }

  // Gives the place behind the row's line break, or -1 when the row may go on behind what is there.
  #scan(start: number): number {
    const { bytes } = this;
    const stops = this.#stops;
    const { delimiter, quote } = this.#dialect;
    const end = this.#end;
    const maxFields = this.#maxFields;
    let field = 0;
    let at = start;
    for (;;) {
      const isKept = field < maxFields;
      if (isKept && field === this.#starts.length) this.#grow();
      if (bytes[at] === quote) {
        at = this.#scanQuoted(at, isKept ? field : -1);
        if (at < 0) return -1;
        while (stops[bytes[at] as number] === 0) at += 1;
        if (isKept && (this.#ends[field] as number) < 0) this.#ends[field] = at;
      } else {
        const from = at;
        while (stops[bytes[at] as number] === 0) at += 1;
        if (isKept) {
          this.#starts[field] = from;
          this.#ends[field] = at;
          this.#marks[field] = AS_IT_STANDS;
        }
      }
      field += 1;
      if (at < end && bytes[at] === delimiter) {
        at += 1;
        continue;
      }
      this.fieldCount = field;
      if (at >= end) return this.#isLast ? end : -1;
      return this.#scanLineBreak(at);
    }
  }

  #grow(): void {
    const length = this.#starts.length * 2;
    const [starts, ends, marks] = [this.#starts, this.#ends, this.#marks];
    const closings = this.#closings;
    this.#starts = new Int32Array(length);
    this.#ends = new Int32Array(length);
    this.#marks = new Uint8Array(length);
    this.#closings = new Int32Array(length);
    this.#starts.set(starts);
    this.#ends.set(ends);
    this.#marks.set(marks);
    this.#closings.set(closings);
  }

  #scanLineBreak(at: number): number {
    this.#nextLine += 1;
    if (this.bytes[at] === LF) return at + 1;
    if (at + 1 < this.#end) return this.bytes[at + 1] === LF ? at + 2 : at + 1;
    return this.#isLast ? at + 1 : -1;
  }

  // Gives the place behind the closing quote. A field that goes on there is taken as it stands, quotes included: it was
  // not meant to be quoted, and its end (kept as -1) is the next delimiter.
  #scanQuoted(start: number, field: number): number {
    const { bytes } = this;
    const stops = this.#quotedStops;
    const { quote, escape: mark } = this.#dialect;
    const end = this.#end;
    let hasEscapes = false;
    let at = start + 1;
    for (;;) {
      while (stops[bytes[at] as number] === 0) at += 1;
      if (at >= end) return -1;
      const byte = bytes[at] as number;
      const isAtEnd = at + 1 >= end;
      if (isAtEnd && !this.#isLast) return -1;
      const next = isAtEnd ? LF : (bytes[at + 1] as number);
      if (byte === mark && !isAtEnd && (mark !== quote || next === quote)) {
        hasEscapes = true;
        if (next === LF || (next === CR && bytes[at + 2] !== LF)) this.#nextLine += 1;
        at += 2;
      } else if (byte === quote) {
        this.#close(start, at, field, { isClosed: this.#stops[next] !== 0, hasEscapes });
        return at + 1;
      } else {
        if (byte === LF || (byte === CR && next !== LF)) this.#nextLine += 1;
        at += 1;
      }
    }
  }

  #close(start: number, at: number, field: number, found: { isClosed: boolean; hasEscapes: boolean }): void {
    if (field < 0) return;
    if (found.isClosed) {
      this.#starts[field] = start + 1;
      this.#ends[field] = at;
      this.#marks[field] = found.hasEscapes ? HAS_ESCAPES : AS_IT_STANDS;
    } else {
      this.#starts[field] = start;
      this.#ends[field] = -1;
      this.#closings[field] = at;
      this.#marks[field] = found.hasEscapes ? IS_BROKEN_WITH_ESCAPES : AS_IT_STANDS;
    }
  }

  // In place: a value is never longer than how it is written.
  #unescape(field: number): void {
    const { bytes } = this;
    const { quote, escape: mark } = this.#dialect;
    const start = this.#starts[field] as number;
    const end = this.#ends[field] as number;
    const isBroken = this.#marks[field] === IS_BROKEN_WITH_ESCAPES;
    const quotedEnd = isBroken ? (this.#closings[field] as number) : end;
    let to = isBroken ? start + 1 : start;
    for (let at = to; at < end; at += 1) {
      const isEscape = at + 1 < quotedEnd && bytes[at] === mark && (mark !== quote || bytes[at + 1] === quote);
      if (isEscape) at += 1;
      bytes[to] = bytes[at] as number;
      to += 1;
    }
    this.#ends[field] = to;
    this.#marks[field] = AS_IT_STANDS;
  }
}
