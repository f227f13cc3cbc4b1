import { assertNever, type ColumnExpression, type Expression } from './expression.ts';
import type { GroupKey, Statistic } from './question-tree.ts';

/** Tells what stands for a column. */
export type ColumnMap = (column: ColumnExpression) => Expression;

/** An expression over protected rows with each of its columns replaced. */
export function mapColumns(e: Expression, change: ColumnMap): Expression {
  const map = (part: Expression): Expression => mapColumns(part, change);
  switch (e.kind) {
    case 'column':
      return change(e);
    case 'literal':
      return e;
    case 'call':
    case 'logic':
    case 'score':
      return { ...e, args: e.args.map(map) };
    case 'compare':
      return { ...e, left: map(e.left), right: map(e.right) };
    case 'not':
    case 'is-null':
    case 'cast':
      return { ...e, arg: map(e.arg) };
    case 'in':
      return { ...e, arg: map(e.arg), list: e.list.map(map) };
    case 'case':
      return {
        ...e,
        branches: e.branches.map((b) => ({ when: map(b.when), result: map(b.result) })),
        otherwise: e.otherwise === null ? null : map(e.otherwise),
      };
    case 'aggregate':
    case 'window':
    case 'subquery':
    case 'function':
      throw new TypeError(`protected rows know no ${e.kind}`);
    default:
      return assertNever(e);
  }
}

/** A group key with its columns replaced. */
export function mapKey(key: GroupKey, change: ColumnMap): GroupKey {
  return { ...key, expression: mapColumns(key.expression, change) };
}

/** A statistic with its columns replaced. */
export function mapStatistic(statistic: Statistic, change: ColumnMap): Statistic {
  switch (statistic.kind) {
    case 'persons':
      return statistic;
    case 'persons-where':
      return { ...statistic, when: mapColumns(statistic.when, change) };
    case 'rows':
      return { ...statistic, when: statistic.when === null ? null : mapColumns(statistic.when, change) };
    default:
      return { ...statistic, of: mapColumns(statistic.of, change) };
  }
}
