import type { FunctionResult } from '../collaboration/function-view.ts';
import type { TableView } from '../collaboration/table-view.ts';
import { type ColumnExpression, columnsIn, type Expression } from '../plan/expression.ts';
import type { PersonAggregate, RowInput } from '../plan/protected-rows.ts';
import { rowsPerPerson } from '../plan/stability.ts';
import type { MeasureRule } from '../rules/rules.ts';
import { constantOf } from './functions.ts';
import type { QuestionScope } from './question-scope.ts';

/** The least and greatest value a number can take, from declared facts alone. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/**
 * Bounds of an expression on one row, by interval arithmetic over what owners declared; `null` when nothing bounds it.
 *
 * A bound that the data breaks costs accuracy, never privacy: the engine clamps each person's total to it anyway.
 */
export function rowBounds(e: Expression, question: QuestionScope): Bounds | null {
  const constant = constantOf(e);
  if (constant !== null) return { low: constant, high: constant };
  switch (e.kind) {
    case 'column':
      return columnBounds(e, question);
    case 'literal':
      if (e.value.type === 'null') return { low: 0, high: 0 };
      return e.value.type === 'boolean' ? { low: 0, high: 1 } : null;
    case 'cast':
      return rowBounds(e.arg, question);
    case 'case':
      return hull([...e.branches.map((b) => b.result), ...(e.otherwise ? [e.otherwise] : [])], (r) =>
        rowBounds(r, question),
      );
    case 'call':
      return callBounds(e, question);
    case 'score':
      return scoreBounds(e.returns);
    default:
      // Conditions: true is 1 and false is 0.
      return { low: 0, high: 1 };
  }
}

function columnBounds(column: ColumnExpression, question: QuestionScope): Bounds | null {
  const input = question.source(column.relation)?.input;
  const bounds = input === undefined ? null : inputBounds(column, input, question);
  return bounds ?? (column.type.kind === 'boolean' ? { low: 0, high: 1 } : null);
}

function inputBounds(column: ColumnExpression, input: RowInput, question: QuestionScope): Bounds | null {
  const name = column.column;
  switch (input.kind) {
    case 'table':
    case 'public': {
      const rule = measureRule(name, input.view);
      return rule === undefined ? null : { low: rule.min, high: rule.max };
    }
    case 'rows': {
      const expression = input.columns.find((c) => c.name === name)?.expression;
      return expression === undefined ? null : rowBounds(expression, question);
    }
    case 'union': {
      const index = input.columns.findIndex((c) => c.name === name);
      return hull(
        input.branches.flatMap((b) => b.values[index] ?? []),
        (e) => rowBounds(e, question),
      );
    }
    default: {
      const key = input.keys.find((k) => k.name === name);
      if (key !== undefined) return rowBounds(key.expression, question);
      const aggregate = input.values.find((v) => v.name === name)?.aggregate;
      return aggregate === undefined ? null : aggregateBounds(aggregate, rowsPerPerson(input.rows), question);
    }
  }
}

/** Bounds of what one person's own rows add up to. */
function aggregateBounds(aggregate: PersonAggregate, rows: number, question: QuestionScope): Bounds | null {
  switch (aggregate.kind) {
    case 'count':
    case 'count-values':
    case 'count-distinct':
      return { low: 0, high: rows };
    case 'any':
    case 'all':
      return { low: 0, high: 1 };
    case 'sum':
      return aggregate.of === null ? null : personBounds(aggregate.of, question, rows);
    default:
      return aggregate.of === null ? null : rowBounds(aggregate.of, question);
  }
}

/** Own entries only: a column may be called `constructor`. */
function measureRule(column: string, view: TableView): MeasureRule | undefined {
  const { measures } = view.rules;
  return Object.hasOwn(measures, column) ? measures[column] : undefined;
}

function callBounds(e: Extract<Expression, { kind: 'call' }>, question: QuestionScope): Bounds | null {
  if (e.name === 'clamp') return clampBounds(e);
  const parts = e.args.map((a) => rowBounds(a, question));
  const [a, b] = parts;
  if (a === undefined || a === null) return null;
  switch (e.name) {
    case 'abs':
      return { low: 0, high: Math.max(Math.abs(a.low), Math.abs(a.high)) };
    case 'sign':
      return { low: -1, high: 1 };
    case 'nullif':
      return a;
    case 'coalesce':
    case 'least':
    case 'greatest':
      return parts.includes(null) ? null : hull(parts as Bounds[], (p) => p);
    case '-':
      if (b === undefined) return { low: -a.high, high: -a.low };
      return b && { low: a.low - b.high, high: a.high - b.low };
    case '+':
      return b ? { low: a.low + b.low, high: a.high + b.high } : null;
    case '*':
      return b ? product(a, b) : null;
    default:
      return null;
  }
}

/** Declared ends hold like those of a clamp: they are printed as one. */
function scoreBounds(returns: FunctionResult): Bounds | null {
  if (returns.kind === 'label') return null;
  const unit = 10 ** returns.scale;
  return { low: Number(returns.min) / unit, high: Number(returns.max) / unit };
}

function clampBounds(e: Extract<Expression, { kind: 'call' }>): Bounds | null {
  const [, low, high] = e.args.map((a) => constantOf(a));
  return low === undefined || high === undefined || low === null || high === null ? null : { low, high };
}

function product(a: Bounds, b: Bounds): Bounds {
  const corners = [a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high];
  return { low: Math.min(...corners), high: Math.max(...corners) };
}

function hull<T>(parts: readonly T[], boundsOf: (part: T) => Bounds | null): Bounds | null {
  const bounds = parts.map(boundsOf);
  if (bounds.length === 0 || bounds.includes(null)) return null;
  const all = bounds as Bounds[];
  return { low: Math.min(...all.map((b) => b.low)), high: Math.max(...all.map((b) => b.high)) };
}

/**
 * Bounds of one person's total within one group, over at most `rowsPerPerson` rows.
 *
 * An owner may declare a tighter total for a measure than rows times maximum; it holds for the measure as it is and
 * for parts of it picked by CASE.
 */
export function personBounds(e: Expression, question: QuestionScope, rowsPerPerson: number): Bounds | null {
  const declared = declaredTotal(e, question);
  if (declared !== null) return declared;
  const row = rowBounds(e, question);
  if (row === null) return null;
  return { low: Math.min(0, row.low * rowsPerPerson), high: Math.max(0, row.high * rowsPerPerson) };
}

/** What one person's total is within, as its owner declares it: without a value it is 0. */
export function personTotal({ min, max }: { readonly min: number; readonly max: number }): Bounds {
  return { low: Math.min(0, min), high: Math.max(0, max) };
}

function declaredTotal(e: Expression, question: QuestionScope): Bounds | null {
  if (e.kind === 'column') {
    const input = question.source(e.relation)?.input;
    const total = input?.kind === 'table' ? measureRule(e.column, input.view)?.perPerson : null;
    return total ? personTotal(total) : null;
  }
  if (e.kind !== 'case') return null;
  const results = [...e.branches.map((b) => b.result), ...(e.otherwise ? [e.otherwise] : [])];
  return hull(results, (r) => {
    const isNothing = constantOf(r) === 0 || (r.kind === 'literal' && r.value.type === 'null');
    return isNothing ? { low: 0, high: 0 } : declaredTotal(r, question);
  });
}

/** Bounds that owners declared of the columns within an expression that itself has none: somewhere to begin a clamp. */
export function declaredWithin(
  e: Expression,
  question: QuestionScope,
): { readonly low?: number; readonly high?: number } {
  const bounds = columnsIn(e).flatMap((column) => columnBounds(column, question) ?? []);
  return hull(bounds, (b) => b) ?? {};
}
