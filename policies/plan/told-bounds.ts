import { originOf } from './measure-origin.ts';
import { columnsOf } from './outer-query.ts';
import { indexOfBounds } from './planned-bounds.ts';
import type { ProtectedPlan } from './protected-plan.ts';
import { measureColumn, type ReleasedMeasure, type UnitBounds } from './question-tree.ts';

/** Between what the values of a released column were held, where that was found with noise; in the column's unit. */
export interface ToldBounds {
  readonly column: string;
  readonly low: number;
  readonly high: number;
}

/**
 * Tells found bounds beside the output columns that are measures as they are: who reads a sum judges by them what the
 * clamp may have cut away. They are released values themselves. `found` are the bounds of each aggregation, in order.
 */
export function toldBounds(plan: ProtectedPlan, found: readonly (readonly UnitBounds[])[]): readonly ToldBounds[] {
  return columnsOf(plan.outer).flatMap(({ name }) => {
    const origin = originOf(plan.outer, name);
    const aggregate = origin === null ? undefined : plan.aggregates[origin.index];
    const measure = aggregate?.measures.find((_, i) => measureColumn(i) === origin?.column);
    if (origin === null || aggregate === undefined || measure === undefined) return [];
    const statistics = statisticsIn(measure).flatMap((index) => aggregate.statistics[index] ?? []);
    const unbounded = statistics.find((s) => s.kind === 'unbounded');
    if (unbounded === undefined) return [];
    const bounds = found[origin.index]?.[indexOfBounds(unbounded, aggregate.bounds)];
    if (bounds === undefined) return [];
    const unit = 10 ** unbounded.scale;
    return [{ column: name, low: Number(bounds.lower) / unit, high: Number(bounds.upper) / unit }];
  });
}

/** The statistics that a measure comes from, by their index. */
export function statisticsIn(measure: ReleasedMeasure): readonly number[] {
  switch (measure.kind) {
    case 'ratio':
      return [...measure.numerator, ...measure.denominator].map((term) => term.statistic);
    case 'spread':
      return [measure.rows, measure.sum, measure.squares];
    default:
      return [measure.statistic];
  }
}
