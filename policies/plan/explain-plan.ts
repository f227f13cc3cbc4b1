import { halfWidth } from '../protect/gaussian-tail.ts';
import { contributionOf } from './contribution.ts';
import { type PlannedAggregate, type ProtectedPlan, varianceOf } from './protected-plan.ts';
import { measureColumn, type ReleasedMeasure } from './question-tree.ts';

/** The error to expect of one released column, from declared facts alone. */
export interface ExpectedError {
  readonly column: string;
  /** Half the width of the 95 % interval, in the column's unit. */
  readonly halfWidth95: number;
  readonly bound: string;
}

/** The share of intervals that hold the true value. */
export const CONFIDENCE_RATIO = 0.95;

/** Lists the expected error of every output column that is a released count or sum as it is. */
export function expectedErrors(plan: ProtectedPlan): readonly ExpectedError[] {
  return plan.outer.items.flatMap(({ name, expression }) => {
    if (expression.kind !== 'column') return [];
    const aggregate = plan.aggregates[Number(expression.relation.slice(1))];
    const index = aggregate?.measures.findIndex((_, i) => measureColumn(i) === expression.column) ?? -1;
    const measure = aggregate?.measures[index];
    const error = aggregate && measure ? errorOf(aggregate, measure) : null;
    return error === null ? [] : [{ column: name, ...error }];
  });
}

function errorOf(aggregate: PlannedAggregate, measure: ReleasedMeasure): Omit<ExpectedError, 'column'> | null {
  if (measure.kind === 'avg') return null;
  const noise = aggregate.noise[measure.statistic];
  const linf = contributionOf(aggregate).linf[measure.statistic];
  if (noise === undefined || linf === undefined) return null;
  const unit = measure.kind === 'sum' ? 10 ** measure.scale : 1;
  const groups = aggregate.maxGroupsPerPerson;
  const reach = groups === 1 ? 'in one group' : `in each of ${groups} groups`;
  return {
    halfWidth95: Number(halfWidth(varianceOf(noise), CONFIDENCE_RATIO)) / unit,
    bound: `each person counts at most ${linf / unit} ${reach}`,
  };
}
