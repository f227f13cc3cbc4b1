import { beforeAll, describe, expect, it } from 'vitest';
import { seededBits } from '../../test/support/seeded-bits.ts';
import type { ReleasedMeasure } from '../plan/question-tree.ts';
import { DiscreteGaussian } from './discrete-gaussian.ts';
import { estimateSpread } from './spread.ts';

type Spread = Extract<ReleasedMeasure, { kind: 'spread' }>;

const seed = Number(process.env.GALLEY_SEED ?? 20_111_111);
/** Spreads drawn of each case, and the share of intervals that must hold the truth: five standard errors below. */
const TRIALS = 2_000;
const LEAST_SHARE_RATIO = 0.95 - 5 * Math.sqrt((0.95 * 0.05) / TRIALS);
const FORMS = ['var_samp', 'var_pop', 'stddev_samp', 'stddev_pop'] as const;

const measureOf = (form: Spread['form'], centre: bigint, scale = 2): Spread => {
  return { kind: 'spread', form, rows: 0, sum: 1, squares: 2, scale, centre };
};

/** The three numbers that a spread is made of, from values in units. */
function momentsOf(values: readonly number[], centre: bigint): readonly [number, number, number] {
  const sum = values.reduce((s, v) => s + v, 0);
  return [values.length, sum, values.reduce((s, v) => s + (v - Number(centre)) ** 2, 0)];
}

function truthOf(form: Spread['form'], values: readonly number[], scale = 2): number {
  const mean = values.reduce((s, v) => s + v, 0) / values.length;
  const squares = values.reduce((s, v) => s + (v - mean) ** 2, 0);
  const variance = squares / (form.endsWith('samp') ? values.length - 1 : values.length) / 10 ** (2 * scale);
  return form.startsWith('stddev') ? Math.sqrt(variance) : variance;
}

type Noisy = ReturnType<typeof noisy>;
type Moments = readonly [Noisy, Noisy, Noisy];

const noisy = (value: number, variance = 0): { value: number; variance: number } => ({ value, variance });

describe('a spread without noise', () => {
  const values = Array.from({ length: 90 }, (_, i) => (i * 7_919) % 50_001);

  it.each(FORMS)('is that of SQL, whatever the centre: %s', (form) => {
    for (const centre of [0n, 25_000n, -9_000n]) {
      const [rows, sum, squares] = momentsOf(values, centre);
      const [value, low, high] =
        estimateSpread(measureOf(form, centre), noisy(rows), noisy(sum), noisy(squares)) ?? expect.fail('NULL');
      for (const end of [value, low, high]) expect(end / truthOf(form, values)).toBeCloseTo(1, 9);
    }
  });

  it('of one row is zero for all there are, and NULL for a sample', () => {
    const one = [noisy(1), noisy(700), noisy(700 * 700)] as const;
    expect(estimateSpread(measureOf('var_pop', 0n), ...one)).toEqual([0, 0, 0]);
    expect(estimateSpread(measureOf('var_samp', 0n), ...one)).toBe(null);
  });
});

describe('a spread with noise', () => {
  it('is never below zero, and NULL where the rows are lost in it', () => {
    const measure = measureOf('stddev_pop', 0n, 0);
    const low = estimateSpread(measure, noisy(100, 4), noisy(300, 100), noisy(850, 10_000)) ?? expect.fail('NULL');
    expect(low[0]).toBe(0);
    expect(low[1]).toBe(0);
    expect(low[2]).toBeGreaterThan(0);
    expect(estimateSpread(measure, noisy(4, 4), noisy(300, 100), noisy(850, 10_000))).toBe(null);
    expect(estimateSpread(measure, noisy(-4, 4), noisy(300, 100), noisy(850, 10_000))).toBe(null);
  });
});

describe(`95 % intervals of spreads (seed ${seed})`, () => {
  const even = Array.from({ length: 600 }, (_, i) => (i * 7_919) % 50_001);
  const cases: readonly [string, readonly number[], bigint, readonly bigint[]][] = [
    ['of many values', even, 25_000n, [50n, 10n ** 11n, 10n ** 19n]],
    ['far from the centre', even.map((v) => 45_000 + v / 10), 0n, [50n, 10n ** 11n, 10n ** 19n]],
    ['of equal values', even.map(() => 20_000), 20_000n, [50n, 10n ** 9n, 10n ** 16n]],
    ['with hardly any noise', even, 25_000n, [1n, 1n, 1n]],
  ];

  describe.each(cases)('%s', (_, values, centre, variances) => {
    // The same noise for each form: they are made of the same three numbers, and drawing them is what takes long.
    const drawn: Moments[] = [];

    beforeAll(() => {
      const bits = seededBits(seed);
      const laws = variances.map((numerator) => new DiscreteGaussian({ numerator, denominator: 1n }, bits));
      const exact = momentsOf(values, centre);
      for (let i = 0; i < TRIALS; i += 1) {
        const moments = exact.map((value, index) => {
          return noisy(value + Number(laws[index]?.draw()), Number(variances[index]));
        });
        drawn.push(moments as unknown as Moments);
      }
    });

    it.each(FORMS)('hold the truth that often: %s', (form) => {
      const truth = truthOf(form, values);
      let held = 0;
      for (const moments of drawn) {
        const [value, low, high] = estimateSpread(measureOf(form, centre), ...moments) ?? expect.fail('no spread');
        expect(low <= value && value <= high).toBe(true);
        if (low <= truth && truth <= high) held += 1;
      }
      expect(drawn.length).toBe(TRIALS);
      expect(held / TRIALS).toBeGreaterThan(LEAST_SHARE_RATIO);
    });
  });
});
