// A derived table has a hundred million rows: its columns are gathered from the engine's vectors as whole arrays, and a
// loop over rows is left to where a type is made narrower or values are missing.
import { DuckDBTypeId } from 'duckdb';

import { encodeColumnChunk, type FixedValues, MAX_CHUNK_ROWS, validityBytes } from '../../wire/column-chunk.ts';
import type { WireType } from '../../wire/column-type.ts';
import type { RawType } from './vector-memory.ts';

/** Copies the values of a vector to the place of their rows; what is not present in `validity` may be anything. */
type Copy = (from: Uint8Array, rowCount: number, validity: Uint8Array | null, at: number) => void;

/** Bytes of a value of each type that can be part of a derived table, and whether it has a sign. */
const HELD: Partial<Record<DuckDBTypeId, { readonly width: number; readonly isSigned: boolean }>> = {
  [DuckDBTypeId.BOOLEAN]: { width: 1, isSigned: false },
  [DuckDBTypeId.TINYINT]: { width: 1, isSigned: true },
  [DuckDBTypeId.SMALLINT]: { width: 2, isSigned: true },
  [DuckDBTypeId.INTEGER]: { width: 4, isSigned: true },
  [DuckDBTypeId.BIGINT]: { width: 8, isSigned: true },
  [DuckDBTypeId.HUGEINT]: { width: 16, isSigned: true },
  [DuckDBTypeId.UTINYINT]: { width: 1, isSigned: false },
  [DuckDBTypeId.USMALLINT]: { width: 2, isSigned: false },
  [DuckDBTypeId.UINTEGER]: { width: 4, isSigned: false },
  [DuckDBTypeId.UBIGINT]: { width: 8, isSigned: false },
  [DuckDBTypeId.DATE]: { width: 4, isSigned: true },
  [DuckDBTypeId.TIMESTAMP]: { width: 8, isSigned: true },
};

const INTEGERS: ReadonlySet<DuckDBTypeId> = new Set([
  DuckDBTypeId.TINYINT,
  DuckDBTypeId.SMALLINT,
  DuckDBTypeId.INTEGER,
  DuckDBTypeId.BIGINT,
  DuckDBTypeId.HUGEINT,
  DuckDBTypeId.UTINYINT,
  DuckDBTypeId.USMALLINT,
  DuckDBTypeId.UINTEGER,
  DuckDBTypeId.UBIGINT,
]);

/** Gathers one column of a derived table and gives it away chunk by chunk. */
export class DerivedColumn {
  /** Bytes of a value in the engine's vector. */
  readonly width: number;
  readonly #type: WireType;
  readonly #values: FixedValues;
  readonly #validity = new Uint8Array(validityBytes(MAX_CHUNK_ROWS));
  readonly #copy: Copy;
  #hasMissing = false;

  /**
   * @param textCount of a column of codes: how many texts its dictionary has
   * @throws {Error} when the engine's type is not one that the declared one is made of
   */
  constructor(type: WireType, raw: RawType, textCount: number) {
    if (!isMadeOf(type, raw, textCount)) throw new Error('a derived column has another type than declared');
    const held = HELD[raw.held];
    if (held === undefined) throw new Error('a derived column has a type that cannot be stored');
    this.#type = type;
    this.width = held.width;
    this.#values = valuesOf(type);
    this.#copy = copyInto(this.#values, held.width, held.isSigned);
  }

  /** Takes the values of a vector, behind those of `at` rows. */
  take(bytes: Uint8Array, validity: Uint8Array | null, rowCount: number, at: number): void {
    this.#copy(bytes, rowCount, validity, at);
    if (validity === null && at % 8 === 0) {
      this.#validity.fill(0xff, at >> 3, (at + rowCount + 7) >> 3);
      return;
    }
    const missing = this.#values instanceof BigInt64Array || this.#values instanceof BigUint64Array ? 0n : 0;
    for (let row = 0; row < rowCount; row += 1) {
      const place = at + row;
      const bit = 1 << (place & 7);
      const others = (this.#validity[place >> 3] as number) & ~bit;
      const isHere = isSet(validity, row);
      this.#validity[place >> 3] = isHere ? others | bit : others;
      if (isHere) continue;
      this.#hasMissing = true;
      // A row without a value holds zero: what the engine left there is of another row, or of none.
      this.#values[place] = missing;
    }
  }

  /** Makes a chunk of the first rows, and begins anew. */
  encode(rowCount: number): Uint8Array {
    const validity = this.#hasMissing ? this.#validity.slice(0, validityBytes(rowCount)) : null;
    if (validity !== null) clearFrom(validity, rowCount);
    this.#hasMissing = false;
    return encodeColumnChunk({ type: this.#type, rowCount, validity, values: this.#values.subarray(0, rowCount) });
  }
}

function isMadeOf(type: WireType, { id, scale, textCount }: RawType, declaredCount: number): boolean {
  switch (type.kind) {
    case 'boolean':
      return id === DuckDBTypeId.BOOLEAN;
    case 'date':
      return id === DuckDBTypeId.DATE;
    case 'timestamp':
      return id === DuckDBTypeId.TIMESTAMP;
    case 'person':
      return id === DuckDBTypeId.UBIGINT;
    case 'decimal':
      return id === DuckDBTypeId.DECIMAL && scale === type.scale;
    case 'code':
      return id === DuckDBTypeId.ENUM && textCount === Math.max(1, declaredCount);
    case 'integer':
      // A decimal declared as integer travels unscaled, as decimals do everywhere on the wire.
      return INTEGERS.has(id) || id === DuckDBTypeId.DECIMAL;
    case 'ordinal':
    case 'rank':
      return INTEGERS.has(id);
    default:
      return false;
  }
}

function valuesOf({ kind }: WireType): FixedValues {
  switch (kind) {
    case 'boolean':
      return new Uint8Array(MAX_CHUNK_ROWS);
    case 'code':
    case 'rank':
      return new Uint16Array(MAX_CHUNK_ROWS);
    case 'date':
      return new Int32Array(MAX_CHUNK_ROWS);
    case 'ordinal':
      return new Uint32Array(MAX_CHUNK_ROWS);
    case 'person':
      return new BigUint64Array(MAX_CHUNK_ROWS);
    default:
      return new BigInt64Array(MAX_CHUNK_ROWS);
  }
}

function copyInto(values: FixedValues, width: number, isSigned: boolean): Copy {
  const target = new Uint8Array(values.buffer);
  const isNarrow = values instanceof Uint16Array || values instanceof Uint32Array;
  // A value with a sign may be below zero, and one of 64 bits without one above what a signed one holds.
  const isSame = width === values.BYTES_PER_ELEMENT && isSigned === values instanceof BigInt64Array;
  if (isSame || values instanceof Int32Array) return (from, _, __, at) => target.set(from, at * width);
  const read = halvesReader(width, isSigned);
  if (isNarrow) return copyNarrow(values, read);
  return copyWide(new Int32Array(values.buffer), read);
}

/** Reads an integer of any width as its lower 32 bits, and all above, which must be one sign or zero. */
type HalvesReader = (from: Uint8Array) => { low: (row: number) => number; high: (row: number) => number };

const copyNarrow =
  (values: Uint16Array | Uint32Array, read: HalvesReader): Copy =>
  (from, rowCount, validity, at) => {
    const { low, high } = read(from);
    const most = 2 ** (8 * values.BYTES_PER_ELEMENT) - 1;
    for (let row = 0; row < rowCount; row += 1) {
      const value = low(row) >>> 0;
      if ((high(row) !== 0 || value > most) && isSet(validity, row)) throw new Error('a value does not fit its column');
      values[at + row] = value;
    }
  };

const copyWide =
  (halves: Int32Array, read: HalvesReader): Copy =>
  (from, rowCount, validity, at) => {
    const { low, high } = read(from);
    for (let row = 0; row < rowCount; row += 1) {
      const upper = high(row);
      if (Number.isNaN(upper) && isSet(validity, row)) throw new Error('a value does not fit its column');
      halves[2 * (at + row)] = low(row);
      halves[2 * (at + row) + 1] = upper;
    }
  };

function halvesReader(width: number, isSigned: boolean): HalvesReader {
  if (width < 8) {
    return (from) => {
      const values = smallValues(from, width, isSigned);
      return { low: (row) => values[row] as number, high: (row) => ((values[row] as number) < 0 ? -1 : 0) };
    };
  }
  const words = width / 4;
  return (from) => {
    const halves = new Int32Array(from.buffer, from.byteOffset, from.byteLength / 4);
    const high = (row: number) => {
      const upper = halves[row * words + 1] as number;
      const sign = upper < 0 ? -1 : 0;
      if (words === 2) return isSigned || sign === 0 ? upper : Number.NaN;
      const isSmall = halves[row * words + 2] === sign && halves[row * words + 3] === sign;
      return isSmall ? upper : Number.NaN;
    };
    return { low: (row) => halves[row * words] as number, high };
  };
}

function smallValues(from: Uint8Array, width: number, isSigned: boolean) {
  const { buffer, byteOffset } = from;
  const count = from.byteLength / width;
  if (width === 1) return isSigned ? new Int8Array(buffer, byteOffset, count) : from;
  if (width === 2) {
    return isSigned ? new Int16Array(buffer, byteOffset, count) : new Uint16Array(buffer, byteOffset, count);
  }
  return isSigned ? new Int32Array(buffer, byteOffset, count) : new Uint32Array(buffer, byteOffset, count);
}

function isSet(validity: Uint8Array | null, row: number): boolean {
  return validity === null || ((validity[row >> 3] as number) & (1 << (row & 7))) !== 0;
}

function clearFrom(bitmap: Uint8Array, rowCount: number): void {
  bitmap.fill(0, (rowCount + 7) >> 3);
  if (rowCount % 8 !== 0) bitmap[rowCount >> 3] = (bitmap[rowCount >> 3] as number) & ((1 << (rowCount & 7)) - 1);
}
