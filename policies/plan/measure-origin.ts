import type { OuterFrom, OuterQuery } from './outer-query.ts';

/** A column of a released table. */
export interface ReleasedOrigin {
  /** Index of the aggregation whose release it is. */
  readonly index: number;
  readonly column: string;
}

/**
 * The released column that an output column shows as it is, through subqueries and joins; `null` for what is computed,
 * and for set operations, whose rows have several origins.
 */
export function originOf(query: OuterQuery, name: string): ReleasedOrigin | null {
  if (query.kind === 'set-operation') return null;
  const shown = query.items.find((item) => item.name === name)?.expression;
  return shown?.kind === 'column' && query.from !== null ? within(query.from, shown.relation, shown.column) : null;
}

function within(from: OuterFrom, relation: string, column: string): ReleasedOrigin | null {
  switch (from.kind) {
    case 'release':
      return from.alias === relation ? { index: from.index, column } : null;
    case 'subquery':
      return from.alias === relation ? originOf(from.query, column) : null;
    case 'join':
      return within(from.left, relation, column) ?? within(from.right, relation, column);
    default:
      return null;
  }
}
