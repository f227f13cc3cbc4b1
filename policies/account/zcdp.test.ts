import { describe, expect, it } from 'vitest';
import { gaussianDelta } from './gaussian-curve.ts';
import { epsilonOf, rhoFor } from './zcdp.ts';

const rhos = [1e-6, 1e-4, 0.001, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10];
const deltas = [1e-12, 1e-9, 1e-6, 5e-7, 1e-5];
const grid = rhos.flatMap((rho) => deltas.map((delta) => [rho, delta] as const));

describe('the epsilon of a zCDP loss', () => {
  it('never undercuts the exact curve of the Gaussian mechanism', () => {
    for (const [rho, delta] of grid) {
      const epsilon = epsilonOf(rho, delta);
      // At epsilon 0 the delta is the total variation distance, which small losses have anyway.
      expect(gaussianDelta(epsilon, rho), `rho ${rho}, delta ${delta}`).toBeLessThanOrEqual(delta * (1 + 1e-6));
    }
  });

  it('is at most the textbook bound, rho + 2 sqrt(rho ln(1/delta))', () => {
    for (const [rho, delta] of grid) {
      expect(epsilonOf(rho, delta)).toBeLessThanOrEqual(rho + 2 * Math.sqrt(rho * Math.log(1 / delta)) + 1e-9);
    }
  });

  it('wastes no more than a fifth over the exact curve where questions are asked', () => {
    for (const rho of [0.001, 0.01, 0.1, 0.5]) {
      const epsilon = epsilonOf(rho, 1e-6);
      expect(gaussianDelta(epsilon * 0.8, rho)).toBeGreaterThan(1e-6);
    }
  });

  it('grows with rho and falls with delta', () => {
    for (const delta of deltas) {
      const epsilons = rhos.map((rho) => epsilonOf(rho, delta));
      expect(epsilons).toEqual(epsilons.toSorted((a, b) => a - b));
      expect(new Set(epsilons).size).toBe(rhos.length);
    }
    for (const rho of rhos) expect(epsilonOf(rho, 1e-9)).toBeGreaterThan(epsilonOf(rho, 1e-6));
  });

  it('is nothing for nothing', () => {
    expect(epsilonOf(0, 1e-6)).toBe(0);
  });
});

describe('the rho of an epsilon', () => {
  it('is the inverse from below: it never costs more than was asked for', () => {
    for (const epsilon of [0.001, 0.1, 0.5, 1, 2, 8, 20]) {
      for (const delta of deltas) {
        const rho = rhoFor(epsilon, delta);
        expect(epsilonOf(rho, delta)).toBeLessThanOrEqual(epsilon);
        expect(epsilonOf(rho * 1.0001, delta)).toBeGreaterThan(epsilon);
      }
    }
  });
});
