import { eventsLeft } from '../account/events-of.ts';
import { type CheckedQuery, checkQuestion } from '../check/check-question.ts';
import { type IdentifierKind, type TableView, tableName } from '../collaboration/table-view.ts';
import { bothSql, personsSql } from '../plan/match-sql.ts';
import { planHiddenMatch, planMatchReport } from '../plan/plan-match.ts';
import { printAggregate } from '../print/print-aggregate.ts';
import { type Checked, type Parse, readQuery } from '../syntax/read-query.ts';
import { type AccountBefore, type Borne, type BudgetIsSpent, bearCharge } from './bear-charge.ts';
import type { BrokenRules } from './decide.ts';

interface MatchFacts {
  readonly epsilon: number;
  /** Smallest delta of the accounts. */
  readonly delta: number;
  /** Every account the match is charged to, in the order in which they are charged. */
  readonly accounts: readonly AccountBefore[];
}

/** Everything a decision on a report on two tables is made from. */
export interface ReportInputs extends MatchFacts {
  readonly how: 'report';
  /** The asking member's own table, and the other. */
  readonly own: TableView;
  readonly other: TableView;
  /** The trees of the two counts, which follow from the tables. */
  readonly parses: { readonly mine: Parse; readonly both: Parse };
  /** Kinds of identifiers that both tables have. */
  readonly kinds: readonly IdentifierKind[];
  /** Which of the three counts stored releases answer. */
  readonly stored: readonly number[];
}

/** Everything a decision on a match without showing is made from. */
export interface HiddenMatchInputs extends MatchFacts {
  readonly how: 'hidden';
  readonly table: TableView;
  /** The tree of its count, which follows from the table. */
  readonly parse: Parse;
}

/** Everything a decision on a match is made from. */
export type MatchInputs = ReportInputs | HiddenMatchInputs;

/** What was decided on a match. */
export type MatchDecision =
  | BrokenRules
  | BudgetIsSpent
  | (Borne & {
      readonly kind: 'admitted';
      readonly tables: readonly string[];
      /** The persons that are counted, as the engine is asked. */
      readonly counted: readonly string[];
      /** The kinds that a report tells apart; none without one. */
      readonly kinds: readonly string[];
    });

/** Decides on a match: whether its counts break a rule, which noise they get, and whether all can bear the price. */
export function decideMatch(inputs: MatchInputs): MatchDecision {
  return inputs.how === 'report' ? decideReport(inputs) : decideHidden(inputs);
}

function decideReport(inputs: ReportInputs): MatchDecision {
  const { own, other, parses, kinds, stored, accounts } = inputs;
  const tables = [own, other];
  const mine = checkCount(personsSql(own), parses.mine, tables, inputs);
  if (!mine.ok) return { kind: 'refused', violations: mine.violations };
  const both = checkCount(bothSql(own, other), parses.both, tables, inputs);
  if (!both.ok) return { kind: 'refused', violations: both.violations };
  const plan = planMatchReport({ mine: mine.value, both: both.value }, kinds, inputs);
  const counts = [plan.mine, plan.both, plan.byKind];
  const borne = bearCharge(eventsLeft(counts, { stored }), accounts);
  if (borne.kind === 'budget-spent') return borne;
  const counted = [plan.mine, plan.both].map((count) => printAggregate(count).sql);
  const told = (plan.byKind.publicGroups ?? []).map(([kind]) => String(kind));
  return { ...borne, kind: 'admitted', tables: tables.map(tableName), counted, kinds: told };
}

function decideHidden(inputs: HiddenMatchInputs): MatchDecision {
  const { table, parse, accounts } = inputs;
  const checked = checkCount(personsSql(table), parse, [table], inputs);
  if (!checked.ok) return { kind: 'refused', violations: checked.violations };
  const { overlap, events } = planHiddenMatch(checked.value, inputs);
  const borne = bearCharge(events, accounts);
  if (borne.kind === 'budget-spent') return borne;
  const counted = [printAggregate(overlap).sql];
  return { ...borne, kind: 'admitted', tables: [tableName(table)], counted, kinds: [] };
}

function checkCount(
  sql: string,
  parse: Parse,
  tables: readonly TableView[],
  { epsilon }: MatchFacts,
): Checked<CheckedQuery> {
  const read = readQuery(sql, parse);
  return read.ok ? checkQuestion(read.value, tables, { epsilon, omitIntervals: false }) : read;
}
