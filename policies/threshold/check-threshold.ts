import { type Violation, violation } from '../check/catalogue.ts';
import type { QuestionScope } from '../check/question-scope.ts';
import { type TableView, tableName } from '../collaboration/table-view.ts';
import type { PlanTable } from '../plan/expression.ts';
import type { AggregateDraft, Statistic } from '../plan/question-tree.ts';
import type { ThresholdRule } from '../rules/rules.ts';

/** How an answer leaves: with noise and a guarantee, or exact, thresholded and without one. */
export type ReleaseMode = 'private' | 'threshold';

/**
 * Most group keys of one aggregation. Every total along the keys is held against history and against what it would
 * give away of suppressed groups, and each key doubles the totals.
 */
const MAX_THRESHOLD_KEYS_COUNT = 3;
/** Most numbers of one aggregation: each is compared with each of every earlier one. */
const MAX_THRESHOLD_STATISTICS_COUNT = 8;

/** The numbers that differences can be checked of: each is one whole number a person and group, added up. */
const COMPARABLE: readonly Statistic['kind'][] = ['persons', 'persons-where', 'rows', 'sum'];

/** What an owner permits in threshold mode. Rules that were set before the mode existed have no such field. */
export function thresholdRuleOf(view: TableView): ThresholdRule | null {
  return view.rules.threshold ?? null;
}

/** The tables that name persons; a public one has nobody to protect and nothing to permit. */
export function personalTables({ tables }: Pick<AggregateDraft, 'tables'>): readonly PlanTable[] {
  return tables.filter(({ view }) => view.rules.publicTable === null);
}

/** Holds the aggregations of a question against what threshold mode is permitted and able to release. */
export function checkThreshold(question: QuestionScope): void {
  for (const aggregate of question.aggregates) {
    for (const { view } of personalTables(aggregate)) {
      if (thresholdRuleOf(view) !== null) continue;
      const facts = { table: tableName(view), owner: view.member };
      question.violate('threshold-is-permitted', facts, null, { owner: view.member });
    }
    checkShape(aggregate, question);
  }
}

/**
 * Refuses a question when more earlier exact aggregations lie over its tables than it could be compared with.
 *
 * The number follows from the questions that were asked, not from what is in the data.
 */
export function checkHistory(
  query: { readonly sql: string; readonly aggregates: readonly unknown[] },
  facts: { readonly earlier: number; readonly maximum: number },
): readonly Violation[] {
  const { earlier, maximum } = facts;
  if (earlier + query.aggregates.length <= maximum) return [];
  return [violation('threshold-history-is-bounded', { earlier, maximum }, { sql: query.sql, at: null })];
}

function checkShape(draft: AggregateDraft, question: QuestionScope): void {
  const { keys, statistics } = draft;
  const refuse = (construct: string, instead: string): void =>
    question.violate('threshold-can-protect', { construct, instead }, null);
  if (statistics.some((s) => !COMPARABLE.includes(s.kind))) {
    const instead = 'ask for counts, sums and averages, or ask in private mode';
    refuse('an aggregate other than count, count(distinct …) of persons, sum and avg', instead);
  }
  if (statistics.length > MAX_THRESHOLD_STATISTICS_COUNT) {
    refuse(`more than ${MAX_THRESHOLD_STATISTICS_COUNT} numbers a group`, 'ask in several questions');
  }
  if (keys.length > MAX_THRESHOLD_KEYS_COUNT) {
    refuse(`a result by ${keys.length} keys`, `group by at most ${MAX_THRESHOLD_KEYS_COUNT}`);
  }
  for (const { ref, view } of personalTables(draft)) {
    const isJoined = draft.rows.sources.some((source) => source.ref === ref && source.input.kind === 'table');
    if (isJoined || !thresholdRuleOf(view)?.stores) continue;
    refuse(
      `\`${tableName(view)}\` within a subquery`,
      'name it in the FROM of the aggregation: its stores are compared',
    );
  }
}
