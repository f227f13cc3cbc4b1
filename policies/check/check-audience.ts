import { conversionDelta } from '../account/ledger-account.ts';
import { rhoFor } from '../account/zcdp.ts';
import type { FunctionView } from '../collaboration/function-view.ts';
import { type TableView, tableName } from '../collaboration/table-view.ts';
import { assertNever, columnsIn, type PlanTable } from '../plan/expression.ts';
import type { ProtectedRows } from '../plan/protected-rows.ts';
import { pruneRows } from '../plan/prune-rows.ts';
import { expressionsIn, sourcesIn, tablesIn } from '../plan/walk-rows.ts';
import { tailThreshold } from '../protect/gaussian-tail.ts';
import { MAX_BUDGET_EPSILON, MIN_EPSILON } from '../rules/rules.ts';
import type { Checked, ParsedQuery } from '../syntax/read-query.ts';
import { bindQuery } from './bind-select.ts';
import { finishedRows, withPerson } from './bound-rows.ts';
import { inOrder, type Violation } from './catalogue.ts';
import { checkEpsilon } from './check-question.ts';
import { checkAggregate } from './permissions.ts';
import { QuestionScope } from './question-scope.ts';

declare const minted: unique symbol;

/** A definition of an audience that every owner it touches permits. Only {@link checkAudience} makes it. */
export interface CheckedAudience {
  readonly [minted]: 'CheckedAudience';
  readonly sql: string;
  readonly rows: ProtectedRows;
  /** Every table within `rows`. */
  readonly tables: readonly PlanTable[];
  /** Fewest persons, by the protected size: the strictest owner's. */
  readonly minSize: number;
}

/** Holds an audience definition against the rules: SQL that selects one identity column of protected rows. */
export function checkAudience(
  query: ParsedQuery,
  tables: readonly TableView[],
  functions: readonly FunctionView[] = [],
): Checked<CheckedAudience> {
  const question = new QuestionScope(query.sql, tables, functions);
  // A person is in an audience once, whether or not the query says so.
  const selection = query.query.kind === 'select' ? { ...query.query, distinct: false } : query.query;
  const bound = question.within(() => bindQuery(selection, { ctes: new Map(), around: null }, question));
  if (bound?.kind !== 'rows') {
    if (bound !== null && question.violations.length === 0) refuseShape(question, 'an aggregated result', tables);
    return { ok: false, violations: inOrder(question.violations) };
  }
  const selected = [...bound.columns.values()];
  const [only] = selected;
  if (selected.length !== 1 || only?.type.kind !== 'person') {
    refuseShape(question, selected.length === 1 ? 'another column' : `${selected.length} columns`, tables);
  }
  // What broke a filter rule is told in the words of audiences instead, as its list of columns is another one.
  const others = question.violations.filter((v) => v.rule !== 'filter-is-permitted');
  question.violations.length = 0;
  question.violations.push(...others);
  const from = only?.type.kind === 'person' ? withPerson(bound.from, only, question) : bound.from;
  const rows = pruneRows(finishedRows(from), []);
  const all = tablesIn(rows);
  checkColumns(rows, question);
  // Its size is a count of persons like any other.
  checkAggregate(
    'count-persons',
    all.map((t) => t.view),
    null,
    question,
  );
  if (question.violations.length > 0) return { ok: false, violations: inOrder(question.violations) };
  const minSize = Math.max(...all.map((t) => t.view.rules.audience?.minSize ?? 0));
  return { ok: true, value: { sql: query.sql, rows, tables: all, minSize } as unknown as CheckedAudience };
}

function refuseShape(question: QuestionScope, found: string, tables: readonly TableView[]): void {
  const [first] = tables;
  const example = first ? `${tableName(first)}.${first.rules.identity}` : 'an identity column';
  question.violate('audience-selects-persons', { found, example }, null);
}

/** Every column that is read anywhere decides who is in, so that its owner must permit it in audiences. */
function checkColumns(rows: ProtectedRows, question: QuestionScope): void {
  const people = sourcesIn(rows).flatMap(({ ref, input }) =>
    input.kind === 'table' ? [{ ref, view: input.view }] : [],
  );
  for (const { view } of people) {
    if (view.rules.audience !== null) continue;
    question.violate('audience-column-is-permitted', { column: tableName(view), columns: [] }, null, {
      owner: view.member,
    });
  }
  for (const column of expressionsIn(rows).flatMap(columnsIn)) {
    const view = people.find((t) => t.ref === column.relation)?.view;
    const columns = view?.rules.audience?.columns;
    if (view === undefined || columns === undefined || column.type.kind === 'person') continue;
    if (columns.includes(column.column)) continue;
    question.violate('audience-column-is-permitted', { column: column.column, columns }, column.at, {
      owner: view.member,
    });
  }
}

/** The tables that every person of an audience is in: one that a person need not be in does not name everybody. */
export function sureTables({ rows }: Pick<CheckedAudience, 'rows'>): readonly PlanTable[] {
  const inner = rows.sources.filter(({ how }) => how === 'inner');
  return inner.flatMap(({ ref, input }): readonly PlanTable[] => {
    switch (input.kind) {
      case 'table':
        return [{ ref, view: input.view }];
      case 'rows':
      case 'per-person':
        return sureTables({ rows: input.rows });
      case 'union':
        return inEvery(input.branches.map((branch) => sureTables(branch)));
      case 'public':
        return [];
      default:
        return assertNever(input);
    }
  });
}

/** Whoever is in one of several parts is surely in a table only where every part is over it. */
function inEvery(parts: readonly (readonly PlanTable[])[]): readonly PlanTable[] {
  const [first = [], ...others] = parts;
  return first.filter(({ view }) => others.every((part) => part.some((t) => t.view.datasetId === view.datasetId)));
}

/** How often an audience of one person may pass the minimum by the noise of its size alone. */
const TINY_AUDIENCE_RATIO = 0.001;
/** Halvings of a search for an epsilon: to a millionth of the largest. */
const SEARCH_STEPS = 30;

/**
 * The smallest epsilon of a size that can be held against the minimum.
 *
 * Whoever asks chooses how exact a size is: with noise of many times the minimum, an audience of one person would pass
 * every third time, and cost next to nothing.
 */
export function smallestSizeEpsilon(audience: Pick<CheckedAudience, 'minSize'>, delta: number): number {
  const isExact = (epsilon: number): boolean => {
    const variance = 1 / (2 * rhoFor(epsilon, conversionDelta(delta)));
    return 1n + tailThreshold(variance, TINY_AUDIENCE_RATIO) <= BigInt(audience.minSize);
  };
  let low = MIN_EPSILON;
  let high = MAX_BUDGET_EPSILON;
  if (isExact(low)) return low;
  for (let step = 0; step < SEARCH_STEPS; step += 1) {
    const middle = (low + high) / 2;
    if (isExact(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Holds the epsilon of a size against the owners' limit for one question, and against what the minimum needs. */
export function checkSizeEpsilon(audience: CheckedAudience, epsilon: number, delta: number): readonly Violation[] {
  const question = new QuestionScope(audience.sql, []);
  checkEpsilon(question, audience.tables, epsilon, smallestSizeEpsilon(audience, delta));
  return question.violations;
}
