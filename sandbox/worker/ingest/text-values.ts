// From text to a value of a column's type, exactly or not at all: nothing is rounded, cut or guessed.
import type { Cell, ColumnType } from '../../wire/column-type.ts';
import type { RejectReason } from '../../wire/reasons.ts';

/** Why a value is not of its column's type; an object, since no cell is one. */
export interface Rejection {
  readonly reject: RejectReason;
}

/** Most characters of one text value: an identifier, a label or a note, not a document. */
export const MAX_TEXT_LENGTH_CHARS = 65_536;

const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIMESTAMP = /^(\d{4}-\d\d-\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?$/;
const ZONE = /^([+-])(\d\d):?(\d\d)$/;

const MAX_INTEGER_DIGITS = 19;
const INT64_LEAST = -(1n << 63n);
const INT64_MOST = (1n << 63n) - 1n;
const UINT64_MOST = (1n << 64n) - 1n;
// The engine's decimals have 18 digits; an int64 could hold a little more and would overflow there.
const DECIMAL_END = 10n ** 18n;
const MICROS_DIGITS = 6;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
// From 1 March of year 0 to 1 January 1970.
const DAYS_BEFORE_EPOCH = 719_468;
const REPLACEMENT_CHARACTER = '\uFFFD';
const NUL = '\0';

const TRUE_WORDS = new Set(['1', 'true', 't', 'yes']);
const FALSE_WORDS = new Set(['0', 'false', 'f', 'no']);

/** Makes a rejection. */
export function rejection(reject: RejectReason): Rejection {
  return { reject };
}

/** Tells a rejection from a value. */
export function isRejection(value: Cell | Rejection): value is Rejection {
  return typeof value === 'object' && value !== null;
}

/** Reads text as a value of `type`; blank text is a missing value of every type but text. */
export function readText(type: ColumnType, text: string): Cell | Rejection {
  if (text.length > MAX_TEXT_LENGTH_CHARS) return rejection('too-long');
  // What the decoder puts in place of bytes that are no text.
  if (text.includes(REPLACEMENT_CHARACTER)) return rejection('encoding');
  // No text that people write has one, and what reads text later may take it for its end.
  if (text.includes(NUL)) return rejection('not-text');
  if (type.kind === 'text') return text;
  const trimmed = text.trim();
  return trimmed === '' ? null : readWord(type, trimmed);
}

function readWord(type: Exclude<ColumnType, { kind: 'text' }>, word: string): Cell | Rejection {
  switch (type.kind) {
    case 'integer':
      return readInteger(word, INT64_LEAST, INT64_MOST);
    case 'person':
      return readInteger(word, 0n, UINT64_MOST);
    case 'decimal':
      return readDecimal(word, type.scale);
    case 'date':
      return readDate(word) ?? rejection('not-a-date');
    case 'timestamp':
      return readTimestamp(word) ?? rejection('not-a-timestamp');
    case 'boolean':
      return readBoolean(word.toLowerCase());
    default:
      return rejection('not-text');
  }
}

function readInteger(word: string, least: bigint, most: bigint): Cell | Rejection {
  if (!INTEGER.test(word)) return rejection('not-an-integer');
  // Turning a very long number into a bigint is quadratic work.
  const digits = word.replace(/^[+-]?0*/, '');
  if (digits.length > MAX_INTEGER_DIGITS + 1) return rejection('out-of-range');
  const value = BigInt(word.startsWith('+') ? word.slice(1) : word);
  return value < least || value > most ? rejection('out-of-range') : value;
}

/** Reads a decimal without exponent as a fixed-point number of `scale` digits. */
export function readDecimal(word: string, scale: number): Cell | Rejection {
  const match = DECIMAL.exec(word);
  const whole = (match?.[2] ?? '').replace(/^0+/, '');
  const fraction = withoutEndZeros(match?.[3] ?? '');
  if (match === null || `${match[2] ?? ''}${match[3] ?? ''}` === '' || fraction.length > scale)
    return rejection('not-a-decimal');
  if (whole.length > MAX_INTEGER_DIGITS) return rejection('out-of-range');
  const unscaled = BigInt(`${whole}${fraction.padEnd(scale, '0')}` || '0');
  if (unscaled >= DECIMAL_END) return rejection('out-of-range');
  return match[1] === '-' ? -unscaled : unscaled;
}

// A pattern for the end of a text is tried from each of its zeros: a hostile cell of 64 KiB would take half a minute.
function withoutEndZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

function readDate(word: string): bigint | null {
  const match = DATE.exec(word);
  if (match === null) return null;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  if (year === 0 || month < 1 || month > 12 || day < 1 || day > daysOfMonth(year, month)) return null;
  return BigInt(daysSinceEpoch(year, month, day));
}

function daysOfMonth(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && isLeap ? 29 : (MONTH_DAYS[month - 1] as number);
}

// Years that begin in March end with the leap day, so that the days before a month follow one formula (H. Hinnant,
// "chrono-Compatible Low-Level Date Algorithms", days_from_civil). The engine of dates in the language takes five
// times as long, and this is done for each row.
function daysSinceEpoch(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + dayOfYear - DAYS_BEFORE_EPOCH;
}

function readTimestamp(word: string): bigint | null {
  const match = TIMESTAMP.exec(word);
  if (match === null) return null;
  const days = readDate(match[1] as string);
  const [hours, minutes, seconds] = [match[2], match[3], match[4] ?? '0'].map(Number) as [number, number, number];
  const fraction = withoutEndZeros(match[5] ?? '');
  const zoneMinutes = readZone(match[6]);
  if (days === null || zoneMinutes === null || fraction.length > MICROS_DIGITS) return null;
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  const wholeSeconds = days * 86_400n + BigInt(hours * 3_600 + (minutes - zoneMinutes) * 60 + seconds);
  return wholeSeconds * 1_000_000n + BigInt(fraction.padEnd(MICROS_DIGITS, '0'));
}

// Without a zone a timestamp is UTC.
function readZone(zone: string | undefined): number | null {
  const match = ZONE.exec(zone ?? '');
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  if (Number(match[2]) > 14 || Number(match[3]) > 59) return null;
  return match[1] === '-' ? -minutes : minutes;
}

function readBoolean(word: string): Cell | Rejection {
  if (TRUE_WORDS.has(word)) return true;
  return FALSE_WORDS.has(word) ? false : rejection('not-a-boolean');
}
