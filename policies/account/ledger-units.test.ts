import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { downToUnits, exactly, LEDGER_UNITS, sumOf, upToUnits } from './ledger-units.ts';

const losses = fc.double({ min: 0, max: 20, noNaN: true });

describe('whole units', () => {
  it('are never less than what was lost, and less than one unit more', () => {
    fc.assert(
      fc.property(losses, (loss) => {
        const charged = upToUnits(exactly(loss), LEDGER_UNITS.rho);
        expect(charged).toBeGreaterThanOrEqual(loss);
        expect(charged - LEDGER_UNITS.rho).toBeLessThan(loss);
        expect(downToUnits(loss, LEDGER_UNITS.rho)).toBeLessThanOrEqual(loss);
      }),
    );
  });

  it('add up without rounding, in any order and any number', () => {
    fc.assert(
      fc.property(fc.array(losses, { maxLength: 20 }), fc.integer({ min: 1, max: 100_000 }), (all, count) => {
        const charges = all.map((loss) => upToUnits(exactly(loss), LEDGER_UNITS.rho));
        const sum = (terms: readonly number[]): number => terms.reduce((total, charge) => total + charge, 0);
        expect(exactly(sum(charges))).toEqual(sumOf([exactly(sum(charges.toReversed()))]));
        const one = upToUnits({ numerator: 1n, denominator: 3_000_000n }, LEDGER_UNITS.rho);
        let total = 0;
        for (let index = 0; index < count; index += 1) total += one;
        expect(total).toBe(count * one);
      }),
      { numRuns: 50 },
    );
  });

  it('leave a whole number of them as it is', () => {
    for (const unit of [LEDGER_UNITS.rho, LEDGER_UNITS.delta]) {
      expect(upToUnits(exactly(12_345 * unit), unit)).toBe(12_345 * unit);
      expect(downToUnits(12_345 * unit, unit)).toBe(12_345 * unit);
    }
  });
});

describe('an exact sum', () => {
  it('is the sum over the common denominator', () => {
    const third = { numerator: 1n, denominator: 3n };
    const { numerator, denominator } = sumOf([third, third, { numerator: 1n, denominator: 4n }]);
    expect(numerator * 12n).toBe(11n * denominator);
    expect(sumOf([])).toEqual({ numerator: 0n, denominator: 1n });
  });
});
