/** Microseconds of a second. */
const MICROSECONDS = 1_000_000n;
const SECONDS_PER_DAY = 86_400n;

/** A date, with a time of day or without. Years have four digits: what is said otherwise is left to the engine. */
const MOMENT = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?$/;

/**
 * Reads a date or a moment as the engine reads it, without a clock and without a time zone.
 *
 * @returns days or microseconds since 1970-01-01; `null` for what is no such date, or has a time of day where a date is
 * meant
 */
export function momentOf(text: string, kind: 'date' | 'timestamp'): bigint | null {
  const parts = MOMENT.exec(text);
  if (parts === null) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map((part) => Number(part ?? 0));
  const days = daysOf(year ?? 0, month ?? 0, day ?? 0);
  if (days === null) return null;
  if (kind === 'date') return parts[4] === undefined ? days : null;
  if ((hour ?? 0) > 23 || (minute ?? 0) > 59 || (second ?? 0) > 59) return null;
  const seconds = days * SECONDS_PER_DAY + BigInt((hour ?? 0) * 3_600 + (minute ?? 0) * 60 + (second ?? 0));
  return seconds * MICROSECONDS + BigInt((parts[7] ?? '').padEnd(6, '0'));
}

const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/** Days since 1970-01-01 in the Gregorian calendar, as it would be in all years; `null` where there is no such day. */
function daysOf(year: number, month: number, day: number): bigint | null {
  const before = DAYS_BEFORE_MONTH[month - 1];
  const after = DAYS_BEFORE_MONTH[month];
  if (year < 1 || before === undefined || after === undefined) return null;
  const isLeap = leapYearsTo(year) > leapYearsTo(year - 1);
  const length = after - before + (isLeap && month === 2 ? 1 : 0);
  if (day < 1 || day > length) return null;
  const years = year - 1970;
  const leapDays = leapYearsTo(year - 1) - leapYearsTo(1969) + (isLeap && month > 2 ? 1 : 0);
  return BigInt(years * 365 + leapDays + before + day - 1);
}

function leapYearsTo(year: number): number {
  return Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
}
