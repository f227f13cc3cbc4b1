import { describe, expect, it } from 'vitest';
import { planOf } from '../../test/support/run-plan.ts';
import { varianceOf } from '../plan/noise-variance.ts';
import { halfWidth, tailThreshold } from './gaussian-tail.ts';

/** P(noise ≥ t), summed from the middle outwards in logarithms: another way than the code's. */
function tail(sigmaSquared: number, t: bigint): number {
  const reach = Math.ceil(40 * Math.sqrt(sigmaSquared)) + 2;
  let total = 0;
  let above = 0;
  for (let x = reach; x >= -reach; x -= 1) {
    const weight = Math.exp(-(x ** 2) / (2 * sigmaSquared));
    total += weight;
    if (BigInt(x) >= t) above += weight;
  }
  return above / total;
}

const variances = [0.1, 0.5, 1, 2.25, 10, 137.7, 2_500, 160_000];

describe('the threshold of a tail', () => {
  it.each(variances)('is the smallest that keeps the probability, at a variance of %d', (variance) => {
    for (const probability of [0.3, 0.025, 1e-3, 1e-6, 1e-9, 1e-12]) {
      const t = tailThreshold(variance, probability);
      expect(tail(variance, t)).toBeLessThanOrEqual(probability * (1 + 1e-9));
      if (t > 1n) expect(tail(variance, t - 1n)).toBeGreaterThan(probability * (1 - 1e-9));
    }
  });

  it('only gets safer where it is bounded instead of summed', () => {
    const variance = 6_000 ** 2;
    for (const probability of [0.025, 1e-6, 1e-9]) {
      const t = tailThreshold(variance, probability);
      expect(tail(variance, t)).toBeLessThanOrEqual(probability);
      expect(tail(variance, t - 800n)).toBeGreaterThan(probability);
    }
  });
});

describe('an interval', () => {
  it.each(variances)('holds 95 %% and is not wider than it must be, at a variance of %d', (variance) => {
    const width = halfWidth(variance, 0.95);
    expect(1 - 2 * tail(variance, width + 1n)).toBeGreaterThanOrEqual(0.95);
    if (width > 0n) expect(1 - 2 * tail(variance, width)).toBeLessThan(0.95);
  });
});

describe('the release threshold of protected keys', () => {
  it.each([0.1, 1, 4])(
    'lets a group of minGroupSize persons show with at most delta, at epsilon %d',
    async (epsilon) => {
      const { aggregates } = await planOf('select category, count(*) from market.events group by category', epsilon);
      const [aggregate] = aggregates;
      if (aggregate === undefined) return expect.fail('no aggregation');
      const variance = varianceOf(aggregate.noise[0] ?? { numerator: 1n, denominator: 1n });
      // noisy ≥ threshold, for a group that one person lifts to minGroupSize; that person can do it to L0 groups.
      const above = aggregate.releaseThreshold - BigInt(aggregate.minGroupSize);
      const joint = (t: bigint): number => tail(variance, t) * aggregate.maxGroupsPerPerson;
      expect(joint(above)).toBeLessThanOrEqual(aggregate.charge.deltaSelection);
      expect(joint(above - 1n)).toBeGreaterThan(aggregate.charge.deltaSelection);
    },
  );
});
