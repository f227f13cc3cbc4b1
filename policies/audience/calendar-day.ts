import { momentOf } from '../plan/calendar.ts';

/** Days of a cycle of 400 years, of a century, of four years and of a year in the Gregorian calendar. */
const CYCLE_DAYS = 146_097n;
const YEAR_DAYS = 365n;
/** Days from 0000-03-01 to 1970-01-01: years that begin in March have their leap day at the end. */
const EPOCH_DAYS = 719_468n;

/** Days since 1970-01-01 of `YYYY-MM-DD`; `null` for what is no such day. */
export function dayOf(text: string): bigint | null {
  return momentOf(text, 'date');
}

/**
 * `YYYY-MM-DD` of days since 1970-01-01, for years 1 to 9999; `null` beyond them.
 *
 * Source: Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
 */
export function dayText(days: bigint): string | null {
  const shifted = days + EPOCH_DAYS;
  if (shifted < 0n) return null;
  const cycle = shifted / CYCLE_DAYS;
  const dayOfCycle = shifted % CYCLE_DAYS;
  const yearOfCycle =
    (dayOfCycle - dayOfCycle / 1_460n + dayOfCycle / 36_524n - dayOfCycle / (CYCLE_DAYS - 1n)) / YEAR_DAYS;
  const dayOfYear = dayOfCycle - (YEAR_DAYS * yearOfCycle + yearOfCycle / 4n - yearOfCycle / 100n);
  const fromMarch = (5n * dayOfYear + 2n) / 153n;
  const day = dayOfYear - (153n * fromMarch + 2n) / 5n + 1n;
  const month = fromMarch < 10n ? fromMarch + 3n : fromMarch - 9n;
  const year = yearOfCycle + cycle * 400n + (month <= 2n ? 1n : 0n);
  const text = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
  return dayOf(text) === days ? text : null;
}

function pad(value: bigint, width: number): string {
  return value.toString().padStart(width, '0');
}
