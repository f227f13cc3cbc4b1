import { describe, expect, it } from 'vitest';
import { chiSquaredTail, deviationsFor, twoSidedTail } from './normal-law.ts';

describe('the laws of intervals and tests', () => {
  // Abramowitz and Stegun, "Handbook of Mathematical Functions", tables 26.1 and 26.8.
  it.each([
    [3.841459, 1, 0.05],
    [5.991465, 2, 0.05],
    [18.307038, 10, 0.05],
    [124.342113, 100, 0.05],
    [10.827566, 1, 0.001],
    [0.003932, 1, 0.95],
    [67.327563, 100, 0.995],
  ])('say that %d at %d degrees of freedom is exceeded with probability %d', (value, degrees, probability) => {
    expect(chiSquaredTail(value, degrees)).toBeCloseTo(probability, 5);
  });

  it.each([
    [1.959964, 0.05],
    [2.575829, 0.01],
    [1, 0.3173105],
    [5, 5.733031e-7],
    [1.5, 0.1336144],
    [0.1, 0.9203443],
    [10, 1.523971e-23],
  ])('say that a normal variable is %d deviations away with probability %d', (deviations, probability) => {
    expect(twoSidedTail(deviations) / probability).toBeCloseTo(1, 4);
    expect(deviationsFor(probability)).toBeCloseTo(deviations, 4);
  });

  it('stay numbers at their ends', () => {
    expect(twoSidedTail(0)).toBe(1);
    expect(twoSidedTail(50)).toBeGreaterThanOrEqual(0);
    expect(deviationsFor(1)).toBe(0);
    expect(deviationsFor(0)).toBeGreaterThan(deviationsFor(1e-250));
    expect(chiSquaredTail(0, 3)).toBe(1);
    expect(chiSquaredTail(Number.POSITIVE_INFINITY, 3)).toBe(0);
    expect(chiSquaredTail(1, 0)).toBe(1);
  });
});
