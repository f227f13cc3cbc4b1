import type { IngestColumn } from '../../../wire/jobs.ts';
import type { RawValue } from '../raw-value.ts';

/** Longest number that is looked at, and its greatest exponent: beyond both no column can hold what they make. */
const MAX_NUMBER_LENGTH_CHARS = 1_000;
const MAX_EXPONENT_DIGITS = 2_000;

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
const NOT_OF_TYPE = { value: { unreadable: 'type' } } as const;

/**
 * Gives a JSON number to a column: as it stands where its digits are all there is to it, otherwise written out. It never
 * becomes a double, which would round it.
 */
export function rawNumber(
  { type, identifier }: IngestColumn,
  bytes: Buffer,
  start: number,
  end: number,
): 'as-it-stands' | { value: RawValue } {
  if (end - start > MAX_NUMBER_LENGTH_CHARS) return NOT_OF_TYPE;
  if (identifier !== undefined) {
    const text = writtenOut(bytes.toString('latin1', start, end));
    return text === null || text.includes('.') ? NOT_OF_TYPE : { value: BigInt(text) };
  }
  switch (type.kind) {
    case 'decimal':
    case 'integer':
    case 'person':
    case 'boolean': {
      if (isDigits(bytes, start, end)) return 'as-it-stands';
      const text = writtenOut(bytes.toString('latin1', start, end));
      return text === null ? NOT_OF_TYPE : { value: text };
    }
    default:
      return NOT_OF_TYPE;
  }
}

// Without an exponent and without zeros at the end of a fraction: `1.50e1` is `15`.
function writtenOut(number: string): string | null {
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = NUMBER.exec(number) ?? [];
  const digits = whole + fraction;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > MAX_EXPONENT_DIGITS) return /^0*$/.test(digits) ? '0' : null;
  const point = whole.length + exponent;
  const padded = digits.padStart(digits.length + Math.max(0, -point), '0').padEnd(Math.max(point, 0), '0');
  const at = Math.max(0, point);
  let last = padded.length;
  while (last > at && padded[last - 1] === '0') last -= 1;
  const wholePart = padded.slice(0, at) || '0';
  return last > at ? `${sign}${wholePart}.${padded.slice(at, last)}` : `${sign}${wholePart}`;
}

function isDigits(bytes: Buffer, start: number, end: number): boolean {
  for (let at = bytes[start] === 0x2d ? start + 1 : start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return true;
}
