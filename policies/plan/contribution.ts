import { areKeysConstant } from './constant-keys.ts';
import type { AggregateDraft, Bins, KeyValue, Statistic } from './question-tree.ts';
import { groupsPerPerson, rowsPerPerson } from './stability.ts';

/**
 * Why one person reaches no more groups than the bound; all but `kept-groups` hold without a cut.
 *
 * - `one-group`: the question has no keys
 * - `one-row-per-person`: the tables are cut to one row a person, and a row is in one group
 * - `group-depends-on-person`: no key varies over the rows of a person
 * - `public-groups`: no more groups are listed than the owners allow a person
 * - `rows-per-person`: a person has no more rows than the owners allow groups
 * - `kept-groups`: the engine keeps as many groups of a person as declared, by a keyed hash
 */
export type BoundingPath =
  | 'one-group'
  | 'one-row-per-person'
  | 'group-depends-on-person'
  | 'public-groups'
  | 'rows-per-person'
  | 'kept-groups';

/** An aggregation with the groups that one person reaches in it. */
export interface BoundedAggregate extends AggregateDraft {
  /** L0: most groups one person reaches; the engine keeps no more. */
  readonly maxGroupsPerPerson: number;
  /** Why a person reaches no more groups than that. */
  readonly path: BoundingPath;
  /** All groups are public and listed; none is selected by the data. */
  readonly publicGroups: readonly (readonly KeyValue[])[] | null;
}

/** What one person can change: the bounds from which the noise follows. Whole numbers, exact. */
export interface Contribution extends Pick<BoundedAggregate, 'maxGroupsPerPerson' | 'path' | 'publicGroups'> {
  /** Linf of each statistic: the most one person changes it within one group, in its unit. */
  readonly linf: readonly bigint[];
  /** The most that the squared changes of one person add up to, over all groups; of a histogram, over all its nodes. */
  readonly squaredL2: readonly bigint[];
  readonly minGroupSize: number;
}

/**
 * Most noisy numbers (groups by statistics) of public groups, which are all listed whether the data has them or not.
 * Beyond it a question would draw noise for seconds over a handful of rows.
 */
const MAX_PUBLIC_NUMBERS = 50_000;
/** Largest total of a person in a group: a hundred billion persons still fit the engine's 128 bits. */
export const MAX_TOTAL_UNITS = 10n ** 27n;
/** Largest total of all a person's rows before it is clamped; the engine's 128 bits end at seventeen times as much. */
const MAX_UNCLAMPED_UNITS = 10n ** 37n;
/** Largest value of one row where nothing clamps rows: what 18 digits, or 64 bits, can hold. */
const MAX_ROW_UNITS = 1n << 63n;

/** Children of each node of the tree over a histogram's bins. */
export const TREE_FAN_OUT = 16;

/** Levels of the tree over a histogram's bins, its leaves included and its root not. */
export function treeLevels(bins: Bins): number {
  let levels = 1;
  while (TREE_FAN_OUT ** levels < bins.count) levels += 1;
  if (TREE_FAN_OUT ** levels !== bins.count) throw new RangeError('a number of bins is no power of the fan-out');
  return levels;
}

/** Derives the contribution bounds of an aggregation from what the owners declared. */
export function contributionOf(draft: AggregateDraft): Contribution {
  const publicGroups = publicGroupsOf(draft);
  const rows = rowsPerPerson(draft.rows);
  const { groups, path } = reachOf(draft, rows, publicGroups);
  const bounds = draft.statistics.map((s) => statisticBounds(s, BigInt(rows), BigInt(groups)));
  return {
    maxGroupsPerPerson: groups,
    path,
    linf: bounds.map((b) => b.linf),
    squaredL2: bounds.map((b) => b.squaredL2),
    minGroupSize: Math.max(...draft.tables.map((t) => t.view.rules.minGroupSize)),
    publicGroups,
  };
}

/** Most groups that one person reaches in an aggregation. */
export function groupsReached(draft: AggregateDraft): number {
  return reachOf(draft, rowsPerPerson(draft.rows), publicGroupsOf(draft)).groups;
}

/**
 * The groups a person may reach. Where nothing but the owners' declaration bounds them the engine cuts, so that data
 * that breaks the declaration costs accuracy and never privacy.
 */
function reachOf(
  draft: AggregateDraft,
  rows: number,
  publicGroups: readonly (readonly KeyValue[])[] | null,
): { readonly groups: number; readonly path: BoundingPath } {
  if (draft.keys.length === 0) return { groups: 1, path: 'one-group' };
  if (rows <= 1) return { groups: 1, path: 'one-row-per-person' };
  if (areKeysConstant(draft.rows, draft.keys)) return { groups: 1, path: 'group-depends-on-person' };
  const [declared, listed] = [groupsPerPerson(draft.rows, draft.keys), publicGroups?.length ?? Infinity];
  if (listed <= Math.min(declared, rows)) return { groups: Math.max(1, listed), path: 'public-groups' };
  return rows <= declared ? { groups: rows, path: 'rows-per-person' } : { groups: declared, path: 'kept-groups' };
}

/** The largest change of one statistic in a group, and the largest sum of squared changes over all groups. */
export interface StatisticBounds {
  readonly linf: bigint;
  readonly squaredL2: bigint;
}

/** Bounds a statistic by the rows that a person has and the groups that it reaches. */
export function statisticBounds(statistic: Statistic, rows: bigint, groups: bigint): StatisticBounds {
  switch (statistic.kind) {
    case 'persons':
    case 'persons-where':
      return { linf: 1n, squaredL2: groups };
    case 'rows':
    case 'distinct':
      return packed(statistic.upper, rows, groups);
    case 'sum':
      return sumBounds(statistic, rows, groups);
    case 'squares':
      return packed(statistic.upper, rows * squareOf(statistic), groups);
    case 'unbounded':
      // By definition: its unit is what one person changes.
      return { linf: 1n, squaredL2: 1n };
    default: {
      if (!fitsBins(statistic.bins)) throw new RangeError('the bins of a histogram do not fit 128 bits');
      // Each row of a person is one more in one node a level; those of a group may all fall together.
      const { linf, squaredL2 } = packed(statistic.upper, rows, groups);
      return { linf, squaredL2: BigInt(treeLevels(statistic.bins)) * squaredL2 };
    }
  }
}

function fitsBins({ lower, upper }: Bins): boolean {
  return lower < upper && -lower <= MAX_TOTAL_UNITS && upper <= MAX_TOTAL_UNITS;
}

/**
 * The most of the sum of c^2 over at most `groups` groups, where each c is at most `each` and all are at most `total`.
 *
 * A square grows faster than its root, so that taking from a smaller part for a larger one only adds: the most is
 * reached where as many groups as possible are full and one more holds the rest.
 */
function packed(each: bigint, total: bigint, groups: bigint): StatisticBounds {
  if (each > MAX_TOTAL_UNITS || total > MAX_UNCLAMPED_UNITS) throw new RangeError('a statistic does not fit 128 bits');
  const linf = least(each, total);
  if (linf <= 0n) return { linf: 0n, squaredL2: 0n };
  const full = least(groups, total / linf);
  const rest = full < groups ? total - full * linf : 0n;
  return { linf, squaredL2: full * linf * linf + rest * rest };
}

function sumBounds(
  { row, lower, upper }: Extract<Statistic, { kind: 'sum' }>,
  rows: bigint,
  groups: bigint,
): StatisticBounds {
  const each = largest(lower, upper);
  const total = rows * (row === null ? MAX_ROW_UNITS : largest(row.lower, row.upper));
  if (total > MAX_UNCLAMPED_UNITS) throw new RangeError('a sum of rows does not fit 128 bits');
  // A clamp that leaves zero out lifts every group that a person is in, and then rows do not bound the total.
  const isShrinking = lower <= 0n && upper >= 0n;
  if (row === null || !isShrinking) return packed(each, each * groups, groups);
  const above = least(upper, row.upper > 0n ? rows * row.upper : 0n);
  const below = least(-lower, row.lower < 0n ? rows * -row.lower : 0n);
  return packed(above > below ? above : below, total, groups);
}

/** The largest value of a row whose square, times so many rows, stays within the limit: a power of two. */
export function largestRow(rows: bigint): bigint {
  let row = 1n;
  while (4n * row * row * rows <= MAX_TOTAL_UNITS) row *= 2n;
  return row;
}

function squareOf({ row, centre }: Extract<Statistic, { kind: 'squares' }>): bigint {
  const deviation = largest(row.lower - centre, row.upper - centre);
  return deviation * deviation;
}

function largest(lower: bigint, upper: bigint): bigint {
  const [low, high] = [lower < 0n ? -lower : lower, upper < 0n ? -upper : upper];
  return low > high ? low : high;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** Every group there can be, when all keys are public and there are not too many; else `null`. */
export function publicGroupsOf(draft: AggregateDraft): readonly (readonly KeyValue[])[] | null {
  let groups: readonly (readonly KeyValue[])[] = [[]];
  for (const { values } of draft.keys) {
    if (values === null || groups.length * values.length * draft.statistics.length > MAX_PUBLIC_NUMBERS) return null;
    // Each once: a group that is listed twice would be noised twice at the price of one.
    const distinct = [...new Set(values)];
    groups = groups.flatMap((group) => distinct.map((value) => [...group, value]));
  }
  return groups;
}
