import { assertNever, canonicalText, type Expression } from '../plan/expression.ts';
import type { OuterFrom, OuterQuery, OuterSelect, OuterSetOperation } from '../plan/outer-query.ts';
import { FunctionNames } from './function-names.ts';
import { type LiteralStyle, printExpression, quoteName } from './print-expression.ts';
import { printDirection, printReleased, type ReleasedPrinter } from './print-released.ts';

/** The name under which the worker of the outer query finds a released table. */
export function releaseTable(index: number): string {
  return `release_${index}`;
}

/** Prints the query over released values for DuckDB. */
export function printOuter(query: OuterQuery, literals: LiteralStyle = 'value'): string {
  const style = { literals, functions: new FunctionNames() };
  const printer: ReleasedPrinter = {
    expression: (e) => printExpression(e, style, (part) => printReleased(part, printer)),
    query: (within) => printOuter(within, literals),
  };
  const limits = [
    ...(query.limit === null ? [] : [`LIMIT ${literals === 'mark' ? '?' : query.limit}`]),
    ...(query.offset === null ? [] : [`OFFSET ${literals === 'mark' ? '?' : query.offset}`]),
  ];
  const body = query.kind === 'select' ? selectParts(query, printer) : setOperationParts(query, printer);
  return [...body, ...limits].join(' ');
}

function selectParts(select: OuterSelect, printer: ReleasedPrinter): readonly string[] {
  const print = printer.expression;
  const items = select.items.map((i) => `${print(i.expression)} AS ${quoteName(i.name)}`);
  // A constant orders nothing, and the engine refuses one as a key.
  const keys = select.orderBy.filter((o) => o.expression.kind !== 'literal');
  const orders = keys.map((o) => `${orderKey(o.expression, select, print)} ${printDirection(o)}`);
  return [
    `SELECT ${select.distinct ? 'DISTINCT ' : ''}${items.join(', ')}`,
    ...(select.from === null ? [] : [`FROM ${printFrom(select.from, printer)}`]),
    ...(select.where === null ? [] : [`WHERE ${print(select.where)}`]),
    ...printGroupBy(select, print),
    ...(select.having === null ? [] : [`HAVING ${print(select.having)}`]),
    ...(select.qualify === null ? [] : [`QUALIFY ${print(select.qualify)}`]),
    ...(orders.length > 0 ? [`ORDER BY ${orders.join(', ')}`] : []),
  ];
}

function printGroupBy({ groupBy, groupingSets }: OuterSelect, print: (e: Expression) => string): readonly string[] {
  const keys = groupBy.map(print);
  if (groupingSets === null) return keys.length === 0 ? [] : [`GROUP BY ${keys.join(', ')}`];
  const sets = groupingSets.map((set) => `(${set.map((index) => keys[index]).join(', ')})`);
  return [`GROUP BY GROUPING SETS (${sets.join(', ')})`];
}

/** DISTINCT allows only the columns it shows as order keys, so an item is named by its position. */
function orderKey(key: Expression, select: OuterSelect, print: (e: Expression) => string): string {
  const text = canonicalText(key);
  const position = select.items.findIndex((i) => canonicalText(i.expression) === text);
  return position >= 0 ? String(position + 1) : print(key);
}

const OPERATORS = { union: 'UNION', intersect: 'INTERSECT', except: 'EXCEPT' } as const;

function setOperationParts(query: OuterSetOperation, printer: ReleasedPrinter): readonly string[] {
  const operator = `${OPERATORS[query.operator]}${query.all ? ' ALL' : ''}`;
  const orders = query.orderBy.map((o) => `${o.index + 1} ${printDirection(o)}`);
  return [
    `(${printer.query(query.left)}) ${operator} (${printer.query(query.right)})`,
    ...(orders.length > 0 ? [`ORDER BY ${orders.join(', ')}`] : []),
  ];
}

const JOINS = {
  inner: 'JOIN',
  left: 'LEFT JOIN',
  right: 'RIGHT JOIN',
  full: 'FULL JOIN',
  semi: 'SEMI JOIN',
  anti: 'ANTI JOIN',
} as const;

function printFrom(from: OuterFrom, printer: ReleasedPrinter): string {
  switch (from.kind) {
    case 'release':
      return `${quoteName(releaseTable(from.index))} AS ${quoteName(from.alias)}`;
    case 'subquery':
      return `(${printer.query(from.query)}) AS ${quoteName(from.alias)}`;
    case 'values': {
      const rows = from.rows.map((row) => `(${row.map(printer.expression).join(', ')})`);
      return `(VALUES ${rows.join(', ')}) AS ${quoteName(from.alias)}(${from.columnNames.map(quoteName).join(', ')})`;
    }
    case 'join': {
      const sides = [printFrom(from.left, printer), printFrom(from.right, printer)] as const;
      if (from.condition === null && from.how === 'inner') return `(${sides[0]} CROSS JOIN ${sides[1]})`;
      const condition = from.condition === null ? 'TRUE' : printer.expression(from.condition);
      return `(${sides[0]} ${JOINS[from.how]} ${sides[1]} ON ${condition})`;
    }
    default:
      return assertNever(from);
  }
}
