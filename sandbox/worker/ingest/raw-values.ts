import type { Cell, ColumnType } from '../../wire/column-type.ts';
import type { IngestColumn } from '../../wire/jobs.ts';
import type { RejectReason } from '../../wire/reasons.ts';
import type { RawValue } from './raw-value.ts';
import { type Rejection, readDecimal, readText, rejection } from './text-values.ts';

const NOT_OF_TYPE: Readonly<Record<ColumnType['kind'], RejectReason>> = {
  boolean: 'not-a-boolean',
  integer: 'not-an-integer',
  text: 'not-text',
  date: 'not-a-date',
  timestamp: 'not-a-timestamp',
  person: 'not-an-integer',
  decimal: 'not-a-decimal',
  digest: 'not-an-identifier',
};

const MICROS_PER_DAY = 86_400_000_000n;

// The years 1 to 9999, as text can write them. The engine takes the ends of its own range for the end of time.
const FIRST_DAY = -719_162;
const LAST_DAY = 2_932_896;
const SINGLE_DIGITS_COUNT = 9;

/** Judges a raw value by its column, which is none of identifiers: type and presence. */
export function acceptValue(column: IngestColumn, raw: RawValue): Cell | Rejection {
  const value = convert(column.type, raw);
  return value === null && !column.nullable ? rejection('missing') : value;
}

function convert(type: ColumnType, raw: RawValue): Cell | Rejection {
  if (raw === null) return null;
  if (typeof raw === 'string') return readText(type, raw);
  if (typeof raw === 'boolean') return type.kind === 'boolean' ? raw : rejection(NOT_OF_TYPE[type.kind]);
  // Numbers of every source become decimal text: one exact reader for all.
  if (typeof raw === 'bigint') return type.kind === 'text' ? rejection('not-text') : readNumber(type, String(raw));
  if ('float' in raw) return readFloat(type, raw.float, raw.isSingle);
  if ('unscaled' in raw) return readNumber(type, decimalText(raw.unscaled, raw.scale));
  if ('days' in raw) return readDays(type, raw.days);
  if ('micros' in raw) return readMicros(type, raw.micros);
  return rejection(raw.unreadable === 'encoding' ? 'encoding' : NOT_OF_TYPE[type.kind]);
}

function readNumber(type: ColumnType, text: string): Cell | Rejection {
  if (type.kind === 'decimal') return readDecimal(text, type.scale);
  if (type.kind === 'integer' || type.kind === 'person' || type.kind === 'boolean') {
    return readText(type, text.replace(/\.0*$/, ''));
  }
  return rejection(NOT_OF_TYPE[type.kind]);
}

function readDays(type: ColumnType, days: number): Cell | Rejection {
  if (type.kind !== 'date' && type.kind !== 'timestamp') return rejection(NOT_OF_TYPE[type.kind]);
  if (days < FIRST_DAY || days > LAST_DAY) return rejection('out-of-range');
  return type.kind === 'date' ? BigInt(days) : BigInt(days) * MICROS_PER_DAY;
}

function readMicros(type: ColumnType, micros: bigint): Cell | Rejection {
  if (type.kind !== 'timestamp') return rejection(NOT_OF_TYPE[type.kind]);
  const isInRange = micros >= BigInt(FIRST_DAY) * MICROS_PER_DAY && micros < BigInt(LAST_DAY + 1) * MICROS_PER_DAY;
  return isInRange ? micros : rejection('out-of-range');
}

function readFloat(type: ColumnType, value: number, isSingle: boolean): Cell | Rejection {
  if (!Number.isFinite(value)) return rejection(NOT_OF_TYPE[type.kind]);
  return readNumber(type, plainText(isSingle ? shortestSingle(value) : String(value)));
}

// 12.34 stored in 32 bits reads as 12.340000152587890625; its shortest decimal that reads back is what was meant.
function shortestSingle(value: number): string {
  for (let digits = 1; digits < SINGLE_DIGITS_COUNT; digits += 1) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(value);
}

/** Writes a number without exponent: `1.5e-7` as `0.00000015`. */
function plainText(text: string): string {
  const [mantissa = '', exponent] = text.split('e');
  if (exponent === undefined) return text;
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  return sign + decimalText(BigInt(whole + fraction), fraction.length - Number(exponent));
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale));
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
