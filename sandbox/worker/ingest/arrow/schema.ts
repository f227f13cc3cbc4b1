import { MAX_FILE_COLUMNS_COUNT, MAX_NESTING_DEPTH } from '../limits.ts';
import { placesOf } from '../places-of.ts';
import type { TimeUnit } from '../raw-time.ts';
import { RefusedInput, refuseUnreadable } from '../refused-input.ts';
import type { FlatTable } from './flat-table.ts';

/** What the values of a column are. */
export type ArrowType =
  | { kind: 'null' | 'boolean' | 'text' | 'large-text' }
  | { kind: 'integer'; bits: number; isSigned: boolean }
  | { kind: 'float'; bits: number }
  | { kind: 'decimal'; bits: number; scale: number }
  | { kind: 'date'; unit: 'days' | 'millis' }
  | { kind: 'timestamp'; unit: TimeUnit }
  /** Flat, but nothing that a column here could hold. */
  | { kind: 'other' }
  /** Of several parts, or views into several buffers. */
  | { kind: 'unsupported' };

/** A column, or a part of one. */
export interface ArrowField {
  name: string;
  type: ArrowType;
  /** How many buffers its own values take, those of its children not counted. */
  bufferCount: number;
  /** Whether it takes further buffers, as many as the batch says. */
  isView: boolean;
  /** Union and run-end fields have no node of their own kind, but every field has a node. */
  children: ArrowField[];
  /** Set when the values are places in a dictionary, whose entries are of `type`. */
  dictionary: { id: bigint; index: { kind: 'integer'; bits: number; isSigned: boolean } } | null;
}

const POINTER_BYTES = 4;
const LITTLE_ENDIAN = 0;
const TIME_UNITS: readonly TimeUnit[] = ['SECONDS', 'MILLIS', 'MICROS', 'NANOS'];
const FLOAT_BITS = [16, 32, 64];
const INTEGER_BITS = [8, 16, 32, 64];
const DECIMAL_BITS = [32, 64, 128, 256];

/** Buffers of each type by its code in the format: validity, and values or offsets and bytes. */
const BUFFER_COUNTS: Readonly<Record<number, number>> = {
  1: 0,
  4: 3,
  5: 3,
  12: 2,
  13: 1,
  16: 1,
  17: 2,
  19: 3,
  20: 3,
  21: 2,
  22: 0,
  25: 3,
  26: 3,
};
const FIXED_BUFFER_COUNT = 2;
const UNION = 14;
const BINARY_VIEW = 23;
const TEXT_VIEW = 24;
const DENSE_MODE = 1;
const LAST_TYPE = 26;

/** The columns of a file: all of them, to find their buffers, and the place of each wanted one. */
export interface ArrowSchema {
  fields: ArrowField[];
  places: number[];
}

/**
 * Reads a schema.
 *
 * Source: apache/arrow, format/Schema.fbs.
 *
 * @throws {RefusedInput} when a wanted column is missing, named twice or nested, or the numbers are big-endian
 */
export function readSchema(schema: FlatTable, names: readonly string[]): ArrowSchema {
  if (schema.int(0, 2) !== LITTLE_ENDIAN) throw new RefusedInput('not-supported');
  const budget = { left: MAX_FILE_COLUMNS_COUNT };
  const fields = readFields(schema, 1, 0, budget);
  const places = placesOf(
    names,
    fields.map(({ name }) => name),
  );
  if (places.some((place) => fields[place]?.type.kind === 'unsupported')) throw new RefusedInput('not-supported');
  return { fields, places };
}

function readFields(parent: FlatTable, slot: number, depth: number, budget: { left: number }): ArrowField[] {
  const count = parent.length(slot, POINTER_BYTES);
  budget.left -= count;
  // Fields may point to one and the same children: sixty levels of ten are more than any memory holds.
  if (budget.left < 0) throw new RefusedInput('part-too-large');
  if (depth > MAX_NESTING_DEPTH) throw new RefusedInput('not-supported');
  return Array.from({ length: count }, (_, index) => readField(parent.tableOf(slot, index), depth, budget));
}

function readField(field: FlatTable, depth: number, budget: { left: number }): ArrowField {
  const code = field.int(2, 1);
  const table = field.table(3);
  const children = readFields(field, 5, depth + 1, budget);
  const encoding = field.table(4);
  if (code === 0 || code > LAST_TYPE || table === null) throw new RefusedInput('not-supported');
  const isDictionary = encoding !== null;
  return {
    name: field.text(0),
    type: children.length > 0 ? { kind: 'unsupported' } : readType(code, table),
    bufferCount: isDictionary ? FIXED_BUFFER_COUNT : bufferCountOf(code, table),
    isView: !isDictionary && (code === BINARY_VIEW || code === TEXT_VIEW),
    // The children of an encoded field are those of its entries: they are in the dictionary, not in the batch.
    children: isDictionary ? [] : children,
    dictionary: encoding === null ? null : { id: encoding.id(0), index: readIndexType(encoding) },
  };
}

function bufferCountOf(code: number, table: FlatTable): number {
  if (code === UNION) return table.int(0, 2) === DENSE_MODE ? 2 : 1;
  return BUFFER_COUNTS[code] ?? FIXED_BUFFER_COUNT;
}

function readIndexType(encoding: FlatTable): NonNullable<ArrowField['dictionary']>['index'] {
  const table = encoding.table(1);
  if (table === null) return { kind: 'integer', bits: 32, isSigned: true };
  const type = readInteger(table);
  return type.kind === 'integer' ? type : refuseUnreadable();
}

function readType(code: number, table: FlatTable): ArrowType {
  switch (code) {
    case 1:
      return { kind: 'null' };
    case 2:
      return readInteger(table);
    case 3:
      return { kind: 'float', bits: FLOAT_BITS[table.int(0, 2)] ?? refuseUnreadable() };
    case 5:
      return { kind: 'text' };
    case 6:
      return { kind: 'boolean' };
    case 7:
      return readDecimal(table);
    case 8:
      return { kind: 'date', unit: table.int(0, 2, 1) === 0 ? 'days' : 'millis' };
    case 10:
      return { kind: 'timestamp', unit: TIME_UNITS[table.int(0, 2)] ?? refuseUnreadable() };
    case 20:
      return { kind: 'large-text' };
    case 4:
    case 9:
    case 11:
    case 15:
    case 18:
    case 19:
      return { kind: 'other' };
    default:
      return { kind: 'unsupported' };
  }
}

function readInteger(table: FlatTable): { kind: 'integer'; bits: number; isSigned: boolean } {
  const bits = table.int(0, 4);
  if (!INTEGER_BITS.includes(bits)) refuseUnreadable();
  return { kind: 'integer', bits, isSigned: table.int(1, 1) !== 0 };
}

function readDecimal(table: FlatTable): ArrowType {
  const bits = table.int(2, 4, 128);
  if (!DECIMAL_BITS.includes(bits)) refuseUnreadable();
  return { kind: 'decimal', bits, scale: table.int(1, 4) };
}
