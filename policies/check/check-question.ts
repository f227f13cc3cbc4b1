import type { FunctionView } from '../collaboration/function-view.ts';
import type { TableView } from '../collaboration/table-view.ts';
import type { PlanTable } from '../plan/expression.ts';
import { type OuterQuery, withoutIntervals } from '../plan/outer-query.ts';
import type { AggregateDraft } from '../plan/question-tree.ts';
import { tablesIn } from '../plan/walk-rows.ts';
import { MIN_EPSILON } from '../rules/rules.ts';
import type { Checked, ParsedQuery } from '../syntax/read-query.ts';
import { checkThreshold, type ReleaseMode } from '../threshold/check-threshold.ts';
import { bindQuery } from './bind-select.ts';
import { firstTable } from './bound-rows.ts';
import { inOrder } from './catalogue.ts';
import { checkShown } from './check-shown.ts';
import { viewsIn } from './column-origin.ts';
import { type BoundQuery, BROKEN, QuestionScope } from './question-scope.ts';

type RowsQuery = Extract<BoundQuery, { kind: 'rows' }>;

declare const minted: unique symbol;

/** A question that breaks no rule of any owner it touches. Only {@link checkQuestion} makes it. */
export interface CheckedQuery {
  readonly [minted]: 'CheckedQuery';
  readonly sql: string;
  readonly aggregates: readonly AggregateDraft[];
  readonly outer: OuterQuery;
}

/** What a check decides from, beside the SQL. */
export interface CheckOptions {
  /** Epsilon that the question would spend. */
  readonly epsilon: number;
  /** Leaves the ends of the 95 % intervals out of the outermost columns. */
  readonly omitIntervals: boolean;
  /** How the answer is to leave; `private` when left out. */
  readonly mode?: ReleaseMode;
  /** Scoring functions known in the collaboration; none when left out. */
  readonly functions?: readonly FunctionView[];
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
  const question = new QuestionScope(query.sql, tables, options.functions);
  const bound = question.within(() => bindQuery(query.query, { ctes: new Map(), around: null }, question));
  if (bound?.kind === 'rows') refuseRows(query, bound, question);
  if (bound?.kind === 'released') checkShown(bound.select, question);
  const isThreshold = options.mode === 'threshold';
  if (isThreshold) checkThreshold(question);
  else {
    checkEpsilon(
      question,
      question.aggregates.flatMap((a) => a.tables),
      options.epsilon,
    );
  }
  if (question.violations.length > 0 || bound?.kind !== 'released') {
    // Only a hostile parser sends a query that shows nothing.
    if (question.violations.length === 0)
      question.violate('syntax-is-known', { construct: 'query without columns' }, null);
    return { ok: false, violations: inOrder(question.violations) };
  }
  // Nothing is drawn in threshold mode: an interval would claim a chance where there is none.
  const outer = options.omitIntervals || isThreshold ? withoutIntervals(bound.select) : bound.select;
  return { ok: true, value: { sql: query.sql, aggregates: question.aggregates, outer } as unknown as CheckedQuery };
}

function refuseRows(query: ParsedQuery, rows: RowsQuery, question: QuestionScope): void {
  const groupKeys = tablesIn(rows.from).flatMap((t) => Object.keys(t.view.rules.groupKeys));
  const grouped = groupedIdentity(query, rows);
  if (grouped !== null) {
    question.violate('identity-stays-inside', { ...grouped.facts, isGrouped: true }, grouped.at);
    return;
  }
  const identity = identityName(rows);
  const facts = { groupKeys, ...(identity === null ? {} : { identity }) };
  const starred = starPlaces(query);
  for (const [name, expression] of rows.columns) {
    if (expression === BROKEN) continue;
    if (expression.type.kind === 'person') {
      question.violate('identity-stays-inside', { column: name, ...facts }, expression.at);
      continue;
    }
    const [view] = viewsIn(expression, question);
    // One `*` is one mistake, however many columns it stands for.
    const column = starred.has(expression.at) ? '*' : name;
    question.violate('output-is-aggregated', { column, ...facts }, expression.at, { owner: view?.member ?? null });
  }
}

function starPlaces({ query }: ParsedQuery): ReadonlySet<number | null> {
  const items = query.kind === 'select' ? query.items : [];
  return new Set(items.flatMap(({ expression }) => (expression.kind === 'star' ? [expression.at] : [])));
}

/** The identity of rows as the outermost query may name it. */
function identityName(rows: RowsQuery): string | null {
  for (const relation of rows.from.relations) {
    for (const [column, expression] of relation.columns) {
      if (expression.type.kind === 'person') return relation.name === null ? column : `${relation.name}.${column}`;
    }
  }
  return null;
}

/** The identity that the outermost query groups by: its rows are persons. */
function groupedIdentity(
  { query }: ParsedQuery,
  rows: RowsQuery,
): { readonly facts: { readonly column: string }; readonly at: number | null } | null {
  const [source, ...others] = rows.from.sources;
  if (source?.input.kind !== 'per-person' || others.length > 0 || query.kind !== 'select') return null;
  const keys = query.groupBy === 'all' ? [] : query.groupBy;
  if (keys.length === 0 && !query.distinct) return null;
  const column = firstTable(rows.from)?.rules.identity ?? 'identity';
  return { facts: { column }, at: keys[0]?.at ?? query.items[0]?.expression.at ?? null };
}

/** Holds an epsilon against the strictest limit of the owners it touches. */
export function checkEpsilon(
  question: QuestionScope,
  tables: readonly PlanTable[],
  epsilon: number,
  minimum = MIN_EPSILON,
): void {
  const strictest = tables
    .map((t) => t.view)
    .toSorted((a, b) => a.rules.maxEpsilonPerQuestion - b.rules.maxEpsilonPerQuestion)[0];
  if (strictest === undefined) return;
  if (epsilon >= minimum && epsilon <= strictest.rules.maxEpsilonPerQuestion) return;
  const facts = { epsilon, minimum, maximum: strictest.rules.maxEpsilonPerQuestion };
  question.violate('epsilon-is-permitted', facts, null, { owner: strictest.member });
}
