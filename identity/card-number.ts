import { trimWhite } from './trim.ts';

/** Longer than 19 digits with a sign between any two: what is not looked at at all. */
const MAX_WRITTEN_LENGTH_CHARS = 64;

// ISO/IEC 7812-1: up to 19 digits; the shortest in use have 12.
const DIGITS = /^\d{12,19}$/;
const ALL_ZERO = /^0+$/;

/**
 * Brings the number of a card to its digits, or gives null when it is none.
 *
 * Shape: spaces and hyphens dropped, 12 to 19 digits whose last one checks the others.
 * Source: ISO/IEC 7812-1, annex B (Luhn's formula).
 */
export function normaliseCardNumber(text: string): string | null {
  const written = trimWhite(text);
  if (written.length > MAX_WRITTEN_LENGTH_CHARS) return null;
  const digits = written.replace(/[ -]/g, '');
  return DIGITS.test(digits) && !ALL_ZERO.test(digits) && isChecked(digits) ? digits : null;
}

function isChecked(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
