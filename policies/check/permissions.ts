import type { TableView } from '../collaboration/table-view.ts';
import { allParts, type ColumnExpression, columnsIn, type Expression, partsOf } from '../plan/expression.ts';
import { permitsStandard } from '../rules/function-rule.ts';
import type { PermittableAggregate } from '../rules/rules.ts';
import { originOf, viewsIn } from './column-origin.ts';
import { isListedFunction } from './functions.ts';
import type { QuestionScope } from './question-scope.ts';
import { checkScore } from './score-permissions.ts';

/**
 * What owners permit, column by column.
 *
 * A value that a subquery computes carries the permissions of the columns it is computed from: a key smuggled through
 * `min(zip)` is `zip`. What merely decides (WHERE, CASE WHEN, FILTER, HAVING) reads as a filter.
 */
type Holding = 'filter' | 'group-key' | 'measure';

/** Checks what a condition reads: group keys and permitted filters only. */
export function checkFilter(filter: Expression, question: QuestionScope): void {
  hold(filter, 'filter', question);
}

/** Checks what a group key reads: permitted group keys, and in its conditions also filters. */
export function checkGroupKey(key: Expression, question: QuestionScope): void {
  hold(key, 'group-key', question);
}

/** Checks what an aggregate reads: measures, and within conditions filters and group keys. */
export function checkMeasure(measure: Expression, question: QuestionScope): void {
  hold(measure, 'measure', question);
}

function hold(e: Expression, as: Holding, question: QuestionScope): void {
  checkFunctions(e, question);
  if (as === 'group-key') refuseCompared(e, question);
  for (const condition of conditionsIn(e))
    for (const column of columnsIn(condition)) checkColumn(column, 'filter', question);
  for (const column of valueColumns(e)) checkColumn(column, as, question);
}

/** Persons that are compared in a key would tell which of them are one; whether one is there at all may be a key. */
function refuseCompared(key: Expression, question: QuestionScope): void {
  const compared = allParts(key).flatMap((part) => (part.kind === 'compare' ? [part.left, part.right] : []));
  for (const side of compared) {
    if (side.kind !== 'column' || side.type.kind !== 'person') continue;
    question.violate('identity-stays-inside', { column: question.writtenName(side) }, side.at);
  }
}

function checkColumn(column: ColumnExpression, as: Holding, question: QuestionScope): void {
  if (column.type.kind === 'person') {
    if (as !== 'group-key') return;
    question.violate('identity-stays-inside', { column: question.writtenName(column) }, column.at);
    return;
  }
  const origin = originOf(column, question);
  if (origin.kind === 'owned') checkOwned(column, as, origin.view, question);
  if (origin.kind !== 'computed') return;
  for (const value of origin.values) hold(value, as, question);
  for (const condition of origin.conditions) hold(condition, 'filter', question);
}

function checkOwned(column: ColumnExpression, as: Holding, view: TableView, question: QuestionScope): void {
  const { rules, member: owner } = view;
  const groupKeys = Object.keys(rules.groupKeys);
  const filters = [...new Set([...rules.filters, ...groupKeys])];
  const measures = Object.keys(rules.measures);
  const name = column.column;
  if (as === 'group-key' && !groupKeys.includes(name)) {
    question.violate('group-key-is-permitted', { column: name, groupKeys }, column.at, { owner });
  }
  if (as === 'filter' && !filters.includes(name)) {
    question.violate('filter-is-permitted', { column: name, filters }, column.at, { owner });
  }
  if (as === 'measure' && !measures.includes(name) && !filters.includes(name)) {
    question.violate('measure-is-permitted', { column: name, measures }, column.at, { owner });
  }
}

/** Whether an expression only decides: what comes out was written in the question, like the number of a bucket. */
function isDecision(e: Expression): boolean {
  const kinds = ['compare', 'logic', 'not', 'is-null', 'in'];
  return kinds.includes(e.kind) || (e.kind === 'call' && e.name === 'width_bucket');
}

/** The outermost conditions within an expression: what they read decides, like a filter. */
function conditionsIn(e: Expression): readonly Expression[] {
  if (isDecision(e)) return [e];
  switch (e.kind) {
    case 'case':
      return [...e.branches.map((b) => b.when), ...resultsOf(e).flatMap(conditionsIn)];
    default:
      return partsOf(e).flatMap(conditionsIn);
  }
}

/** The columns whose values flow into an expression. */
function valueColumns(e: Expression): readonly ColumnExpression[] {
  if (isDecision(e)) return [];
  switch (e.kind) {
    case 'column':
      return [e];
    case 'case':
      return resultsOf(e).flatMap(valueColumns);
    default:
      return partsOf(e).flatMap(valueColumns);
  }
}

function resultsOf(e: Extract<Expression, { kind: 'case' }>): readonly Expression[] {
  return [...e.branches.map((b) => b.result), ...(e.otherwise ? [e.otherwise] : [])];
}

/** Checks that every owner whose rows are counted permits the aggregate; public tables have nobody to protect. */
export function checkAggregate(
  aggregate: PermittableAggregate,
  views: readonly TableView[],
  at: number | null,
  question: QuestionScope,
): void {
  for (const view of views) {
    if (view.rules.publicTable !== null || view.rules.aggregates.includes(aggregate)) continue;
    const facts = { aggregate, aggregates: view.rules.aggregates };
    question.violate('aggregate-is-permitted', facts, at, { owner: view.member });
  }
}

function checkFunctions(expression: Expression, question: QuestionScope): void {
  for (const part of allParts(expression)) {
    if (part.kind === 'score') checkScore(part, question);
    if (part.kind !== 'call' || !isListedFunction(part.name)) continue;
    for (const view of new Set(viewsIn(part, question))) {
      if (permitsStandard(view.rules.functions, part.name)) continue;
      const functions = view.rules.functions === 'standard' ? [] : view.rules.functions.filter((f) => !f.includes('/'));
      const facts = { function: part.name, functions };
      question.violate('function-is-permitted', facts, part.at, { owner: view.member });
    }
  }
}
