import { describe, expect, it } from 'vitest';
import { seededBits } from '../../test/support/seeded-bits.ts';
import { DiscreteGaussian } from './discrete-gaussian.ts';
import { estimateRatio, type NoisyForm } from './ratio.ts';

const seed = Number(process.env.GALLEY_SEED ?? 20_111_111);
/** Ratios drawn of each case, and the share of intervals that must hold the truth: five standard errors below. */
const TRIALS = 4_000;
const LEAST_SHARE_RATIO = 0.95 - 5 * Math.sqrt((0.95 * 0.05) / TRIALS);

type Terms = NoisyForm['terms'];

/** A form over numbers, exact or noisy. */
function formOf(terms: Terms, values: readonly number[], isCount = false): NoisyForm {
  return { terms, value: terms.reduce((sum, t) => sum + t.factor * (values[t.index] ?? 0), 0), isCount };
}

const term = (index: number, factor = 1): Terms[number] => ({ index, factor });

describe(`95 % intervals of ratios (seed ${seed})`, () => {
  const cases: readonly [string, Terms, Terms, readonly number[], readonly bigint[]][] = [
    ['of two numbers', [term(0, 0.01)], [term(1)], [123_456, 1_000], [250_000n, 100n]],
    ['near a lost denominator', [term(0)], [term(1)], [4_000, 60], [90_000n, 400n]],
    ['of a part and the whole', [term(0)], [term(0), term(1)], [300, 700], [400n, 400n]],
    ['of a part around its mean', [term(0), term(1, -5)], [term(1)], [5_400, 1_000], [900n, 2_500n]],
    ['below zero', [term(0, -2)], [term(1), term(0)], [900, 50], [900n, 100n]],
  ];

  it.each(cases)('hold the truth that often: %s', (_, numerator, denominator, truth, variances) => {
    const bits = seededBits(seed);
    const laws = variances.map((numerator) => new DiscreteGaussian({ numerator, denominator: 1n }, bits));
    const [a, b] = [formOf(numerator, truth).value, formOf(denominator, truth).value];
    let [held, told] = [0, 0];
    for (let i = 0; i < TRIALS; i += 1) {
      const noisy = truth.map((value, index) => value + Number(laws[index]?.draw()));
      const estimate = estimateRatio(formOf(numerator, noisy), formOf(denominator, noisy), variances.map(Number));
      // A ratio that is lost in its noise is NULL and claims nothing.
      if (estimate === null) continue;
      told += 1;
      const [value, low, high] = estimate;
      expect(low <= value && value <= high).toBe(true);
      if (low <= a / b && a / b <= high) held += 1;
    }
    expect(told / TRIALS).toBeGreaterThan(0.8);
    expect(held / told).toBeGreaterThan(LEAST_SHARE_RATIO);
  });

  it('are narrower where a number is in both sums and its errors move together', () => {
    const width = (numerator: Terms): number => {
      const [, low, high] = estimateRatio(
        formOf(numerator, [1_000, 1_000]),
        formOf([term(1)], [1_000, 1_000]),
        [0, 400],
      ) ?? [0, 0, 0];
      return high - low;
    };
    expect(width([term(1)])).toBeCloseTo(0, 9);
    expect(width([term(0)])).toBeGreaterThan(0.07);
  });
});

describe('a ratio', () => {
  const ratio = (value: number, count: number, variance: number, isCount = true): unknown =>
    estimateRatio(formOf([term(0)], [value, count]), formOf([term(1)], [value, count], isCount), [variance, variance]);

  it('is exact without noise', () => {
    expect(ratio(30, 4, 0)).toEqual([7.5, 7.5, 7.5]);
    expect(ratio(-30, 4, 0)).toEqual([-7.5, -7.5, -7.5]);
  });

  it('is NULL where the denominator is zero, within its noise of zero, or a count below it', () => {
    expect(ratio(30, 0, 0)).toBe(null);
    expect(ratio(30, 19, 100)).toBe(null);
    expect(ratio(30, 20, 100)).not.toBe(null);
    expect(ratio(30, -40, 100)).toBe(null);
    expect(ratio(30, -40, 100, false)).not.toBe(null);
  });
});
