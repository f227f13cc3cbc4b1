import type { NoisyNumber } from './noisy-rate.ts';
import { chiSquaredTail } from './normal-law.ts';

/** One arm as it was to be drawn, and as it came out. */
export interface SplitArm {
  readonly persons: NoisyNumber;
  /** The share in which it was drawn; those of all arms add up to 1. */
  readonly share: number;
}

/**
 * The probability of a split at least as uneven as this one, were persons drawn into the arms by these shares.
 *
 * Pearson's test of a sample ratio takes counts for exact. These have noise, which it would take for unevenness, and
 * cry wolf at every small epsilon. So the deviations `count - share · all` are held against their whole covariance, that
 * of the drawing and that of the noise:  n(diag π - ππᵀ) + (I - π1ᵀ) diag v (I - 1πᵀ).  Without noise it is Pearson's.
 *
 * Source: Fabijan et al., "Diagnosing Sample Ratio Mismatch in Online Controlled Experiments" (2019).
 */
export function splitProbability(arms: readonly SplitArm[]): number {
  if (arms.length < 2) return 1;
  const all = arms.reduce((sum, arm) => sum + arm.persons.value, 0);
  const noise = arms.reduce((sum, arm) => sum + arm.persons.noiseVariance, 0);
  // The deviations add up to nothing: the last follows from the others.
  const free = arms.slice(0, -1);
  const deviations = free.map((arm) => arm.persons.value - arm.share * all);
  const covariance = free.map((a, i) =>
    free.map((b, j) => {
      const drawn = Math.max(0, all) * ((i === j ? a.share : 0) - a.share * b.share);
      const shared = i === j ? a.persons.noiseVariance : 0;
      const spread = a.share * b.share * noise - b.share * a.persons.noiseVariance - a.share * b.persons.noiseVariance;
      return drawn + shared + spread;
    }),
  );
  const solved = solve(covariance, deviations);
  if (solved === null) return 1;
  const distance = solved.reduce((sum, value, index) => sum + value * (deviations[index] ?? 0), 0);
  return chiSquaredTail(distance, free.length);
}

/** Below this a measurement should not be believed: with one experiment a day a false alarm comes every three years. */
export const MISMATCH_PROBABILITY_RATIO = 0.001;

/** Solves a symmetric system by elimination with pivots; `null` where it has no one solution. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): readonly number[] | null {
  const rows = matrix.map((row, index) => [...row, right[index] ?? 0]);
  const size = rows.length;
  for (let column = 0; column < size; column += 1) {
    const rest = rows.slice(column);
    const pivot = rest.reduce((best, row) => (at(row, column) ** 2 > at(best, column) ** 2 ? row : best));
    if (at(pivot, column) === 0) return null;
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(column, 0, pivot);
    for (const row of rows) {
      if (row === pivot) continue;
      const factor = at(row, column) / at(pivot, column);
      for (let k = column; k <= size; k += 1) row[k] = at(row, k) - factor * at(pivot, k);
    }
  }
  return rows.map((row, index) => at(row, size) / at(row, index));
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? 0;
}
