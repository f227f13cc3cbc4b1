import type { ScalarType } from '../collaboration/table-view.ts';
import type { Expression, PlanTable } from './expression.ts';

/** A count or sum that the engine computes exactly and bounds per person; noise is added to it later. */
export type Statistic =
  /** One for each person of the group. */
  | { readonly kind: 'persons' }
  /** One for each person of the group with a row for which `when` holds. */
  | { readonly kind: 'persons-where'; readonly when: Expression }
  /** Rows for which `when` holds (all when `null`), at most `upper` a person and group. */
  | { readonly kind: 'rows'; readonly when: Expression | null; readonly upper: bigint }
  /** The sum of `of` in units of 10^-scale; a person's total in a group is clamped to `lower`…`upper`. */
  | {
      readonly kind: 'sum';
      readonly of: Expression;
      readonly scale: number;
      readonly lower: bigint;
      readonly upper: bigint;
    };

/** How a released column comes from noisy statistics, by their index. */
export type ReleasedMeasure =
  | { readonly kind: 'count'; readonly statistic: number }
  | { readonly kind: 'sum'; readonly statistic: number; readonly scale: number }
  | { readonly kind: 'avg'; readonly sum: number; readonly count: number; readonly scale: number };

/** A group key of a protected aggregation. */
export interface GroupKey {
  readonly expression: Expression;
  readonly type: ScalarType;
  /** The public values, in the owner's order; `null` when the values are themselves protected. */
  readonly values: readonly string[] | null;
}

/** One aggregation over protected rows: all that the engine is asked for. */
export interface AggregateDraft {
  readonly tables: readonly PlanTable[];
  readonly where: readonly Expression[];
  readonly keys: readonly GroupKey[];
  /** The first is always `persons`: the group size. */
  readonly statistics: readonly Statistic[];
  readonly measures: readonly ReleasedMeasure[];
}

/** What the outer query reads. Only released tables. */
export type OuterFrom =
  | { readonly kind: 'release'; readonly index: number; readonly alias: string }
  | { readonly kind: 'subquery'; readonly query: OuterSelect; readonly alias: string }
  | {
      readonly kind: 'join';
      readonly left: OuterFrom;
      readonly right: OuterFrom;
      readonly condition: Expression | null;
    };

/** The query above the noise: full of freedom, as it reads released values only. */
export interface OuterSelect {
  readonly distinct: boolean;
  readonly items: readonly { readonly name: string; readonly expression: Expression }[];
  readonly from: OuterFrom;
  readonly where: Expression | null;
  readonly groupBy: readonly Expression[];
  readonly having: Expression | null;
  readonly orderBy: readonly {
    readonly expression: Expression;
    readonly descending: boolean;
    readonly nulls: 'first' | 'last' | null;
  }[];
  readonly limit: bigint | null;
  readonly offset: bigint | null;
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
