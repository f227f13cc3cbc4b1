import { allParts, type Expression } from '../plan/expression.ts';
import type { OuterQuery } from '../plan/outer-query.ts';
import type { ProtectedPlan } from '../plan/protected-plan.ts';
import { type ReleaseColumn, releaseColumns } from '../protect/protect.ts';
import { printOuter, releaseTable } from './print-outer.ts';

/** The query over the release, with the released tables as they will be: what the engine can be asked without a row. */
export interface OuterProbe {
  readonly tables: readonly { readonly name: string; readonly columns: readonly ReleaseColumn[] }[];
  readonly sql: string;
}

/**
 * What to ask the engine before anything is charged: whether it takes the outer query at all.
 *
 * `null` where there is nothing to ask: a query over one release, made of what was printed and tested for protected
 * rows, is taken, and a plain question need not wait for a worker.
 */
export function printOuterProbe(plan: Pick<ProtectedPlan, 'aggregates' | 'outer'>): OuterProbe | null {
  if (isPlain(plan.outer)) return null;
  const tables = plan.aggregates.map((aggregate, index) => ({
    name: releaseTable(index),
    columns: releaseColumns(aggregate),
  }));
  return { tables, sql: printOuter(plan.outer) };
}

function isPlain(query: OuterQuery): boolean {
  if (query.kind !== 'select' || query.from?.kind !== 'release') return false;
  const isEmpty = query.groupBy.length === 0 && query.groupingSets === null;
  const expressions = [
    ...query.items.map((i) => i.expression),
    ...query.orderBy.map((o) => o.expression),
    ...[query.where, query.having, query.qualify].filter((e) => e !== null),
  ];
  return isEmpty && expressions.flatMap(allParts).every(isOfProtectedRows);
}

function isOfProtectedRows(e: Expression): boolean {
  return e.kind !== 'aggregate' && e.kind !== 'window' && e.kind !== 'subquery' && e.kind !== 'function';
}
