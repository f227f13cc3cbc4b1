import type { ReleasedMeasure } from '../plan/question-tree.ts';
import { halfWidth } from './gaussian-tail.ts';
import { deviations95 } from './normal-deviations.ts';
import type { Estimate } from './ratio.ts';

type Spread = Extract<ReleasedMeasure, { kind: 'spread' }>;

/** A noisy number and the variance of its noise. */
interface Noisy {
  readonly value: number;
  readonly variance: number;
}

/** Each of the three numbers errs with a third of 5 %, after Bonferroni. */
const EACH_CONFIDENCE_RATIO = 1 - 0.05 / 3;

/**
 * The variance or standard deviation of rows from their number, the sum of their deviations from a centre and the sum
 * of the squares of these; `null` when the number of rows is lost in its own noise.
 *
 * The interval is the least and the largest value over all numbers that are within their own intervals: wide, and
 * right whatever the true ones are. Near zero it begins at zero, as no variance is less.
 */
export function estimateSpread(measure: Spread, rows: Noisy, sum: Noisy, squares: Noisy): Estimate | null {
  const centre = Number(measure.centre);
  const deviation = sum.value - rows.value * centre;
  const deviationWidth = deviations95(3) * Math.sqrt(sum.variance + centre * centre * rows.variance);
  const rowsWidth = Number(halfWidth(rows.variance, EACH_CONFIDENCE_RATIO));
  const squaresWidth = Number(halfWidth(squares.variance, EACH_CONFIDENCE_RATIO));
  const isSample = measure.form === 'var_samp' || measure.form === 'stddev_samp';
  const [fewest, most] = [rows.value - rowsWidth, rows.value + rowsWidth];
  if (fewest < (isSample ? 2 : 1)) return null;
  const inUnit = (variance: number, count: number): number => {
    const scaled = (Math.max(0, variance) * (isSample ? count / (count - 1) : 1)) / 10 ** (2 * measure.scale);
    return measure.form.startsWith('stddev') ? Math.sqrt(scaled) : scaled;
  };
  const size = Math.abs(deviation);
  const at = (n: number, q: number, d: number): number => q / n - (d / n) ** 2;
  const [least, largest] = [Math.max(0, squares.value - squaresWidth), Math.max(0, squares.value + squaresWidth)];
  const [nearest, farthest] = [Math.max(0, size - deviationWidth), size + deviationWidth];
  // As rows grow it rises to its peak and falls after, so that it is least at an end and largest at the peak.
  const peak = largest === 0 ? most : Math.min(most, Math.max(fewest, (2 * nearest * nearest) / largest));
  const low = Math.min(at(fewest, least, farthest), at(most, least, farthest));
  return [
    inUnit(at(rows.value, squares.value, deviation), rows.value),
    inUnit(low, most),
    inUnit(at(peak, largest, nearest), fewest),
  ];
}
