import { describe, expect, it } from 'vitest';
import { gaussianDelta, gaussianEpsilon, upperTail } from './gaussian-curve.ts';
import { epsilonOf } from './zcdp.ts';

describe('the upper tail of the normal distribution', () => {
  // Abramowitz and Stegun, tables 26.1 and 26.2.
  it.each([
    [0, 0.5],
    [1, 0.158655253931457],
    [1.96, 0.0249978951482204],
    [3, 0.00134989803163009],
    [6, 9.86587645037698e-10],
    [10, 7.61985302416053e-24],
  ])('beyond %d is %d', (z, tail) => {
    expect(upperTail(z) / tail).toBeCloseTo(1, 11);
    expect(upperTail(-z)).toBeCloseTo(1 - tail, 15);
  });
});

describe('the curve of Gaussian noise', () => {
  it('reads its own epsilon back from its delta', () => {
    for (const rho of [1e-4, 0.01, 0.1, 1, 5]) {
      for (const delta of [1e-9, 1e-6, 1e-5]) {
        expect(gaussianDelta(gaussianEpsilon(rho, delta), rho) / delta).toBeCloseTo(1, 6);
      }
    }
  });

  it('lies below what is enforced: an estimate may only flatter', () => {
    for (const rho of [1e-6, 1e-4, 0.01, 0.1, 1, 5]) {
      expect(gaussianEpsilon(rho, 1e-6)).toBeLessThan(epsilonOf(rho, 1e-6));
    }
  });

  // Counts of a deviation of sqrt(200), rho 1/400 each, at delta 1e-6.
  it.each([
    [1, 9, 11],
    [3, 74, 83],
    [5, 185, 208],
    [10, 615, 683],
    [20, 1_915, 2_093],
  ])('at epsilon %d admits as many more as the theory says: %d enforced, %d estimated', (epsilon, enforced, exact) => {
    const most = (epsilonAfter: (rho: number) => number): number => {
      let count = 0;
      while (epsilonAfter((count + 1) / 400) <= epsilon) count += 1;
      return count;
    };
    expect(most((rho) => epsilonOf(rho, 1e-6))).toBe(enforced);
    expect(most((rho) => gaussianEpsilon(rho, 1e-6))).toBe(exact);
  });

  it('is nothing for nothing', () => {
    expect(gaussianEpsilon(0, 1e-6)).toBe(0);
  });
});
