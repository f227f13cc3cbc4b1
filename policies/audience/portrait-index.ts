// Audience and baseline are noisy, and so are their totals: an index is a ratio of two ratios of noisy numbers.

/** A noisy number with the ends of its 95 % interval. */
export interface Noisy {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What one value of an attribute is compared from. */
export interface PortraitCounts {
  readonly persons: Noisy;
  readonly personsInAll: Noisy;
  readonly baseline: Noisy;
  readonly baselineInAll: Noisy;
}

/** Shares and their ratio; an interval without an upper end goes to infinity. */
export interface PortraitShares {
  readonly share: number;
  readonly baselineShare: number;
  readonly index: number;
  readonly indexLow: number;
  readonly indexHigh: number;
}

/** Standard deviations within which a normal variable stays on each side with 95 %. */
const DEVIATIONS_95 = 1.959964;
/** The same for two of them together, after Bonferroni: the share and the share of the baseline. */
const DEVIATIONS_OF_TWO_95 = 2.241403;
/** 100 is as usual as in the baseline. */
const USUAL_INDEX = 100;

/**
 * Shares of a value in audience and baseline, and 100 times their ratio with its 95 % interval.
 *
 * Each share has Fieller's interval for the ratio of two independent noisy counts; the ends of the index are those of the
 * shares against one another. So it errs on the wide side, also where counts are lost in their noise.
 * Source: Fieller, "Some Problems in Interval Estimation" (1954).
 */
export function portraitShares(counts: PortraitCounts): PortraitShares {
  const share = shareOf(counts.persons, counts.personsInAll);
  const baseline = shareOf(counts.baseline, counts.baselineInAll);
  return {
    share: share.value,
    baselineShare: baseline.value,
    index: baseline.value > 0 ? (USUAL_INDEX * share.value) / baseline.value : Number.POSITIVE_INFINITY,
    indexLow: (USUAL_INDEX * share.low) / baseline.high,
    indexHigh: baseline.low > 0 ? (USUAL_INDEX * share.high) / baseline.low : Number.POSITIVE_INFINITY,
  };
}

/** A share between 0 and 1: whatever the noise says, nobody is more or less than that. */
function shareOf(part: Noisy, all: Noisy): Noisy {
  const square = all.value ** 2 - DEVIATIONS_OF_TWO_95 ** 2 * varianceOf(all);
  if (all.value <= 0 || square <= 0) return { value: within(part.value / Math.max(1, all.value)), low: 0, high: 1 };
  const mixed = part.value * all.value;
  const constant = part.value ** 2 - DEVIATIONS_OF_TWO_95 ** 2 * varianceOf(part);
  const root = Math.sqrt(Math.max(0, mixed ** 2 - square * constant));
  return {
    value: within(part.value / all.value),
    low: within((mixed - root) / square),
    high: within((mixed + root) / square),
  };
}

function varianceOf({ low, high }: Noisy): number {
  return ((high - low) / 2 / DEVIATIONS_95) ** 2;
}

function within(share: number): number {
  return Math.min(1, Math.max(0, share));
}
