import type { ScalarType } from '../collaboration/table-view.ts';
import type { Expression } from './expression.ts';
import type { FromShape, ItemShape, QueryShape, SelectShape, SetOperationShape } from './outer-shape.ts';

/** The query above the noise: full of freedom, as it reads released values only. */
export type OuterQuery = QueryShape<Expression>;

/** One SELECT above the noise. */
export type OuterSelect = SelectShape<Expression>;

/** Two queries above the noise, put together. */
export type OuterSetOperation = SetOperationShape<Expression>;

/** What the outer query reads. Only released tables and constants. */
export type OuterFrom = FromShape<Expression>;

/** One column of an outer query. */
export type OuterItem = ItemShape<Expression>;

/** A SELECT over something without any clause. */
export const PLAIN_SELECT = {
  kind: 'select',
  distinct: false,
  where: null,
  groupBy: [],
  groupingSets: null,
  having: null,
  qualify: null,
  orderBy: [],
  limit: null,
  offset: null,
} as const satisfies Partial<OuterSelect>;

/** An output column as the query around it sees it. */
export interface OuterColumn {
  readonly name: string;
  readonly type: ScalarType;
  readonly isIntervalEnd: boolean;
}

/** The output columns of a query. */
export function columnsOf(query: OuterQuery): readonly OuterColumn[] {
  if (query.kind === 'set-operation') return columnsOf(query.left);
  return query.items.map(({ name, expression, isIntervalEnd = false }) => ({
    name,
    type: expression.type,
    isIntervalEnd,
  }));
}

/** The query without the ends of intervals that Galley put beside its columns. */
export function withoutIntervals(query: OuterQuery): OuterQuery {
  if (query.kind === 'select') return { ...query, items: query.items.filter((item) => !item.isIntervalEnd) };
  const kept = columnsOf(query).flatMap((column, index) => (column.isIntervalEnd ? [] : [index]));
  return {
    ...query,
    left: withoutIntervals(query.left),
    right: withoutIntervals(query.right),
    // An end that the merchant orders by is no longer there to order by.
    orderBy: query.orderBy.flatMap((o) => (kept.includes(o.index) ? [{ ...o, index: kept.indexOf(o.index) }] : [])),
  };
}
