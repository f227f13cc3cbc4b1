import type { ScalarType } from '../collaboration/table-view.ts';
import { momentOf } from '../plan/calendar.ts';
import { quoteText } from './quote-name.ts';

/** Longest text to compare with, in characters: longer than any value of a tag that people pick from. */
const MAX_TEXT_CHARACTERS = 1_000;
/** Digits that a decimal of SQL may have in all. */
const MAX_DECIMAL_DIGITS = 18;

/** A JSON value as the literal of SQL that a column of a type is compared with; `null` when it does not fit. */
export function literalOf(value: unknown, type: ScalarType): string | null {
  switch (type.kind) {
    case 'text':
      return isPlainText(value) ? quoteText(value) : null;
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : null;
    case 'integer':
      return typeof value === 'number' && Number.isSafeInteger(value) ? numberText(String(value)) : null;
    case 'decimal':
    case 'double':
      return typeof value === 'number' ? decimalText(value) : null;
    case 'date':
    case 'timestamp':
      return typeof value === 'string' && momentOf(value, type.kind) !== null
        ? `${type.kind} ${quoteText(value)}`
        : null;
    default:
      return null;
  }
}

/** What a value must be, for people. */
export function expectedValue(type: ScalarType): string {
  switch (type.kind) {
    case 'text':
      return `a text of at most ${MAX_TEXT_CHARACTERS} characters`;
    case 'boolean':
      return 'true or false';
    case 'integer':
      return 'a whole number';
    case 'date':
      return 'a day written `YYYY-MM-DD`';
    case 'timestamp':
      return 'a moment written `YYYY-MM-DD HH:MM:SS`';
    default:
      return 'a number';
  }
}

function isPlainText(value: unknown): value is string {
  // A NUL ends a text for some readers and not for others; half of a pair is no character at all.
  return (
    typeof value === 'string' &&
    value.length <= MAX_TEXT_CHARACTERS &&
    !value.includes('\0') &&
    Array.from(value).every((one) => !/^[\uD800-\uDFFF]$/.test(one))
  );
}

/** A number without an exponent, which would be read as floating point. */
function decimalText(value: number): string | null {
  const text = String(value);
  return /^-?\d+(\.\d+)?$/.test(text) && text.replaceAll(/\D/g, '').length <= MAX_DECIMAL_DIGITS
    ? numberText(text)
    : null;
}

function numberText(text: string): string {
  return text.startsWith('-') ? `(${text})` : text;
}
