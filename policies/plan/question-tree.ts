import type { ScalarType } from '../collaboration/table-view.ts';
import type { Expression, PlanTable } from './expression.ts';
import type { ProtectedRows } from './protected-rows.ts';

/** Exact whole numbers that the engine counts and bounds per person; noise is added to them later. */
export type Statistic =
  /** One for each person of the group. */
  | { readonly kind: 'persons' }
  /** One for each person of the group with a row for which `when` holds. */
  | { readonly kind: 'persons-where'; readonly when: Expression }
  /** Rows for which `when` holds (all when `null`), at most `upper` a person and group. */
  | { readonly kind: 'rows'; readonly when: Expression | null; readonly upper: bigint }
  /**
   * The sum of `of` in units of 10^-scale. A row is clamped to `row`, when there are such bounds, and a person's total
   * in a group to `lower`…`upper`.
   */
  | {
      readonly kind: 'sum';
      readonly of: Expression;
      readonly scale: number;
      readonly row: UnitBounds | null;
      readonly lower: bigint;
      readonly upper: bigint;
    }
  /** The sum of (of - centre)^2 in units of 10^-2scale, each row clamped to `row` first, in units of 10^-scale. */
  | {
      readonly kind: 'squares';
      readonly of: Expression;
      readonly scale: number;
      readonly row: UnitBounds;
      readonly centre: bigint;
      /** A person's total in a group, at most. */
      readonly upper: bigint;
    }
  /** Distinct values of `of`; a person brings at most `upper` of them into a group. */
  | { readonly kind: 'distinct'; readonly of: Expression; readonly upper: bigint }
  /** Rows by value, in bins: what quantiles are read from; at most `upper` a person and group. */
  | {
      readonly kind: 'histogram';
      readonly of: Expression;
      readonly bins: Bins;
      readonly upper: bigint;
    }
  /**
   * A sum, squares or a histogram of `of` in units of 10^-scale, whose bounds are found with noise first; `boundedBy`
   * puts the bounded one in its place. Until then its unit is its own sensitivity.
   */
  | {
      readonly kind: 'unbounded';
      readonly form: 'sum' | 'squares' | 'histogram';
      readonly of: Expression;
      readonly scale: number;
      /** Most rows of a person. */
      readonly rows: bigint;
    };

/** Bounds in units of 10^-scale. */
export interface UnitBounds {
  readonly lower: bigint;
  readonly upper: bigint;
}

/** Bins of equal width between two values; what lies outside counts into the first or the last. */
export interface Bins {
  /** Digits after the point in which values are measured. */
  readonly scale: number;
  /** The lower end of the first bin and the upper end of the last, in units of 10^-scale. */
  readonly lower: bigint;
  readonly upper: bigint;
  /** A power of the fan-out of the tree that quantiles are searched in. */
  readonly count: number;
}

/** A sum of statistics, each times a factor, in the unit of the released column. */
export type LinearForm = readonly { readonly statistic: number; readonly factor: number }[];

/** How a released column comes from noisy statistics, by their index. */
export type ReleasedMeasure =
  | { readonly kind: 'count'; readonly statistic: number }
  | { readonly kind: 'sum'; readonly statistic: number; readonly scale: number }
  /** A sum over a sum: averages, rates, shares. NULL when the denominator is lost in its own noise. */
  | { readonly kind: 'ratio'; readonly numerator: LinearForm; readonly denominator: LinearForm }
  /** From rows, the sum of values and the sum of squares around `centre` (both in units of 10^-scale). */
  | {
      readonly kind: 'spread';
      readonly form: 'var_samp' | 'var_pop' | 'stddev_samp' | 'stddev_pop';
      readonly rows: number;
      readonly sum: number;
      readonly squares: number;
      readonly scale: number;
      readonly centre: bigint;
    }
  /** The value below which the share `rank` of rows lies; `type` is that of the column. */
  | { readonly kind: 'quantile'; readonly statistic: number; readonly rank: number; readonly type: ScalarType };

/** A group key of a protected aggregation. */
export interface GroupKey {
  readonly expression: Expression;
  readonly type: ScalarType;
  /**
   * Every value the key can take, when all are known without looking at data: declared by the owner, or written in the
   * question; `null` when the values are themselves protected.
   */
  readonly values: readonly KeyValue[] | null;
}

/** A value of a public key. */
export type KeyValue = string | bigint | boolean | null;

/** One aggregation over protected rows: all that the engine is asked for. */
export interface AggregateDraft {
  readonly rows: ProtectedRows;
  /** Every owner's table within `rows`, under its name there. */
  readonly tables: readonly PlanTable[];
  readonly keys: readonly GroupKey[];
  /** The first is always `persons`: the group size. */
  readonly statistics: readonly Statistic[];
  readonly measures: readonly ReleasedMeasure[];
}

/** The column of a released table that holds key `index`. */
export function keyColumn(index: number): string {
  return `k${index}`;
}

/** The column of a released table that holds measure `index`. */
export function measureColumn(index: number): string {
  return `m${index}`;
}

/** Ends of the 95 % interval stand beside a released column under its name and these endings. */
export const INTERVAL_ENDINGS = { low: '_ci95_low', high: '_ci95_high' } as const;
