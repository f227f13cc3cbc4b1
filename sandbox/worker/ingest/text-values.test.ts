import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readText } from './text-values.ts';

const MS_PER_DAY = 86_400_000;
const calendar = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });

describe('text of a column', () => {
  it('is a date as the calendar has it', () =>
    fc.assert(
      fc.property(calendar, (date) => {
        const word = date.toISOString().slice(0, 10);
        expect(readText({ kind: 'date' }, word)).toBe(BigInt(Date.parse(word) / MS_PER_DAY));
      }),
    ));

  it('is a timestamp to the microsecond', () =>
    fc.assert(
      fc.property(calendar, fc.nat(999), (date, micros) => {
        const word = date.toISOString().replace('Z', `${String(micros).padStart(3, '0')}Z`);
        expect(readText({ kind: 'timestamp' }, word)).toBe(BigInt(date.getTime()) * 1000n + BigInt(micros));
      }),
    ));

  it('is a decimal exactly, with as many digits as its column has', () =>
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n }), fc.nat(18), (unscaled, scale) => {
        const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
        const word = `${unscaled < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}.${digits.slice(digits.length - scale)}`;
        expect(readText({ kind: 'decimal', scale }, word)).toBe(unscaled);
        expect(readText({ kind: 'decimal', scale }, `${word}${'0'.repeat(18 - scale)}`)).toBe(unscaled);
      }),
    ));

  it.each([
    ['2024-02-29', 19_782n],
    ['1900-02-29', { reject: 'not-a-date' }],
    ['2000-02-29', 11_016n],
    ['2024-04-31', { reject: 'not-a-date' }],
    ['2024-13-01', { reject: 'not-a-date' }],
    ['0000-01-01', { reject: 'not-a-date' }],
    ['', null],
  ])('%j as a date is %o', (word, expected) => {
    expect(readText({ kind: 'date' }, word)).toEqual(expected);
  });

  it.each([
    ['2024-02-29T12:00:00', 1_709_208_000_000_000n],
    ['2024-02-29 12:00', 1_709_208_000_000_000n],
    ['2024-02-29T12:00:00-0130', 1_709_213_400_000_000n],
    ['2024-02-29T12:00:00.123456000Z', 1_709_208_000_123_456n],
    ['2024-02-29T12:00:00.1234567Z', { reject: 'not-a-timestamp' }],
    ['2024-02-29T24:00:00Z', { reject: 'not-a-timestamp' }],
    ['2024-02-29T12:00:00+15:00', { reject: 'not-a-timestamp' }],
    ['2024-02-29', { reject: 'not-a-timestamp' }],
  ])('%j as a timestamp is %o', (word, expected) => {
    expect(readText({ kind: 'timestamp' }, word)).toEqual(expected);
  });

  it.each([
    ['.5', 500n],
    ['5.', 5000n],
    ['+00.5000000', 500n],
    ['-0', 0n],
    ['.', { reject: 'not-a-decimal' }],
    ['1,5', { reject: 'not-a-decimal' }],
    ['0.0001', { reject: 'not-a-decimal' }],
    ['1000000000000000', { reject: 'out-of-range' }],
  ])('%j as a decimal of three digits is %o', (word, expected) => {
    expect(readText({ kind: 'decimal', scale: 3 }, word)).toEqual(expected);
  });

  // Once this took half a minute for one cell: far longer than a test may.
  it('is judged in one pass, however its digits are chosen', () => {
    const zeros = '0'.repeat(65_000);
    expect(readText({ kind: 'decimal', scale: 3 }, `0.${zeros}1`)).toEqual({ reject: 'not-a-decimal' });
    expect(readText({ kind: 'decimal', scale: 3 }, `0.5${zeros}`)).toBe(500n);
    expect(readText({ kind: 'integer' }, `-${zeros}7`)).toBe(-7n);
  });
});
