import { microsOf } from '../raw-time.ts';
import type { RawValue } from '../raw-value.ts';
import { RefusedInput, refuseUnreadable } from '../refused-input.ts';
import type { ColumnBuffers } from './record-batch.ts';
import type { ArrowField, ArrowType } from './schema.ts';

/** Reads the value of one row of a batch. */
export type RowReader = (row: number) => RawValue;

const MAX_SCALE_DIGITS = 76;
const MS_PER_DAY = 86_400_000;
const WORD_BITS = 64n;
const UNREADABLE: RawValue = { unreadable: 'type' };

/**
 * Chooses how the values of a column of one batch are read, once its buffers are known to hold them all.
 *
 * @param entriesOf gives the entries of a dictionary, which must be there before the batch that uses it
 * @throws {RefusedInput} when a buffer is too short, or offsets fall or lead out of their bytes
 */
export function arrowReader(
  field: ArrowField,
  column: ColumnBuffers,
  entriesOf: (id: bigint) => readonly RawValue[],
): RowReader {
  const { validity } = column;
  const { dictionary } = field;
  const read =
    dictionary === null
      ? valueReader(field.type, column)
      : indexReader(integerReader(dictionary.index, column), entriesOf(dictionary.id));
  if (validity === null) return read;
  return (row) => (((validity[row >> 3] as number) & (1 << (row & 7))) === 0 ? null : read(row));
}

// An index past the dictionary belongs to no row in particular: whoever wrote it had another dictionary.
function indexReader(index: (row: number) => bigint, entries: readonly RawValue[]): RowReader {
  return (row) => {
    const place = index(row);
    if (place < 0n || place >= BigInt(entries.length)) return refuseUnreadable();
    return entries[Number(place)] as RawValue;
  };
}

/** Chooses how the values of a type are read. */
function valueReader(type: ArrowType, column: ColumnBuffers): RowReader {
  switch (type.kind) {
    case 'null':
      return () => null;
    case 'boolean':
      return booleanReader(column);
    case 'integer':
      return integerReader(type, column);
    case 'float':
      return floatReader(type.bits, column);
    case 'decimal':
      return decimalReader(type, column);
    case 'date':
      return dateReader(type.unit, column);
    case 'timestamp': {
      const view = valuesOf(column, 8);
      return (row) => microsOf(view.getBigInt64(row * 8, true), type.unit);
    }
    case 'text':
      return textReader(column, 4);
    case 'large-text':
      return textReader(column, 8);
    case 'other':
      return () => UNREADABLE;
    case 'unsupported':
      throw new RefusedInput('not-supported');
  }
}

function valuesOf({ buffers, length }: ColumnBuffers, width: number): DataView {
  const bytes = buffers[0] ?? refuseUnreadable();
  if (bytes.byteLength < length * width) refuseUnreadable();
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function booleanReader({ buffers, length }: ColumnBuffers): RowReader {
  const bits = buffers[0] ?? refuseUnreadable();
  if (bits.byteLength < Math.ceil(length / 8)) refuseUnreadable();
  return (row) => ((bits[row >> 3] as number) & (1 << (row & 7))) !== 0;
}

function integerReader(
  { bits, isSigned }: { bits: number; isSigned: boolean },
  column: ColumnBuffers,
): (row: number) => bigint {
  const view = valuesOf(column, bits / 8);
  if (bits === 8) return (row) => BigInt(isSigned ? view.getInt8(row) : view.getUint8(row));
  if (bits === 16) return (row) => BigInt(isSigned ? view.getInt16(row * 2, true) : view.getUint16(row * 2, true));
  if (bits === 32) return (row) => BigInt(isSigned ? view.getInt32(row * 4, true) : view.getUint32(row * 4, true));
  return (row) => (isSigned ? view.getBigInt64(row * 8, true) : view.getBigUint64(row * 8, true));
}

function floatReader(bits: number, column: ColumnBuffers): RowReader {
  const view = valuesOf(column, bits / 8);
  if (bits === 64) return (row) => ({ float: view.getFloat64(row * 8, true), isSingle: false });
  if (bits === 32) return (row) => ({ float: view.getFloat32(row * 4, true), isSingle: true });
  return (row) => ({ float: halfOf(view.getUint16(row * 2, true)), isSingle: true });
}

function halfOf(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15));
}

function dateReader(unit: 'days' | 'millis', column: ColumnBuffers): RowReader {
  if (unit === 'days') {
    const view = valuesOf(column, 4);
    return (row) => ({ days: view.getInt32(row * 4, true) });
  }
  const view = valuesOf(column, 8);
  return (row) => {
    const days = Number(view.getBigInt64(row * 8, true)) / MS_PER_DAY;
    return Number.isInteger(days) ? { days } : UNREADABLE;
  };
}

function decimalReader({ bits, scale }: { bits: number; scale: number }, column: ColumnBuffers): RowReader {
  // A scale that no writer has would make numbers of millions of digits.
  if (Math.abs(scale) > MAX_SCALE_DIGITS) refuseUnreadable();
  const width = bits / 8;
  const view = valuesOf(column, width);
  if (bits === 32) return (row) => ({ unscaled: BigInt(view.getInt32(row * 4, true)), scale });
  return (row) => {
    let unscaled = view.getBigInt64((row + 1) * width - 8, true);
    for (let at = (row + 1) * width - 16; at >= row * width; at -= 8) {
      unscaled = (unscaled << WORD_BITS) | view.getBigUint64(at, true);
    }
    return { unscaled, scale };
  };
}

function textReader({ buffers, length }: ColumnBuffers, width: 4 | 8): RowReader {
  const [offsets, bytes] = [buffers[0] ?? refuseUnreadable(), buffers[1] ?? refuseUnreadable()];
  if (length === 0) return () => refuseUnreadable();
  if (offsets.byteLength < (length + 1) * width) refuseUnreadable();
  const view = new DataView(offsets.buffer, offsets.byteOffset, offsets.byteLength);
  const offsetAt = (index: number): number =>
    width === 4 ? view.getInt32(index * 4, true) : Number(view.getBigInt64(index * 8, true));
  let last = 0;
  for (let index = 0; index <= length; index += 1) {
    const offset = offsetAt(index);
    if (offset < last) refuseUnreadable();
    last = offset;
  }
  if (last > bytes.byteLength) refuseUnreadable();
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Bytes that are no text become U+FFFD, which is refused with the row.
  return (row) => text.toString('utf8', offsetAt(row), offsetAt(row + 1));
}
