import { assertNever, canonicalText } from '../plan/expression.ts';
import type { OuterFrom, OuterSelect } from '../plan/question-tree.ts';
import { type LiteralStyle, printExpression, quoteName } from './print-expression.ts';

/** The name under which the worker of the outer query finds a released table. */
export function releaseTable(index: number): string {
  return `release_${index}`;
}

/** Prints the query over released values for DuckDB. */
export function printOuter(select: OuterSelect, literals: LiteralStyle = 'value'): string {
  const print = (e: Parameters<typeof printExpression>[0]): string => printExpression(e, literals);
  const items = select.items.map((i) => `${print(i.expression)} AS ${quoteName(i.name)}`);
  const parts = [
    `SELECT ${select.distinct ? 'DISTINCT ' : ''}${items.join(', ')}`,
    `FROM ${printFrom(select.from, literals)}`,
  ];
  if (select.where) parts.push(`WHERE ${print(select.where)}`);
  if (select.groupBy.length > 0) parts.push(`GROUP BY ${select.groupBy.map(print).join(', ')}`);
  if (select.having) parts.push(`HAVING ${print(select.having)}`);
  if (select.orderBy.length > 0)
    parts.push(`ORDER BY ${select.orderBy.map((o) => printOrder(o, select, print)).join(', ')}`);
  if (select.limit !== null) parts.push(`LIMIT ${literals === 'mark' ? '?' : select.limit}`);
  if (select.offset !== null) parts.push(`OFFSET ${literals === 'mark' ? '?' : select.offset}`);
  return parts.join(' ');
}

function printOrder(
  order: OuterSelect['orderBy'][number],
  select: OuterSelect,
  print: (e: Parameters<typeof printExpression>[0]) => string,
): string {
  // DISTINCT allows only the columns it shows as order keys, so an item is named by its position.
  const text = canonicalText(order.expression);
  const position = select.items.findIndex((i) => canonicalText(i.expression) === text);
  const key = position >= 0 ? String(position + 1) : print(order.expression);
  const nulls = order.nulls === null ? '' : ` NULLS ${order.nulls.toUpperCase()}`;
  return `${key} ${order.descending ? 'DESC' : 'ASC'}${nulls}`;
}

function printFrom(from: OuterFrom, literals: LiteralStyle): string {
  switch (from.kind) {
    case 'release':
      return `${quoteName(releaseTable(from.index))} AS ${quoteName(from.alias)}`;
    case 'subquery':
      return `(${printOuter(from.query, literals)}) AS ${quoteName(from.alias)}`;
    case 'join': {
      const sides = [printFrom(from.left, literals), printFrom(from.right, literals)] as const;
      if (from.condition === null) return `(${sides[0]} CROSS JOIN ${sides[1]})`;
      return `(${sides[0]} JOIN ${sides[1]} ON ${printExpression(from.condition, literals)})`;
    }
    default:
      return assertNever(from);
  }
}
