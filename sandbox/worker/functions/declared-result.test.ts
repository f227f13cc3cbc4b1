import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { placesOf, unitsOf } from './declared-result.ts';

const cents = unitsOf({ kind: 'number', scale: 2, min: -500n, max: 10_000n });

describe('a score that is a number', () => {
  it.each([
    [1.005, 100n],
    [0.125, 13n],
    [-0.125, -13n],
    [0.004_999_999_999_999_999, 0n],
    [2.675, 268n],
    [-0, 0n],
    [99.999, 10_000n],
  ])('%d is rounded to cents half away from zero: %d', (score, units) => {
    expect(cents(score)).toBe(units);
  });

  it('is held between its declared ends', () => {
    expect([cents(1e300), cents(-1e300), cents(100.01), cents(-5.01)]).toEqual([10_000n, -500n, 10_000n, -500n]);
  });

  it('is the end that an infinity lies beyond, and NULL for what is no number', () => {
    expect([cents(Infinity), cents(-Infinity), cents(Number.NaN), cents(null)]).toEqual([10_000n, -500n, null, null]);
    expect(cents('7')).toBeNull();
  });

  it('takes a whole number of any size', () => {
    expect([cents(7n), cents(2n ** 70n), cents(-(2n ** 70n))]).toEqual([700n, 10_000n, -500n]);
  });

  it('never leaves its ends, and rises with the score', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (a, b) => {
        const [low, high] = [cents(Math.min(a, b)) as bigint, cents(Math.max(a, b)) as bigint];
        expect(low >= -500n && high <= 10_000n && low <= high).toBe(true);
      }),
    );
  });

  it('keeps every digit of a large whole number', () => {
    const wide = unitsOf({ kind: 'number', scale: 0, min: -(2n ** 62n), max: 2n ** 62n });
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), (value) => {
        expect(wide(value)).toBe(value);
        expect(wide(Number(value))).toBe(BigInt(Number(value)));
      }),
    );
  });
});

describe('a score that is a label', () => {
  const place = placesOf(['gold', 'silver']);

  it('is known by its text and by its place', () => {
    expect([place('gold'), place('silver'), place(0), place(1)]).toEqual([0, 1, 0, 1]);
  });

  it.each(['Gold', '', '0', 'constructor', 2, -1, 0.5, Number.NaN, 0n, null])('is NULL when it is `%s`', (score) => {
    expect(place(score)).toBeNull();
  });
});
