import type { CheckedQuery } from '../check/check-question.ts';
import { type PlannedAggregate, type ProtectedPlan, planQuestion } from '../plan/protected-plan.ts';
import { statisticsIn } from '../plan/told-bounds.ts';
import { personalTables, thresholdRuleOf } from './check-threshold.ts';

/** The limits that an exact aggregation is held to: the strictest of all owners touched. */
export interface ThresholdLimits {
  readonly dominanceRatio: number;
  readonly roundTo: number;
  readonly sumDigits: number;
  /** Columns whose values may not dominate, each by the name its table has in the aggregation. */
  readonly stores: readonly { readonly ref: string; readonly column: string }[];
}

/**
 * One aggregation that leaves exact but suppressed and rounded. It is bounded as a private one is; there is no noise
 * and no price, and `protect` refuses to touch it.
 */
export interface ThresholdAggregate extends PlannedAggregate {
  readonly threshold: ThresholdLimits;
}

/** The bounds of a plan do not depend on the budget; any will do to have them derived. */
const ANY_BUDGET = { epsilon: 1, delta: 1e-6 } as const;

/** Turns a question that was checked in threshold mode into a plan. */
export function planThreshold(query: CheckedQuery): ProtectedPlan {
  const plan = planQuestion(query, ANY_BUDGET);
  return { ...plan, aggregates: plan.aggregates.map(planAggregate) };
}

/** Tells the exact aggregations from the private ones. */
export function isThreshold(aggregate: PlannedAggregate): aggregate is ThresholdAggregate {
  return 'threshold' in aggregate;
}

function planAggregate(planned: PlannedAggregate): ThresholdAggregate {
  const rules = personalTables(planned).flatMap(({ ref, view }) => {
    const rule = thresholdRuleOf(view);
    if (rule === null) throw new TypeError('an owner permits no threshold mode, and the check has not refused');
    return [{ ref, rule }];
  });
  return {
    ...planned,
    noise: [],
    releaseThreshold: BigInt(planned.minGroupSize),
    charge: { rho: 0, deltaSelection: 0 },
    threshold: {
      dominanceRatio: Math.min(...rules.map((r) => r.rule.dominanceRatio)),
      roundTo: Math.max(...rules.map((r) => r.rule.roundTo)),
      sumDigits: Math.min(...rules.map((r) => r.rule.sumDigits)),
      stores: rules.flatMap(({ ref, rule }) => (rule.stores === null ? [] : [{ ref, column: rule.stores }])),
    },
  };
}

/** In what a statistic that leaves is measured; `null` for one that does not leave. */
export type ReleasedUnit = string | null;

/** The units of an aggregation's statistics: only numbers of one unit are subtracted from each other. */
export function releasedUnits(aggregate: ThresholdAggregate): readonly ReleasedUnit[] {
  const released = new Set(aggregate.measures.flatMap(statisticsIn));
  return aggregate.statistics.map((statistic, index) => {
    if (!released.has(index)) return null;
    return statistic.kind === 'sum' ? `sum/${statistic.scale}` : 'count';
  });
}

/** The aggregation grouped by each of its store columns too, none of them cut: stores are compared over all rows. */
export function byStores(aggregate: ThresholdAggregate): readonly ThresholdAggregate[] {
  return aggregate.threshold.stores.map(({ ref, column }) => {
    const type = columnType(aggregate, ref, column);
    const expression = { kind: 'column', relation: ref, column, type, at: null } as const;
    const keys = [...aggregate.keys, { expression, type, values: null }];
    return { ...aggregate, keys, path: 'rows-per-person' };
  });
}

function columnType(aggregate: PlannedAggregate, ref: string, name: string) {
  const view = aggregate.tables.find((t) => t.ref === ref)?.view;
  const type = view?.columns.find((c) => c.name === name)?.type;
  if (type === undefined) throw new TypeError('a store column is not in its table');
  return type;
}
