import { type Charge, canBear, conversionDelta, type LedgerAccount } from '../account/ledger-account.ts';
import { epsilonOf, rhoFor } from '../account/zcdp.ts';
import type { CheckedQuery } from '../check/check-question.ts';
import type { Fraction } from '../protect/discrete-gaussian.ts';
import { tailThreshold } from '../protect/gaussian-tail.ts';
import { contributionOf } from './contribution.ts';
import { canonicalText } from './expression.ts';
import type { AggregateDraft, OuterSelect } from './question-tree.ts';

declare const minted: unique symbol;

/** One aggregation with its bounds, noise and price: all that protects its release. */
export interface PlannedAggregate extends AggregateDraft {
  /** L0: most groups one person reaches; the engine keeps no more. */
  readonly maxGroupsPerPerson: number;
  readonly minGroupSize: number;
  /** All groups are public and listed; none is selected by the data. */
  readonly publicGroups: readonly (readonly string[])[] | null;
  /** Variance of the noise on each statistic, in squares of its unit. */
  readonly noise: readonly Fraction[];
  /** Noisy persons from which a group is released. */
  readonly releaseThreshold: bigint;
  readonly charge: Charge;
}

/** A question ready to run: what the engine counts, what noise it gets, and what is asked of the release. */
export interface ProtectedPlan {
  readonly [minted]: 'ProtectedPlan';
  readonly sql: string;
  readonly aggregates: readonly PlannedAggregate[];
  readonly outer: OuterSelect;
}

/** How much a question may spend, and under which limits. */
export interface PlanBudget {
  readonly epsilon: number;
  /** Smallest delta of the accounts that will be charged. */
  readonly delta: number;
}

/** Selections of unknown groups that an account's share of delta lasts for; epsilon is spent long before. */
const SELECTIONS_PER_ACCOUNT = 500;
/** Digits after the binary point of a noise variance: finer than any noise could show. */
const VARIANCE_FRACTION = 1n << 20n;

/**
 * Turns a checked question into a plan: contribution bounds, noise and price follow from declared facts alone.
 *
 * The loss is shared out evenly among the aggregations and their statistics.
 */
export function planQuestion(query: CheckedQuery, budget: PlanBudget): ProtectedPlan {
  const distinct = new Set(query.aggregates.map((a) => canonicalText(a)));
  const rho = rhoFor(budget.epsilon, conversionDelta(budget.delta)) / distinct.size;
  const deltaSelection = (budget.delta - conversionDelta(budget.delta)) / SELECTIONS_PER_ACCOUNT;
  const aggregates = query.aggregates.map((a) => planAggregate(a, { rho, deltaSelection }));
  return { sql: query.sql, aggregates, outer: query.outer } as unknown as ProtectedPlan;
}

function planAggregate(draft: AggregateDraft, charge: Charge): PlannedAggregate {
  const contribution = contributionOf(draft);
  const share = charge.rho / draft.statistics.length;
  const noise = draft.statistics.map((_, index) => {
    const linf = contribution.linf[index] ?? 1;
    return varianceFor(contribution.maxGroupsPerPerson * linf * linf, share);
  });
  const isPublic = contribution.publicGroups !== null;
  const persons = noise[0] ?? { numerator: 1n, denominator: 1n };
  return {
    ...draft,
    maxGroupsPerPerson: contribution.maxGroupsPerPerson,
    minGroupSize: contribution.minGroupSize,
    publicGroups: contribution.publicGroups,
    noise,
    releaseThreshold: isPublic
      ? BigInt(contribution.minGroupSize)
      : selectionThreshold(persons, contribution, charge.deltaSelection),
    charge: { rho: charge.rho, deltaSelection: isPublic ? 0 : charge.deltaSelection },
  };
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

/** The variance whose discrete Gaussian costs `rho` at a squared L2 sensitivity; rounded up. */
function varianceFor(squaredSensitivity: number, rho: number): Fraction {
  const scaled = (squaredSensitivity / (2 * rho)) * Number(VARIANCE_FRACTION);
  const numerator = BigInt(Math.ceil(scaled));
  // One unit and the last bits of the double more: a variance rounded down would cost more than it is charged.
  return { numerator: numerator + (numerator >> 50n) + 1n, denominator: VARIANCE_FRACTION };
}

/** A variance as a number, for error estimates. */
export function varianceOf(noise: Fraction): number {
  return Number(noise.numerator) / Number(noise.denominator);
}

/** What a plan costs at a delta, without the parts that stored releases answer. */
export function chargeOf(aggregates: readonly PlannedAggregate[]): Charge {
  const distinct = new Map(aggregates.map((a) => [canonicalText(a), a.charge]));
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

/** Which of the accounts cannot bear a charge. */
export function spentAccounts<A extends LedgerAccount>(accounts: readonly A[], charge: Charge): readonly A[] {
  return accounts.filter((account) => !canBear(account, charge));
}
