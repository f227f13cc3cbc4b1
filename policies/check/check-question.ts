import type { TableView } from '../collaboration/table-view.ts';
import type { PlanTable } from '../plan/expression.ts';
import type { AggregateDraft, OuterSelect } from '../plan/question-tree.ts';
import { INTERVAL_ENDINGS } from '../plan/question-tree.ts';
import { MIN_EPSILON } from '../rules/rules.ts';
import type { Checked, ParsedQuery } from '../syntax/read-query.ts';
import { bindSelect } from './bind-select.ts';
import { candidateOf } from './candidate.ts';
import { inOrder } from './catalogue.ts';
import { type BoundQuery, QuestionScope } from './question-scope.ts';

declare const minted: unique symbol;

/** A question that breaks no rule of any owner it touches. Only {@link checkQuestion} makes it. */
export interface CheckedQuery {
  readonly [minted]: 'CheckedQuery';
  readonly sql: string;
  readonly aggregates: readonly AggregateDraft[];
  readonly outer: OuterSelect;
}

/** What a check decides from, beside the SQL. */
export interface CheckOptions {
  /** Epsilon that the question would spend. */
  readonly epsilon: number;
  /** Leaves the ends of the 95 % intervals out of the outermost columns. */
  readonly omitIntervals: boolean;
}

/**
 * Holds a question against the rules of all owners it touches: every violation at once, or a checked query.
 *
 * A pure function of the SQL, the schema and the rules: the same facts give the same answer, today and to an auditor.
 */
export function checkQuestion(
  query: ParsedQuery,
  tables: readonly TableView[],
  options: CheckOptions,
): Checked<CheckedQuery> {
  const question = new QuestionScope(query.sql, tables);
  const bound = question.within(() => bindSelect(query.select, new Map(), question));
  if (bound?.kind === 'rows') refuseRows(query, bound, question);
  checkEpsilon(
    question,
    question.aggregates.flatMap((a) => a.tables),
    options.epsilon,
  );
  if (question.violations.length > 0 || bound?.kind !== 'released') {
    return { ok: false, violations: inOrder(question.violations) };
  }
  const outer = options.omitIntervals ? withoutIntervals(bound.select) : bound.select;
  return { ok: true, value: { sql: query.sql, aggregates: question.aggregates, outer } as unknown as CheckedQuery };
}

function refuseRows(query: ParsedQuery, rows: Extract<BoundQuery, { kind: 'rows' }>, question: QuestionScope): void {
  const groupKeys = rows.from.tables.flatMap((t) => Object.keys(t.view.rules.groupKeys));
  const candidate = candidateOf(query, rows);
  for (const [column, expression] of rows.columns) {
    const table = rows.from.tables.find((t) => expression.kind === 'column' && t.ref === expression.relation);
    const more = { owner: table?.view.member ?? null, ...(candidate === null ? {} : { candidate }) };
    question.violate('output-is-aggregated', { column, groupKeys }, expression.at, more);
  }
}

/** Holds an epsilon against the strictest limit of the owners it touches. */
export function checkEpsilon(question: QuestionScope, tables: readonly PlanTable[], epsilon: number): void {
  const strictest = tables
    .map((t) => t.view)
    .toSorted((a, b) => a.rules.maxEpsilonPerQuestion - b.rules.maxEpsilonPerQuestion)[0];
  if (strictest === undefined) return;
  if (epsilon >= MIN_EPSILON && epsilon <= strictest.rules.maxEpsilonPerQuestion) return;
  const facts = { epsilon, minimum: MIN_EPSILON, maximum: strictest.rules.maxEpsilonPerQuestion };
  question.violate('epsilon-is-permitted', facts, null, { owner: strictest.member });
}

function withoutIntervals(outer: OuterSelect): OuterSelect {
  const endings = Object.values(INTERVAL_ENDINGS);
  const isEnd = (column: string): boolean => endings.some((ending) => column.endsWith(ending));
  const items = outer.items.filter(
    ({ name, expression: e }) => !(e.kind === 'column' && isEnd(e.column) && isEnd(name)),
  );
  return { ...outer, items };
}
