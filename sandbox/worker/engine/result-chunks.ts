import {
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
  type DuckDBVector,
} from 'duckdb';

import { chunkOfCells } from '../../wire/cells.ts';
import { encodeColumnChunk } from '../../wire/column-chunk.ts';
import type { Cell, WireType } from '../../wire/column-type.ts';
import { readFixed } from './vector-memory.ts';

/** What a result column may be on the wire. */
export type ResultWireKind = Exclude<WireType['kind'], 'decimal'>;

const MILLION = 1_000_000n;
const THOUSAND = 1_000n;

/**
 * Says how a result column of a composed table travels.
 *
 * @throws {Error} for a type that has no place in a released table, such as a list or an interval
 */
export function wireKindOf(type: DuckDBType): ResultWireKind {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return 'boolean';
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.HUGEINT:
    case DuckDBTypeId.UTINYINT:
    case DuckDBTypeId.USMALLINT:
    case DuckDBTypeId.UINTEGER:
    case DuckDBTypeId.UBIGINT:
    case DuckDBTypeId.UHUGEINT:
      return 'integer';
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
    case DuckDBTypeId.DECIMAL:
      return 'double';
    case DuckDBTypeId.DATE:
      return 'date';
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return 'timestamp';
    case DuckDBTypeId.VARCHAR:
    case DuckDBTypeId.ENUM:
    // An untyped NULL; it has no values to show.
    case DuckDBTypeId.SQLNULL:
      return 'text';
    default:
      throw new Error('a result column has a type that cannot be released');
  }
}

/**
 * Turns a result vector into a chunk of the declared kind.
 *
 * @throws {Error} when a value is not of that kind or does not fit it
 */
export function readResultChunk(vector: DuckDBVector, kind: ResultWireKind): Uint8Array {
  const whole = wholeArray(vector, kind);
  if (whole !== null)
    return encodeColumnChunk({ type: { kind }, rowCount: vector.itemCount, validity: null, values: whole });
  const cells: Cell[] = [];
  for (let row = 0; row < vector.itemCount; row += 1) {
    const value = vector.getItem(row) as DuckDBValue;
    cells.push(value === null ? null : cellOf(value, kind));
  }
  return encodeColumnChunk(chunkOfCells({ kind }, cells));
}

// Millions of persons pass this way: a vector without gaps that is already in wire form is copied as it is.
function wholeArray(vector: DuckDBVector, kind: ResultWireKind): BigInt64Array | BigUint64Array | null {
  const isPerson = kind === 'person' && vector.type.typeId === DuckDBTypeId.UBIGINT;
  const isInteger = kind === 'integer' && vector.type.typeId === DuckDBTypeId.BIGINT;
  if (!isPerson && !isInteger) return null;
  const { bytes, validity } = readFixed(vector);
  if (validity !== null) return null;
  const ArrayOfKind = isPerson ? BigUint64Array : BigInt64Array;
  return new ArrayOfKind(bytes.buffer as ArrayBuffer, bytes.byteOffset, vector.itemCount);
}

function cellOf(value: NonNullable<DuckDBValue>, kind: ResultWireKind): Cell {
  switch (kind) {
    case 'integer':
      return expectRange(integerOf(value), -(1n << 63n), (1n << 63n) - 1n);
    case 'person':
      return expectRange(integerOf(value), 0n, (1n << 64n) - 1n);
    case 'double':
      return value instanceof DuckDBDecimalValue ? value.toDouble() : Number(expectOne(value, 'number', 'bigint'));
    case 'boolean':
      return expectOne(value, 'boolean') as boolean;
    case 'text':
      return expectOne(value, 'string') as string;
    case 'date':
      if (value instanceof DuckDBDateValue) return BigInt(value.days);
      break;
    case 'timestamp':
      return microsOf(value);
  }
  throw new Error('a value is not of its declared kind');
}

function integerOf(value: NonNullable<DuckDBValue>): bigint {
  // A decimal declared as integer travels unscaled, as decimals do everywhere on the wire.
  if (value instanceof DuckDBDecimalValue) return value.value;
  return BigInt(expectOne(value, 'bigint', 'number') as bigint | number);
}

function microsOf(value: NonNullable<DuckDBValue>): bigint {
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return value.micros;
  if (value instanceof DuckDBTimestampSecondsValue) return value.seconds * MILLION;
  if (value instanceof DuckDBTimestampMillisecondsValue) return value.millis * THOUSAND;
  if (value instanceof DuckDBTimestampNanosecondsValue) return value.nanos / THOUSAND;
  throw new Error('a value is not of its declared kind');
}

function expectOne(value: NonNullable<DuckDBValue>, ...kinds: string[]): DuckDBValue {
  if (!kinds.includes(typeof value)) throw new Error('a value is not of its declared kind');
  return value;
}

function expectRange(value: bigint, least: bigint, most: bigint): bigint {
  if (value < least || value > most) throw new Error('a value does not fit its declared kind');
  return value;
}
