// The law of the noise against its exact probabilities, not only its mean and width.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effortOf } from '../../test/support/effort.ts';
import { gaussianLaw, gaussianReach, normalised, surpriseOf } from '../../test/support/laws.ts';
import { systemBits } from '../../test/support/run-plan.ts';
import { CHANCE_DIGITS_COUNT, Chance, Coins } from './coins.ts';
import {
  DiscreteGaussian,
  DiscreteLaplace,
  drawBelow,
  drawDiscreteGaussian,
  estimateOf,
  type Fraction,
  firstDigits,
  floorSqrt,
} from './discrete-gaussian.ts';

const isLong = process.env.GALLEY_LONG === '1';
/** Draws of one test: with these a width 5 % off is refused all but surely. */
const DRAWS = isLong ? 1_000_000 : 100_000;
/** A true sampler fails one test of a billion. */
const FALSE_ALARM_DEVIATIONS = 6.2;

function drawMany(draw: () => bigint): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < DRAWS; i += 1) {
    const x = Number(draw());
    counts.set(x, (counts.get(x) ?? 0) + 1);
  }
  return counts;
}

const variances: readonly Fraction[] = [
  { numerator: 1n, denominator: 3n },
  { numerator: 1n, denominator: 1n },
  { numerator: 49n, denominator: 10n },
  { numerator: 141_421n, denominator: 1_000n },
  { numerator: 10_000n << 20n, denominator: 1n << 20n },
];

describe('discrete Gaussian noise', () => {
  it.each(variances)(
    'has the law of variance $numerator / $denominator, and not of one 5 percent wider',
    (sigmaSquared) => {
      const variance = Number(sigmaSquared.numerator) / Number(sigmaSquared.denominator);
      const reach = gaussianReach(variance);
      const noise = new DiscreteGaussian(sigmaSquared, systemBits);
      const counts = drawMany(() => noise.draw());
      expect(surpriseOf(counts, gaussianLaw(variance), reach)).toBeLessThan(FALSE_ALARM_DEVIATIONS);
      expect(surpriseOf(counts, gaussianLaw(variance * 1.05 ** 2), reach)).toBeGreaterThan(FALSE_ALARM_DEVIATIONS);
      expect(surpriseOf(counts, gaussianLaw(variance * 0.95 ** 2), reach)).toBeGreaterThan(FALSE_ALARM_DEVIATIONS);
    },
  );

  it('is exact where a double has no digits left', () => {
    const huge = { numerator: 10n ** 60n, denominator: 1n };
    const draws = Array.from({ length: 2_000 }, () => drawDiscreteGaussian(huge, systemBits));
    expect(new Set(draws).size).toBe(draws.length);
    const spread = Math.sqrt(draws.reduce((sum, x) => sum + (Number(x) / 1e30) ** 2, 0) / draws.length);
    // Twenty standard errors of a standard deviation of 1 over 2,000 draws are 0.32.
    expect(Math.abs(spread - 1)).toBeLessThan(0.32);
  });

  it('refuses a variance that is not positive', () => {
    expect(() => drawDiscreteGaussian({ numerator: 0n, denominator: 1n }, systemBits)).toThrow(RangeError);
    expect(() => drawDiscreteGaussian({ numerator: 1n, denominator: 0n }, systemBits)).toThrow(RangeError);
  });
});

describe('an estimated exponent', () => {
  const bits = (most: number) => fc.bigInt({ min: 1n, max: (1n << BigInt(most)) - 1n });
  /** Any size, and those at which the exponent is a whole number, or 0, or near one. */
  const cases = fc.record({
    numerator: fc.oneof(bits(8), bits(40), bits(160)),
    denominator: fc.oneof(bits(8), fc.constant(1n << 20n), bits(120)),
    deviations: fc.integer({ min: 0, max: 1 << 20 }),
    step: fc.integer({ min: -2, max: 2 }),
  });

  it('has the digits that whole numbers give, or none', () => {
    let told = 0;
    const digits = 1n << BigInt(CHANCE_DIGITS_COUNT);
    fc.assert(
      fc.property(cases, ({ numerator: n, denominator: d, deviations, step }) => {
        const root = floorSqrt(n / d);
        const scale = root + 1n;
        const size = (root * BigInt(deviations)) / (1n << 17n) + BigInt(step);
        const estimate = estimateOf(n, d, scale);
        if (size < 0n || size >= 1n << 52n || estimate === null) return;
        const found = firstDigits(Number(size), estimate);
        if (found === null) return;
        told += 1;
        const square = (size * scale * d - n) ** 2n;
        const exact = (square * digits) / (2n * n * d * scale * scale);
        expect(found).toEqual({ whole: Number(exact / digits), first: Number(exact % digits) });
      }),
      { numRuns: effortOf(2_000, 20_000, 2_000_000) },
    );
    expect(told).toBeGreaterThan(100);
  });

  it.each([
    [1n, 1n],
    [7n, 2n],
    [141_421n, 1_000n],
  ])('of variance %s / %s has none where it is all but a whole number', (n, d) => {
    const estimate = estimateOf(n, d, floorSqrt(n / d) + 1n) ?? expect.fail('there is no estimate');
    const { centre, inverse } = estimate;
    for (const whole of [0, 1, 2]) expect(firstDigits(centre + Math.sqrt(whole / inverse), estimate)).toBeNull();
  });

  it('is none of variances that doubles do not hold', () => {
    expect(estimateOf(1n, 1n << 63n, 1n)).toBeNull();
    expect(estimateOf(1n << 1100n, 1n << 1090n, 33n)).toBeNull();
  });
});

describe('discrete Laplace noise', () => {
  it.each([1n, 3n, 20n, 141n])('has the law of scale %s, and not of another 5 percent wider', (scale) => {
    const reach = Number(scale) * 40;
    const noise = new DiscreteLaplace(scale, systemBits);
    const counts = drawMany(() => noise.draw());
    const law = (s: number): ((x: number) => number) => normalised((x) => Math.exp(-Math.abs(x) / s), reach);
    expect(surpriseOf(counts, law(Number(scale)), reach)).toBeLessThan(FALSE_ALARM_DEVIATIONS);
    expect(surpriseOf(counts, law(Number(scale) * 1.05), reach)).toBeGreaterThan(FALSE_ALARM_DEVIATIONS);
  });
});

describe('coins', () => {
  it.each([
    [0n, 1n],
    [1n, 1n],
    [1n, 3n],
    [(1n << 30n) + 1n, 1n << 31n],
    [2n, 1n << 30n],
    [10n ** 40n, 3n * 10n ** 40n + 1n],
  ])('fall with a chance of %s in %s', (numerator, denominator) => {
    const [coins, chance] = [new Coins(systemBits), Chance.of({ numerator, denominator })];
    const heads = drawMany(() => (chance.flip(coins) ? 1n : 0n)).get(1) ?? 0;
    const share = Number(numerator) / Number(denominator);
    // One more, as a chance that is all but none has a width below one.
    expect(Math.abs(heads - DRAWS * share)).toBeLessThanOrEqual(6.5 * Math.sqrt(DRAWS * share * (1 - share)) + 1);
  });

  it('go on where the digits so far are the same, to the last', () => {
    // Digits of 1/3 are 01 without an end: bits that follow them as long as they are told to, and then are 0, or 1.
    const flipAfter = (ending: string): boolean => {
      let fetched = 0;
      const bits = {
        draw: (count: number) => {
          // Words are read from the last to the first.
          fetched += 1;
          return BigInt(`0b${(fetched === 1 ? '01' : ending).repeat(count / 2)}`);
        },
      };
      return Chance.of({ numerator: 1n, denominator: 3n }).flip(new Coins(bits));
    };
    expect(flipAfter('00')).toBe(true);
    expect(flipAfter('11')).toBe(false);
  });

  it('are made of bits of which each is used once', () => {
    const coins = new Coins(systemBits);
    const sizes = [1, 7, 30, 13, 29, 2];
    const ones = new Map(sizes.map((size) => [size, 0]));
    for (let i = 0; i < DRAWS / 10; i += 1) {
      for (const size of sizes) {
        const taken = coins.take(size);
        expect(taken >= 0 && taken < 2 ** size).toBe(true);
        ones.set(size, (ones.get(size) ?? 0) + (taken >= 2 ** (size - 1) ? 1 : 0));
      }
    }
    for (const count of ones.values()) expect(Math.abs(count - DRAWS / 20)).toBeLessThan(6.5 * Math.sqrt(DRAWS / 40));
  });
});

describe('integers', () => {
  it('below a bound are uniform', () => {
    const counts = drawMany(() => drawBelow(7n, systemBits));
    expect([...counts.keys()].toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    for (const seen of counts.values()) expect(Math.abs(seen - DRAWS / 7)).toBeLessThan(6.5 * Math.sqrt(DRAWS / 7));
  });

  it('have their square root to the last digit', () => {
    for (const root of [0n, 1n, 2n, 3n, 10n ** 15n + 7n, 10n ** 40n + 3n]) {
      expect(floorSqrt(root * root)).toBe(root);
      expect(floorSqrt(root * root + 2n * root)).toBe(root);
      if (root > 0n) expect(floorSqrt(root * root - 1n)).toBe(root - 1n);
    }
  });
});
