import { eventsLeft } from '../account/events-of.ts';
import type { Violation } from '../check/catalogue.ts';
import { refuseUnsound } from '../check/check-outer.ts';
import { type CheckedQuery, type CheckOptions, checkQuestion } from '../check/check-question.ts';
import type { TableView } from '../collaboration/table-view.ts';
import { boundedByNothing } from '../plan/bounded-by.ts';
import { functionsUsed, type UsedFunction } from '../plan/functions-used.ts';
import { type ProtectedPlan, planQuestion } from '../plan/protected-plan.ts';
import { printAggregate } from '../print/print-aggregate.ts';
import { printBounds } from '../print/print-bounds.ts';
import { printOuter } from '../print/print-outer.ts';
import { type Parse, readQuery } from '../syntax/read-query.ts';
import { checkHistory } from '../threshold/check-threshold.ts';
import { MAX_EARLIER_AGGREGATIONS_COUNT } from '../threshold/earlier-groups.ts';
import { printThreshold } from '../threshold/print-threshold.ts';
import { isThreshold, planThreshold } from '../threshold/threshold-plan.ts';
import { type AccountBefore, type Borne, type BudgetIsSpent, bearCharge } from './bear-charge.ts';

/** What the service found out for a question that broke no rule of the SQL. */
export interface LedgerFacts {
  /** Smallest delta of the accounts when the question was planned. */
  readonly delta: number;
  /** Every account the release touches, in the order in which they are charged. */
  readonly accounts: readonly AccountBefore[];
  /** Aggregations that stored releases answer, by their index in the plan. */
  readonly stored: readonly number[];
  /** Bounds that are stored already, by their index among those of all aggregations in turn. */
  readonly storedBounds: readonly number[];
  /** Whether the engine, asked without any data, could bind what is asked of the release. */
  readonly isTakenByEngine: boolean;
  /** Earlier exact aggregations over the same tables; 0 where they do not matter. */
  readonly earlierExactCount: number;
}

/** Everything a decision on a question is made from: no row, no result and no person's name but what the SQL says. */
export interface DecisionInputs extends Required<Omit<CheckOptions, 'functions'>>, Pick<CheckOptions, 'functions'> {
  readonly sql: string;
  /** The tree of DuckDB's grammar, as the parser gave it. */
  readonly parse: Parse;
  /** Every table bound in the collaboration, with its owner's rules in force. */
  readonly tables: readonly TableView[];
  /** `null` when the SQL broke rules: then nothing more was looked at. */
  readonly ledger: LedgerFacts | null;
}

/** Every rule that is broken, at once. */
export interface BrokenRules {
  readonly kind: 'refused';
  readonly violations: readonly Violation[];
}

/** What was decided on a question. */
export type Decision =
  | BrokenRules
  | BudgetIsSpent
  | (Borne & {
      readonly kind: 'admitted';
      /** What the engine is asked, one SQL text an aggregation, and what is asked of the releases. */
      readonly counted: readonly string[];
      /** The scoring functions that it calls, each in its version; left out where there are none. */
      readonly functions?: readonly UsedFunction[];
      readonly outer: string;
      /** Noisy persons from which each aggregation shows a group. */
      readonly releaseThresholds: readonly string[];
    })
  /** The SQL breaks no rule, and what the ledger said was not recorded. */
  | { readonly kind: 'undecided' };

/**
 * Decides on a question from all there is to know: the same inputs give the same decision, anywhere and at any time.
 */
export function decide(inputs: DecisionInputs): Decision {
  const { sql, parse, tables, ledger } = inputs;
  const read = readQuery(sql, parse);
  const checked = read.ok ? checkQuestion(read.value, tables, inputs) : read;
  if (!checked.ok) return { kind: 'refused', violations: checked.violations };
  if (ledger === null) return { kind: 'undecided' };
  const plan = planOf(checked.value, inputs, ledger.delta);
  if (!ledger.isTakenByEngine) return { kind: 'refused', violations: [refuseUnsound(sql)] };
  const events = eventsLeft(plan.aggregates, ledger);
  if (inputs.mode === 'threshold' && events.length > 0) {
    const facts = { earlier: ledger.earlierExactCount, maximum: MAX_EARLIER_AGGREGATIONS_COUNT };
    const violations = checkHistory(checked.value, facts);
    if (violations.length > 0) return { kind: 'refused', violations };
  }
  const borne = bearCharge(events, ledger.accounts);
  if (borne.kind === 'budget-spent') return borne;
  const used = functionsUsed(...plan.aggregates);
  return {
    ...borne,
    kind: 'admitted',
    // Where bounds are to be found, in the narrowest there are: the rest of the text does not depend on them.
    counted: plan.aggregates.flatMap((a) => [
      ...a.bounds.map((b) => printBounds(b).sql),
      (isThreshold(a) ? printThreshold(a) : printAggregate(boundedByNothing(a))).sql,
    ]),
    // Left out and not empty: decisions from before there were any must replay to the letter.
    ...(used.length === 0 ? {} : { functions: used }),
    outer: printOuter(plan.outer),
    releaseThresholds: plan.aggregates.map((a) => String(a.releaseThreshold)),
  };
}

function planOf(checked: CheckedQuery, { mode, epsilon }: DecisionInputs, delta: number): ProtectedPlan {
  return mode === 'threshold' ? planThreshold(checked) : planQuestion(checked, { epsilon, delta });
}
