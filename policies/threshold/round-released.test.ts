import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundToDigits, roundToMultiple } from './round-released.ts';

const whole = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
const distance = (a: bigint, b: bigint) => (a > b ? a - b : b - a);

describe('rounding to a multiple', () => {
  it('takes the nearest, halves away from nothing', () => {
    expect([12n, 13n, 15n, 0n, -12n, -13n].map((v) => roundToMultiple(v, 5n))).toEqual([10n, 15n, 15n, 0n, -10n, -15n]);
    expect([1n, -1n].map((v) => roundToMultiple(v, 2n))).toEqual([2n, -2n]);
  });

  it('gives a multiple that no other is nearer to', () => {
    fc.assert(
      fc.property(whole, fc.bigInt({ min: 2n, max: 1000n }), (value, step) => {
        const rounded = roundToMultiple(value, step);
        expect(rounded % step).toBe(0n);
        expect(2n * distance(rounded, value)).toBeLessThanOrEqual(step);
      }),
    );
  });
});

describe('rounding to digits', () => {
  it('keeps so many and no more', () => {
    expect([0n, 7n, 999n, 1234n, 1235n, 9996n, -1234n].map((v) => roundToDigits(v, 3))).toEqual([
      0n,
      7n,
      999n,
      1230n,
      1240n,
      10_000n,
      -1230n,
    ]);
  });

  it('errs by no more than half a unit of the last digit kept', () => {
    fc.assert(
      fc.property(whole, fc.integer({ min: 1, max: 6 }), (value, digits) => {
        const magnitude = value < 0n ? -value : value;
        const unit = 10n ** BigInt(Math.max(0, magnitude.toString().length - digits));
        expect(2n * distance(roundToDigits(value, digits), value)).toBeLessThanOrEqual(unit);
      }),
    );
  });
});
