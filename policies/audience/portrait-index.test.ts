import { describe, expect, it } from 'vitest';
import { effortOf } from '../../test/support/effort.ts';
import { systemBits } from '../../test/support/run-plan.ts';
import { DiscreteGaussian } from '../protect/discrete-gaussian.ts';
import { type Noisy, portraitShares } from './portrait-index.ts';

const VARIANCE = 400n;
const DEVIATION = 20;
const DRAWS_COUNT = effortOf(2_000, 5_000, 100_000);
/** Fewer of the draws than this lie within an interval of 95 % with a chance below one in a hundred million. */
const FEWEST_RATIO = 0.95 - 5.7 * Math.sqrt((0.95 * 0.05) / DRAWS_COUNT);

const law = new DiscreteGaussian({ numerator: VARIANCE, denominator: 1n }, systemBits);

function noisy(exact: number): Noisy {
  const value = exact + Number(law.draw());
  return { value, low: value - 1.959964 * DEVIATION, high: value + 1.959964 * DEVIATION };
}

const exactly = (value: number): Noisy => ({ value, low: value, high: value });

describe('the index of a portrait', () => {
  it('is 100 where a value is as usual as in the baseline, and twice that where it is twice as usual', () => {
    const all = { personsInAll: exactly(100), baselineInAll: exactly(1_000) };
    expect(portraitShares({ persons: exactly(10), baseline: exactly(100), ...all }).index).toBeCloseTo(100);
    const twice = portraitShares({ persons: exactly(20), baseline: exactly(100), ...all });
    expect(twice).toMatchObject({ share: 0.2, baselineShare: 0.1 });
    expect([twice.index, twice.indexLow, twice.indexHigh].map(Math.round)).toEqual([200, 200, 200]);
  });

  it.each([
    [2_000, 5_000, 6_000, 40_000],
    [60, 500, 3_000, 40_000],
    [5, 400, 50, 900],
  ])('has an interval that holds the exact one in 95 of 100 cases: %i of %i against %i of %i', (p, P, b, B) => {
    const exact = (100 * (p / P)) / (b / B);
    let held = 0;
    for (let draw = 0; draw < DRAWS_COUNT; draw += 1) {
      const counts = { persons: noisy(p), personsInAll: noisy(P), baseline: noisy(b), baselineInAll: noisy(B) };
      const { indexLow, indexHigh } = portraitShares(counts);
      if (indexLow <= exact && exact <= indexHigh) held += 1;
    }
    expect(held / DRAWS_COUNT).toBeGreaterThan(FEWEST_RATIO);
  });

  it('has no upper end where the baseline is lost in its noise', () => {
    const lost = { value: 3, low: -36, high: 42 };
    const all = { personsInAll: exactly(100), baselineInAll: exactly(1_000) };
    expect(portraitShares({ persons: exactly(10), baseline: lost, ...all }).indexHigh).toBe(Number.POSITIVE_INFINITY);
  });
});
