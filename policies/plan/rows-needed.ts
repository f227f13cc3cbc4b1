import { tableName } from '../collaboration/table-view.ts';
import type { SyntaxLiteral } from '../syntax/syntax-tree.ts';
import { momentOf } from './calendar.ts';
import type { ColumnExpression, Expression } from './expression.ts';
import type { ProtectedRows, RowSource } from './protected-rows.ts';
import { rowsWithin, sourcesIn } from './walk-rows.ts';

/**
 * What a column of a row must hold for the row to count; NULL never does.
 *
 * Units: integers as they are, decimals in units of the column's last digit, dates in days and timestamps in
 * microseconds since 1970.
 */
export interface RowCondition {
  readonly column: string;
  /** Smallest and largest value, both included; `null` for no end. */
  readonly atLeast: bigint | null;
  readonly atMost: bigint | null;
  /** The values it may have; `null` for any. */
  readonly among: readonly (string | bigint | boolean)[] | null;
}

/**
 * Finds, for each table, conditions without which no row of it counts, so that other rows need not enter the wall.
 *
 * A job that is taken over by an exploit has what it was given: a question about the customers of one shop gives it
 * nobody else's rows. Only comparisons of one column with constants are found, which is what is cheap to judge; the
 * printed query says all conditions again, so that to find fewer is never wrong.
 *
 * INVARIANT: persons with more rows than their table declares are exempt: all of their rows must enter. Which of them a
 * cut keeps follows from all, and must not change with what is left out before it.
 *
 * Shape: by the name of the table; a table without an entry is needed whole.
 */
export function rowsNeeded(rows: ProtectedRows): ReadonlyMap<string, readonly RowCondition[]> {
  const sources = sourcesIn(rows).flatMap(({ input }) => (input.kind === 'table' ? [tableName(input.view)] : []));
  // A table that is read twice is needed for both readings.
  return new Map(conditionsOf(rows).filter(([name]) => sources.filter((s) => s === name).length === 1));
}

function conditionsOf(rows: ProtectedRows): readonly (readonly [string, readonly RowCondition[]])[] {
  const inner = rows.sources.filter((s, index) => index === 0 || s.how === 'inner');
  const common = [...rows.filters, ...inner.flatMap((s) => s.on)].flatMap(conjuncts);
  return rows.sources.flatMap((source) => {
    const within = rowsWithin(source).flatMap(conditionsOf);
    const { input } = source;
    if (input.kind !== 'table') return within;
    const held = inner.includes(source) ? common : source.on.flatMap(conjuncts);
    const conditions = held.flatMap((e) => conditionOn(e, source));
    return conditions.length === 0 ? within : [...within, [tableName(input.view), conditions] as const];
  });
}

function conjuncts(e: Expression): readonly Expression[] {
  return e.kind === 'logic' && e.operator === 'and' ? e.args.flatMap(conjuncts) : [e];
}

function conditionOn(e: Expression, source: RowSource): readonly RowCondition[] {
  switch (e.kind) {
    case 'compare': {
      const isTurned = e.left.kind !== 'column';
      const [column, constant] = isTurned ? [e.right, e.left] : [e.left, e.right];
      if (!isOf(column, source)) return [];
      return compared(column, isTurned ? turned(e.operator) : e.operator, constant);
    }
    case 'in': {
      if (e.negated || !isOf(e.arg, source)) return [];
      const { arg } = e;
      const values = e.list.map((item) => valueFor(arg, item));
      return values.some((v) => v === null)
        ? []
        : [
            anyOf(
              arg,
              values.flatMap((v) => (v === null ? [] : [v])),
            ),
          ];
    }
    case 'is-null':
      return e.negated && isOf(e.arg, source) ? [{ ...anything, column: e.arg.column }] : [];
    case 'column':
      return isOf(e, source) && e.type.kind === 'boolean' ? [anyOf(e, [true])] : [];
    case 'not':
      return isOf(e.arg, source) && e.arg.type.kind === 'boolean' ? [anyOf(e.arg, [false])] : [];
    default:
      return [];
  }
}

const anything = { atLeast: null, atMost: null, among: null } as const;

function anyOf(column: ColumnExpression, among: NonNullable<RowCondition['among']>): RowCondition {
  return { ...anything, column: column.column, among };
}

function isOf(e: Expression, source: RowSource): e is ColumnExpression {
  return e.kind === 'column' && e.relation === source.ref && e.type.kind !== 'person';
}

type Operator = Extract<Expression, { kind: 'compare' }>['operator'];

function turned(operator: Operator): Operator {
  const pairs: Readonly<Record<Operator, Operator>> = {
    '=': '=',
    '<>': '<>',
    '<': '>',
    '<=': '>=',
    '>': '<',
    '>=': '<=',
  };
  return pairs[operator];
}

function compared(column: ColumnExpression, operator: Operator, constant: Expression): readonly RowCondition[] {
  const value = valueFor(column, constant);
  if (value === null) return [];
  if (operator === '=') return [anyOf(column, [value])];
  if (typeof value !== 'bigint') return [];
  const name = column.column;
  switch (operator) {
    case '<':
      return [{ ...anything, column: name, atMost: value - 1n }];
    case '<=':
      return [{ ...anything, column: name, atMost: value }];
    case '>':
      return [{ ...anything, column: name, atLeast: value + 1n }];
    case '>=':
      return [{ ...anything, column: name, atLeast: value }];
    default:
      return [];
  }
}

/** A constant as the column holds it; `null` where the two are not of one kind, or the constant is none. */
function valueFor({ type }: ColumnExpression, e: Expression): string | bigint | boolean | null {
  if (e.kind === 'cast') {
    if (e.type.kind !== type.kind || e.arg.kind !== 'literal' || e.arg.value.type !== 'text') return null;
    if (type.kind !== 'date' && type.kind !== 'timestamp') return null;
    return momentOf(e.arg.value.value, type.kind);
  }
  if (e.kind !== 'literal') return null;
  switch (type.kind) {
    case 'text':
      return e.value.type === 'text' ? e.value.value : null;
    case 'boolean':
      return e.value.type === 'boolean' ? e.value.value : null;
    case 'integer':
      return unscaled(e.value, 0);
    case 'decimal':
      return unscaled(e.value, type.scale);
    default:
      return null;
  }
}

/** A number in units of 10^-scale, when it is a whole number of them. */
function unscaled(value: SyntaxLiteral, scale: number): bigint | null {
  if (value.type === 'integer') return value.value * 10n ** BigInt(scale);
  if (value.type !== 'decimal' || value.scale > scale) return null;
  return value.unscaled * 10n ** BigInt(scale - value.scale);
}
