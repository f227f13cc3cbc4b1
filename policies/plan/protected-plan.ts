import { type Charge, conversionDelta, spendableOf } from '../account/ledger-account.ts';
import { epsilonOf } from '../account/zcdp.ts';
import type { CheckedQuery } from '../check/check-question.ts';
import type { Fraction } from '../protect/discrete-gaussian.ts';
import { tailThreshold } from '../protect/gaussian-tail.ts';
import { checkDerivation } from './check-derivation.ts';
import { type BoundedAggregate, contributionOf } from './contribution.ts';
import { deriveBounds } from './derivation.ts';
import { canonicalText } from './expression.ts';
import { fitBins } from './fit-bins.ts';
import { fitRows } from './fit-rows.ts';
import { relativeVarianceFor, varianceFor, varianceOf } from './noise-variance.ts';
import type { OuterQuery } from './outer-query.ts';
import { boundsRho, type PlannedBounds, planBounds, valuesToBound } from './planned-bounds.ts';
import type { AggregateDraft } from './question-tree.ts';

declare const minted: unique symbol;

/** One aggregation with its bounds, noise and price: all that protects its release. */
export interface PlannedAggregate extends BoundedAggregate {
  readonly minGroupSize: number;
  /**
   * Variance of the noise on each statistic, in squares of its unit; of a histogram, on each node of its tree; of an
   * unbounded statistic, in units of its squared sensitivity.
   */
  readonly noise: readonly Fraction[];
  /** What is found with noise before the aggregation can run; charged by itself, as other aggregations may reuse it. */
  readonly bounds: readonly PlannedBounds[];
  /** Noisy persons from which a group is released. */
  readonly releaseThreshold: bigint;
  readonly charge: Charge;
}

/** A question ready to run: what the engine counts, what noise it gets, and what is asked of the release. */
export interface ProtectedPlan {
  readonly [minted]: 'ProtectedPlan';
  readonly sql: string;
  readonly aggregates: readonly PlannedAggregate[];
  readonly outer: OuterQuery;
}

/** How much a question may spend, and under which limits. */
export interface PlanBudget {
  readonly epsilon: number;
  /** Smallest delta of the accounts that will be charged. */
  readonly delta: number;
}

/**
 * Turns a checked question into a plan: contribution bounds, noise and price follow from declared facts alone.
 *
 * Bounds that are to be found get their share first; what is left is shared out evenly among the aggregations and their
 * statistics. It is the same whether the bounds turn out to be stored or not.
 */
export function planQuestion(query: CheckedQuery, budget: PlanBudget): ProtectedPlan {
  const distinct = new Set(query.aggregates.map((a) => canonicalText(a)));
  const { rho: whole, deltaSelection } = spendableOf(budget);
  const values = new Set(query.aggregates.flatMap(valuesToBound).map((v) => canonicalText(v)));
  const eachBounds = boundsRho(whole, values.size);
  const rho = (whole - eachBounds * values.size) / distinct.size;
  const aggregates = query.aggregates.map((a) => planAggregate(a, { rho, deltaSelection }, eachBounds));
  return { sql: query.sql, aggregates, outer: query.outer } as unknown as ProtectedPlan;
}

function planAggregate(asked: AggregateDraft, charge: Charge, eachBounds: number): PlannedAggregate {
  const draft = fitRows(fitBins(asked));
  const contribution = contributionOf(draft);
  const share = charge.rho / draft.statistics.length;
  const noise = contribution.squaredL2.map((squared, index) => {
    return draft.statistics[index]?.kind === 'unbounded' ? relativeVarianceFor(share) : varianceFor(squared, share);
  });
  const isPublic = contribution.publicGroups !== null;
  const persons = noise[0] ?? { numerator: 1n, denominator: 1n };
  const planned = {
    ...draft,
    maxGroupsPerPerson: contribution.maxGroupsPerPerson,
    path: contribution.path,
    minGroupSize: contribution.minGroupSize,
    publicGroups: contribution.publicGroups,
    noise,
    bounds: valuesToBound(draft).map((value) => planBounds(value, eachBounds)),
    releaseThreshold: isPublic
      ? BigInt(contribution.minGroupSize)
      : selectionThreshold(persons, contribution, charge.deltaSelection),
    charge: { rho: charge.rho, deltaSelection: isPublic ? 0 : charge.deltaSelection },
  };
  assertProven(planned);
  return planned;
}

/** What a sum of doubles may be off by. */
const ROUNDING_RATIO = 1e-12;

/**
 * Holds the noise against bounds that are derived once more, step by step, and checked by code of its own.
 *
 * @throws {Error} when a bound does not follow or the noise costs more than is charged: then we are wrong, and nothing
 * has been asked of the data yet
 */
export function assertProven(planned: PlannedAggregate): void {
  const derivation = deriveBounds(planned);
  const fault = checkDerivation(derivation, planned);
  if (fault !== null) throw new Error(`a bound is not proven: ${fault.message}`);
  const bounds = new Map(derivation.steps.map((s) => [s.conclusion.node, s.conclusion.squaredL2]));
  const loss = planned.noise.reduce((sum, variance, index) => {
    return sum + Number(bounds.get(`statistics/${index}`)) / (2 * varianceOf(variance));
  }, 0);
  if (!(loss <= planned.charge.rho * (1 + ROUNDING_RATIO))) throw new Error('the noise costs more than is charged');
}

/**
 * Noisy persons from which a group with protected key values is released.
 *
 * A group that only one person lifts to `minGroupSize` shows with at most this delta: it passes when its noise alone
 * reaches the threshold above `minGroupSize`. One person reaches at most L0 such groups. `noisy >= threshold` is the
 * comparison this is derived from, and the one that `protect` makes.
 */
function selectionThreshold(
  persons: Fraction,
  contribution: { readonly maxGroupsPerPerson: number; readonly minGroupSize: number },
  deltaSelection: number,
): bigint {
  const perGroup = deltaSelection / contribution.maxGroupsPerPerson;
  return BigInt(contribution.minGroupSize) + tailThreshold(varianceOf(persons), perGroup);
}

/** What a plan costs at a delta, without the parts that stored releases answer. */
export function chargeOf(aggregates: readonly PlannedAggregate[]): Charge {
  const parts = aggregates.flatMap((a) => [a, ...a.bounds]);
  const distinct = new Map(parts.map((part) => [canonicalText(part), part.charge]));
  return [...distinct.values()].reduce(
    (sum, c) => ({ rho: sum.rho + c.rho, deltaSelection: sum.deltaSelection + c.deltaSelection }),
    { rho: 0, deltaSelection: 0 },
  );
}

/** A charge as the epsilon and delta of one question by itself. */
export function priceOf(charge: Charge, delta: number): { readonly epsilon: number; readonly delta: number } {
  if (charge.rho === 0) return { epsilon: 0, delta: 0 };
  return {
    epsilon: epsilonOf(charge.rho, conversionDelta(delta)),
    delta: conversionDelta(delta) + charge.deltaSelection,
  };
}
