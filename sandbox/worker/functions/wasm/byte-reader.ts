import { MAX_SUBJECT_CHARS, type ScoringFault, type ScoringFaultRule } from '../../../wire/scoring.ts';

/** A module is refused: thrown inside the compiler, and caught by its one door. */
export class RefusedModule extends Error {
  readonly fault: ScoringFault;

  constructor(rule: ScoringFaultRule, column: number | null, subject: string) {
    super(rule);
    const printable = subject.replace(/[^\w .$()'-]/g, ' ').slice(0, MAX_SUBJECT_CHARS);
    this.fault = { rule, line: null, column, subject: printable };
  }
}

/** Bytes of the longest integers: LEB128 carries seven bits a byte. */
const LONGEST_INTEGER_BYTES = { 32: 5, 64: 10 } as const;

/** Reads a module's bytes and never one beyond its end, whatever the lengths in them say. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    const value = this.bytes[this.at];
    if (value === undefined || this.isAtEnd) throw new RefusedModule('not-this-language', this.at, 'unexpected end');
    this.at += 1;
    return value;
  }

  /** An unsigned integer of 32 bits in at most five bytes; linkers pad to five, so the shortest form is not asked. */
  u32(): number {
    const start = this.at;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value > 0xffff_ffff) break;
        return value;
      }
    }
    throw new RefusedModule('not-this-language', start, 'number too large');
  }

  /** A signed integer of at most 32 bits. */
  s32(): number {
    const start = this.at;
    this.skipInteger(32);
    let value = 0;
    let shift = 0;
    for (const byte of this.bytes.subarray(start, Math.min(this.at, start + 5))) {
      value |= (byte & 0x7f) << shift;
      shift += 7;
    }
    const isNegative = ((this.bytes[this.at - 1] ?? 0) & 0x40) !== 0;
    return shift < 32 && isNegative ? value | (-1 << shift) : value;
  }

  /** Passes a signed integer; that its unused bits are right is left to the host's own validation. */
  skipInteger(bits: 32 | 64): void {
    const start = this.at;
    for (let count = 0; count < LONGEST_INTEGER_BYTES[bits]; count += 1) if (this.byte() < 0x80) return;
    throw new RefusedModule('not-this-language', start, 'number too large');
  }

  take(length: number): Uint8Array {
    if (length > this.end - this.at) throw new RefusedModule('not-this-language', this.at, 'unexpected end');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** The next `length` bytes, as a reader of their own. */
  part(length: number): ByteReader {
    const { at } = this;
    this.take(length);
    return new ByteReader(this.bytes, at, this.at);
  }

  /** How many entries follow; at most `limit`. */
  count(limit: number, subject: string): number {
    const { at } = this;
    const count = this.u32();
    if (count > limit) throw new RefusedModule('too-large', at, subject);
    return count;
  }
}
