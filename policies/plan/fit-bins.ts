import { publicGroupsOf, TREE_FAN_OUT } from './contribution.ts';
import type { AggregateDraft, Bins, Statistic, UnitBounds } from './question-tree.ts';

/**
 * Most groups whose histograms may have the finest bins there are: 4,096 bins of up to 24 characters are a tenth of a
 * megabyte a group, and what crosses the wall at once has room for 32 megabytes.
 */
const MAX_FINE_GROUPS = 256;
/** Bins of each group where there may be more groups, or where nobody knows how many: six kilobytes at most. */
const COARSE_BINS_COUNT = TREE_FAN_OUT ** 2;

/**
 * Makes the bins of histograms as coarse as the number of groups asks for.
 *
 * Otherwise a question about many groups would fail for what the data holds, once it has been charged for.
 */
export function fitBins(draft: AggregateDraft): AggregateDraft {
  const groups = draft.keys.length === 0 ? 1 : (publicGroupsOf(draft)?.length ?? Infinity);
  if (groups <= MAX_FINE_GROUPS) return draft;
  const fitted = (bins: Bins): Bins => ({ ...bins, count: Math.min(bins.count, COARSE_BINS_COUNT) });
  const statistics = draft.statistics.map((s): Statistic => {
    return s.kind === 'histogram' ? { ...s, bins: fitted(s.bins) } : s;
  });
  return { ...draft, statistics };
}

/** Bins of a small range and of a large one: powers of 16, the fan-out of the tree that quantiles are searched in. */
const FEW_BINS_COUNT = 256;
const MANY_BINS_COUNT = 4_096;

/** Bins over the bounds of a value. One unit more at the end, so that the largest value lies within the last bin. */
export function valueBins({ lower, upper }: UnitBounds, scale: number): Bins {
  const range = upper - lower + 1n;
  return { scale, lower, upper: upper + 1n, count: range <= BigInt(FEW_BINS_COUNT) ? FEW_BINS_COUNT : MANY_BINS_COUNT };
}
