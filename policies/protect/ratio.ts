import { deviations95 } from './normal-deviations.ts';

/** A sum of noisy numbers, each times a factor. */
export interface NoisyForm {
  readonly terms: readonly { readonly index: number; readonly factor: number }[];
  readonly value: number;
  /** Every term is a count of something, so that the true value is not negative. */
  readonly isCount: boolean;
}

/** A value with the ends of its interval. */
export type Estimate = readonly [value: number, low: number, high: number];

/**
 * The ratio of two noisy sums, with Fieller's interval; `null` when the denominator is lost in its own noise.
 *
 * The interval is the set of ratios t for which numerator - t·denominator is within its own deviation of zero. A number
 * in both sums makes their errors move together, which the covariance takes into account.
 * Source: Fieller, "Some Problems in Interval Estimation" (1954).
 */
export function estimateRatio(
  numerator: NoisyForm,
  denominator: NoisyForm,
  variances: readonly number[],
): Estimate | null {
  const z = deviations95(1);
  const covariance = (a: NoisyForm, b: NoisyForm): number =>
    a.terms.reduce((sum, s) => {
      const shared = b.terms.reduce((f, t) => (t.index === s.index ? f + t.factor : f), 0);
      return sum + s.factor * shared * (variances[s.index] ?? 0);
    }, 0);
  const [a, b] = [numerator.value, denominator.value];
  // t^2·square - 2·t·mixed + constant ≤ 0 holds between two roots, as long as the square is positive.
  const square = b * b - z * z * covariance(denominator, denominator);
  if (square <= 0 || (denominator.isCount && b < 0)) return null;
  const mixed = a * b - z * z * covariance(numerator, denominator);
  const constant = a * a - z * z * covariance(numerator, numerator);
  const root = Math.sqrt(Math.max(0, mixed * mixed - square * constant));
  return [a / b, Math.min((mixed - root) / square, a / b), Math.max((mixed + root) / square, a / b)];
}
