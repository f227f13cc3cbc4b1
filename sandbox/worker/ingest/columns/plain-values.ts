// The plain forms of values, read from bytes as they stand in a file: ASCII, no space, no more digits than a double
// holds exactly. They are nearly all values of a large file. Whatever else stands there is NaN here and is left to the
// exact readers of text, which alone decide what is refused.

const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const SPACE = 0x20;
const UPPER_T = 0x54;
const UPPER_Z = 0x5a;
const LOWER_T = 0x74;
const LOWER_F = 0x66;

/** Digits that a double holds exactly, whatever they are. */
const MAX_EXACT_DIGITS = 15;
const MICROS_DIGITS = 6;
const SECONDS_PER_DAY = 86_400;
const MICROS_PER_SECOND = 1_000_000;
const DATE_LENGTH_BYTES = 10;
const MINUTES_LENGTH_BYTES = 16;
const SECONDS_LENGTH_BYTES = 19;

const POWERS_OF_TEN = Float64Array.from({ length: 16 }, (_, power) => Number(`1e${power}`));
const MONTH_DAYS = Uint8Array.of(0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);
// From 1 March of year 0 to 1 January 1970.
const DAYS_BEFORE_EPOCH = 719_468;

/** Reads digits with or without a minus sign; NaN for any other form. */
export function plainInteger(bytes: Uint8Array, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS;
  const first = isNegative ? start + 1 : start;
  if (end - first > MAX_EXACT_DIGITS || first >= end) return Number.NaN;
  const value = digitsOf(bytes, first, end);
  return isNegative ? -value : value;
}

/** Reads a decimal of at most `scale` digits after the point, in units of the last of them; NaN for any other form. */
export function plainDecimal(bytes: Uint8Array, start: number, end: number, scale: number): number {
  const isNegative = bytes[start] === MINUS;
  let at = isNegative ? start + 1 : start;
  // INVARIANT: digits before the point and `scale` are no more than a double holds, whatever follows the point.
  if (end - at > MAX_EXACT_DIGITS + 1) return Number.NaN;
  const first = at;
  let value = 0;
  for (; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte < ZERO || byte > NINE) break;
    value = value * 10 + (byte - ZERO);
  }
  const wholeDigits = at - first;
  if (wholeDigits === 0 || wholeDigits + scale > MAX_EXACT_DIGITS) return Number.NaN;
  let fractionDigits = 0;
  if (at < end) {
    fractionDigits = end - at - 1;
    if (bytes[at] !== DOT || fractionDigits === 0 || fractionDigits > scale) return Number.NaN;
    value = value * (POWERS_OF_TEN[fractionDigits] as number) + digitsOf(bytes, at + 1, end);
  }
  value *= POWERS_OF_TEN[scale - fractionDigits] as number;
  return isNegative ? -value : value;
}

/** Reads `2024-02-29` as days since 1970; NaN for any other form. */
export function plainDate(bytes: Uint8Array, start: number, end: number): number {
  return end - start === DATE_LENGTH_BYTES ? dayAt(bytes, start) : Number.NaN;
}

/** Reads `2024-02-29 12:00`, with seconds, fraction and `Z` or without, as microseconds since 1970; NaN for any other. */
export function plainTimestamp(bytes: Uint8Array, start: number, end: number): number {
  const last = bytes[end - 1] === UPPER_Z ? end - 1 : end;
  const length = last - start;
  const separator = bytes[start + DATE_LENGTH_BYTES];
  if (length < MINUTES_LENGTH_BYTES || (separator !== UPPER_T && separator !== SPACE)) return Number.NaN;
  const hours = twoDigits(bytes, start + 11);
  const minutes = bytes[start + 13] === COLON ? twoDigits(bytes, start + 14) : Number.NaN;
  let seconds = 0;
  if (length > MINUTES_LENGTH_BYTES) {
    if (length < SECONDS_LENGTH_BYTES || bytes[start + 16] !== COLON) return Number.NaN;
    seconds = twoDigits(bytes, start + 17);
  }
  const micros = length > SECONDS_LENGTH_BYTES ? fractionAt(bytes, start + SECONDS_LENGTH_BYTES, last) : 0;
  if (hours > 23 || minutes > 59 || seconds > 59) return Number.NaN;
  const inDay = hours * 3_600 + minutes * 60 + seconds;
  const value = (dayAt(bytes, start) * SECONDS_PER_DAY + inDay) * MICROS_PER_SECOND + micros;
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

/** Reads `1`, `t`, `true` as 1 and `0`, `f`, `false` as 0; NaN for any other form. */
export function plainBoolean(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start];
  const length = end - start;
  if (length === 1) {
    if (first === ZERO + 1 || first === LOWER_T) return 1;
    return first === ZERO || first === LOWER_F ? 0 : Number.NaN;
  }
  if (length === 4 && first === LOWER_T) return standsThere(bytes, start, 'true') ? 1 : Number.NaN;
  if (length === 5 && first === LOWER_F) return standsThere(bytes, start, 'false') ? 0 : Number.NaN;
  return Number.NaN;
}

function standsThere(bytes: Uint8Array, start: number, word: string): boolean {
  for (let index = 0; index < word.length; index += 1) {
    if (bytes[start + index] !== word.charCodeAt(index)) return false;
  }
  return true;
}

function digitsOf(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte < ZERO || byte > NINE) return Number.NaN;
    value = value * 10 + (byte - ZERO);
  }
  return value;
}

function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - ZERO;
  const ones = (bytes[at + 1] as number) - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function fractionAt(bytes: Uint8Array, at: number, end: number): number {
  const digits = end - at - 1;
  if (bytes[at] !== DOT || digits < 1 || digits > MICROS_DIGITS) return Number.NaN;
  return digitsOf(bytes, at + 1, end) * (POWERS_OF_TEN[MICROS_DIGITS - digits] as number);
}

// The formula of text-values.ts, in whole numbers.
function dayAt(bytes: Uint8Array, start: number): number {
  if (bytes[start + 4] !== MINUS || bytes[start + 7] !== MINUS) return Number.NaN;
  const year = twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2);
  const month = twoDigits(bytes, start + 5);
  const day = twoDigits(bytes, start + 8);
  // A comparison with NaN is false: what is no number is not between these either.
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > (month === 2 && isLeap ? 29 : (MONTH_DAYS[month] as number))) return Number.NaN;
  const marchYear = month > 2 ? year : year - 1;
  const dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) | 0) + day - 1;
  const leapDays = ((marchYear / 4) | 0) - ((marchYear / 100) | 0) + ((marchYear / 400) | 0);
  return marchYear * 365 + leapDays + dayOfYear - DAYS_BEFORE_EPOCH;
}
