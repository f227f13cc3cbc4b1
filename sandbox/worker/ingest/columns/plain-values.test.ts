import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { ColumnType } from '../../../wire/column-type.ts';
import { readText } from '../text-values.ts';
import { plainBoolean, plainDate, plainDecimal, plainInteger, plainTimestamp } from './plain-values.ts';

type Reader = (bytes: Uint8Array, start: number, end: number) => number;

const READERS: [ColumnType, Reader, string][] = [
  [{ kind: 'integer' }, plainInteger, '+-0123456789.'],
  [{ kind: 'decimal', scale: 0 }, (b, s, e) => plainDecimal(b, s, e, 0), '+-0123456789.'],
  [{ kind: 'decimal', scale: 2 }, (b, s, e) => plainDecimal(b, s, e, 2), '+-0123456789.'],
  [{ kind: 'decimal', scale: 18 }, (b, s, e) => plainDecimal(b, s, e, 18), '-0123456789.'],
  [{ kind: 'boolean' }, plainBoolean, '01tfTFruealsyno'],
  [{ kind: 'date' }, plainDate, '0123456789-'],
  [{ kind: 'timestamp' }, plainTimestamp, '0123456789-:T Z.+'],
];

const two = (most: number) => fc.nat(most).map((value) => String(value).padStart(2, '0'));
const year = fc.oneof(
  fc.constantFrom('0000', '0001', '1900', '2000', '2255', '9999'),
  fc.nat(9_999).map((y) => String(y).padStart(4, '0')),
);
const date = fc.tuple(year, two(13), two(32)).map((parts) => parts.join('-'));
const moment = fc
  .tuple(date, fc.constantFrom('T', ' ', 't'), two(25), fc.constantFrom('', ':00', ':59', ':60', ':7'), two(61))
  .map(([day, separator, hours, seconds, minutes]) => `${day}${separator}${hours}:${minutes}${seconds}`);
const zoned = fc
  .tuple(
    moment,
    fc.constantFrom('', '.', '.5', '.123456', '.1234567', '.12345600'),
    fc.constantFrom('', 'Z', 'z', '+02:00'),
  )
  .map((parts) => parts.join(''));
const number = fc
  .tuple(fc.constantFrom('', '-', '+'), fc.nat(1e9), fc.constantFrom('', '.', '.0', '.50', '.25', '.125'))
  .map((p) => p.join(''));
const large = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map(String);
const word = fc.constantFrom(
  '',
  'true',
  'false',
  'True',
  't',
  'f',
  '0',
  '1',
  'yes',
  'no',
  'trux',
  'falsy',
  '-',
  '.',
  '-.',
  '0-',
  '--1',
  '٣',
);

describe.each(READERS)('the plain form of %o', (type, read, alphabet) => {
  const noise = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 28 });

  it('is what the exact reader makes of the same text, or is left to it', () =>
    fc.assert(
      fc.property(fc.oneof(noise, number, large, date, zoned, word), fc.nat(5), (text, shift) => {
        // What stands around a value is no part of it.
        const bytes = Buffer.from(`${'7'.repeat(shift)}${text}77`);
        const value = read(bytes, shift, shift + Buffer.byteLength(text));
        if (Number.isNaN(value)) return;
        const exact = readText(type, text);
        expect(type.kind === 'boolean' ? value === 1 : BigInt(value)).toBe(exact);
      }),
      { numRuns: 3_000 },
    ));
});

describe('the plain form', () => {
  it.each<[Reader, string, number]>([
    [plainInteger, '-123456789012345', -123_456_789_012_345],
    [(b, s, e) => plainDecimal(b, s, e, 2), '-1234567.8', -123_456_780],
    [plainDate, '2024-02-29', 19_782],
    [plainTimestamp, '2024-02-29T12:00:00Z', 1_709_208_000_000_000],
    [plainTimestamp, '2024-02-29 12:00', 1_709_208_000_000_000],
    [plainTimestamp, '2024-02-29 12:00:00.000001', 1_709_208_000_000_001],
    [plainBoolean, 'false', 0],
  ])('is read without the exact reader: %o %s', (read, text, value) => {
    expect(read(Buffer.from(text), 0, text.length)).toBe(value);
  });
});
