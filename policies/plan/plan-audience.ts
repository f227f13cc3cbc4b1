import { type Charge, conversionDelta } from '../account/ledger-account.ts';
import { rhoFor } from '../account/zcdp.ts';
import type { CheckedAudience } from '../check/check-audience.ts';
import type { CheckedQuery } from '../check/check-question.ts';
import type { PlannedAggregate, ProtectedPlan } from './protected-plan.ts';
import { type PlanBudget, planQuestion } from './protected-plan.ts';

/**
 * The protected size of an audience as a plan: one count of persons, without groups.
 *
 * It takes the path of every other question, so that a size is a release like any other and charged in the same ledger.
 */
export function planAudienceSize(audience: CheckedAudience, budget: PlanBudget): PlannedAggregate {
  const draft = {
    rows: audience.rows,
    tables: audience.tables,
    keys: [],
    statistics: [{ kind: 'persons' as const }],
    measures: [{ kind: 'count' as const, statistic: 0 }],
  };
  const query = { sql: audience.sql, aggregates: [draft] } as unknown as CheckedQuery;
  const plan: ProtectedPlan = planQuestion(query, budget);
  const [size] = plan.aggregates;
  if (size === undefined) throw new Error('an audience plan has one aggregation');
  // The minimum decides on the released size in plain sight; a size that were withheld could not be compared with it.
  return { ...size, releaseThreshold: MINIMUM_NEVER_WITHHELD, charge: sizeCharge(budget) };
}

const MINIMUM_NEVER_WITHHELD = -(1n << 62n);

function sizeCharge(budget: PlanBudget): Charge {
  return { rho: rhoFor(budget.epsilon, conversionDelta(budget.delta)), deltaSelection: 0 };
}
