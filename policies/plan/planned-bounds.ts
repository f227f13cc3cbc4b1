// Bounds that nobody declared, found with noise: a histogram of magnitudes over the same rows, whose outermost bins
// that stand out of the noise are the bounds. Source: Wilson et al., "Differentially Private SQL with Bounded User
// Contribution" (2020), section 4 on approximate bounds; here persons are counted and not rows, so that a person who
// has many rows, or enormous ones, moves two counts by one each and no more.
import type { Charge } from '../account/ledger-account.ts';
import type { Fraction } from '../protect/discrete-gaussian.ts';
import { tailThreshold } from '../protect/gaussian-tail.ts';
import { canonicalText, type Expression } from './expression.ts';
import { varianceFor, varianceOf } from './noise-variance.ts';
import type { AggregateDraft, Statistic, UnitBounds } from './question-tree.ts';

/** Rows of which a value's bounds are found; the first stage of whatever is computed of the value. */
export interface PlannedBounds extends Pick<AggregateDraft, 'rows' | 'tables'> {
  readonly of: Expression;
  /** Values are measured in units of 10^-scale. */
  readonly scale: number;
  /** Variance of the noise on each bin, in squares of a person. */
  readonly noise: Fraction;
  /** Noisy persons from which a bin counts. */
  readonly threshold: bigint;
  readonly charge: Charge;
}

/**
 * Magnitudes of each sign. Bin 0 holds up to one unit, bin k what is over 2^(k-1) and not over 2^k, so that the last
 * holds what 64 bits can.
 */
export const MAGNITUDE_COUNT = 64;

/** Bins of both signs: those of values of at least 0, then those of negative ones. */
export const BOUNDS_BIN_COUNT = 2 * MAGNITUDE_COUNT;

/**
 * The most that the squared changes of one person add up to, over all bins.
 *
 * A person counts once by the largest of its values of at least 0 and once by the least of its negative ones: two bins,
 * which are never the same, by one each. How many rows it has, and what is in them, does not matter.
 */
export const BOUNDS_SQUARED_L2 = 2n;

/**
 * The probability with which any bin that holds nobody is taken, for all bins together. Then bounds are too wide and
 * noise is larger than it must be: nobody's privacy hangs on it. One question in a thousand.
 */
const EMPTY_BIN_RATIO = 1e-3;

/**
 * Each value's share of what a question may spend. Bounds that are off by a bin double the noise, and a few more
 * persons in a bin are all that a larger share would find; a tenth leaves the statistics nearly all of their accuracy.
 * It does not depend on what else is asked, so that another question of the same epsilon reuses the bounds.
 */
const BOUNDS_SHARE_RATIO = 1 / 10;
/** The most that all bounds of a question take together. */
const MAX_BOUNDS_RATIO = 1 / 2;

/** The values of an aggregation whose bounds are to be found, each once. */
export function valuesToBound(
  draft: AggregateDraft,
): readonly Pick<PlannedBounds, 'rows' | 'tables' | 'of' | 'scale'>[] {
  const values = draft.statistics.flatMap((s) => {
    return s.kind === 'unbounded' ? [{ rows: draft.rows, tables: draft.tables, of: s.of, scale: s.scale }] : [];
  });
  return [...new Map(values.map((v) => [canonicalText(v), v])).values()];
}

/** What each of so many values' bounds may cost, of the loss of a whole question. */
export function boundsRho(whole: number, count: number): number {
  return whole * Math.min(BOUNDS_SHARE_RATIO, MAX_BOUNDS_RATIO / Math.max(1, count));
}

/** Plans how bounds are found, from declared facts alone. */
export function planBounds(value: ReturnType<typeof valuesToBound>[number], rho: number): PlannedBounds {
  const noise = varianceFor(BOUNDS_SQUARED_L2, rho);
  const planned = {
    ...value,
    noise,
    threshold: tailThreshold(varianceOf(noise), EMPTY_BIN_RATIO / BOUNDS_BIN_COUNT),
    charge: { rho, deltaSelection: 0 },
  };
  assertPaid(planned);
  return planned;
}

/** Exact: twice the loss times the variance is at least the squared sensitivity, or we are wrong. */
function assertPaid({ noise, charge }: PlannedBounds): void {
  const loss = Number(BOUNDS_SQUARED_L2) / (2 * varianceOf(noise));
  if (!(loss <= charge.rho)) throw new Error('the noise on bounds costs more than is charged');
}

/** Which of an aggregation's bounds are those of a statistic. */
export function indexOfBounds(
  statistic: Extract<Statistic, { kind: 'unbounded' }>,
  bounds: readonly PlannedBounds[],
): number {
  const text = canonicalText({ of: statistic.of, scale: statistic.scale });
  return bounds.findIndex(({ of, scale }) => canonicalText({ of, scale }) === text);
}

/**
 * The bounds that noisy bins tell: the outer edges of the outermost that stand out of the noise, and zero.
 *
 * Zero is always within, so that a clamp never lifts a person who brought nothing. When no bin stands out, for want of
 * persons or of rows, the answer is that of a crowd of zeros: one answer for all causes, and no error.
 */
export function boundsFrom(noisy: readonly bigint[], threshold: bigint): UnitBounds {
  const outermost = (bins: readonly bigint[]): bigint => {
    const index = bins.findLastIndex((persons) => persons >= threshold);
    return index < 0 ? 0n : 1n << BigInt(index);
  };
  const upper = outermost(noisy.slice(0, MAGNITUDE_COUNT));
  const lower = -outermost(noisy.slice(MAGNITUDE_COUNT, BOUNDS_BIN_COUNT));
  return lower === 0n && upper === 0n ? { lower, upper: 1n } : { lower, upper };
}
