import {
  TimeUnit as ArrowTimeUnit,
  type Data,
  DataType,
  type DateDay,
  type Decimal,
  type Timestamp,
  type Vector,
} from 'apache-arrow';
import { microsOf, type TimeUnit } from './raw-time.ts';
import type { RawValue } from './raw-value.ts';

/** Reads the value of one row of a batch. */
export type RowReader = (row: number) => RawValue;

const MAX_SCALE_DIGITS = 76;
const MS_PER_DAY = 86_400_000;
const UNREADABLE: RawValue = { unreadable: 'type' };

const UNITS: Readonly<Record<ArrowTimeUnit, TimeUnit>> = {
  [ArrowTimeUnit.SECOND]: 'SECONDS',
  [ArrowTimeUnit.MILLISECOND]: 'MILLIS',
  [ArrowTimeUnit.MICROSECOND]: 'MICROS',
  [ArrowTimeUnit.NANOSECOND]: 'NANOS',
};

/** Chooses how the values of a column of one batch are read; null when the column is not there. */
export function arrowReader(vector: Vector | null): RowReader | null {
  const data = vector?.data[0] as Data | undefined;
  if (vector === null || data === undefined) return null;
  const read = valueReader(vector, data);
  return (row) => (vector.isValid(row) ? read(row) : null);
}

// Dates, timestamps and decimals are read from the stored integers: the library's own getters round them to
// milliseconds or give raw words.
function valueReader(vector: Vector, data: Data): RowReader {
  const { type } = vector;
  const values = data.values as ArrayLike<number | bigint>;
  if (DataType.isBool(type)) return (row) => vector.get(row) as boolean;
  if (DataType.isInt(type)) return (row) => BigInt(vector.get(row) as number | bigint);
  if (DataType.isFloat(type)) {
    const isSingle = type.precision !== 2;
    return (row) => ({ float: vector.get(row) as number, isSingle });
  }
  if (DataType.isDecimal(type)) return decimalReader(type, data.values as Uint32Array);
  if (DataType.isDate(type)) return dateReader(type as DateDay, values);
  if (DataType.isTimestamp(type)) {
    const unit = UNITS[(type as Timestamp).unit];
    return (row) => microsOf(BigInt(values[row] as bigint), unit);
  }
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type) || isTextDictionary(type))
    return (row) => textOf(vector.get(row));
  return () => UNREADABLE;
}

function isTextDictionary(type: DataType): boolean {
  return DataType.isDictionary(type) && (DataType.isUtf8(type.dictionary) || DataType.isLargeUtf8(type.dictionary));
}

function textOf(value: unknown): RawValue {
  return typeof value === 'string' ? value : UNREADABLE;
}

function dateReader(type: DateDay, values: ArrayLike<number | bigint>): RowReader {
  if (DataType.isDate(type) && type.unit === 0) return (row) => ({ days: Number(values[row]) });
  return (row) => {
    const days = Number(values[row]) / MS_PER_DAY;
    return Number.isInteger(days) ? { days } : UNREADABLE;
  };
}

function decimalReader({ scale, bitWidth }: Decimal, words: Uint32Array): RowReader {
  const wordCount = bitWidth / 32;
  const digits = Math.min(Math.max(scale, 0), MAX_SCALE_DIGITS);
  return (row) => {
    let unsigned = 0n;
    for (let word = wordCount - 1; word >= 0; word -= 1) {
      unsigned = (unsigned << 32n) | BigInt(words[row * wordCount + word] as number);
    }
    return { unscaled: BigInt.asIntN(bitWidth, unsigned), scale: digits };
  };
}
