import { columnsIn, type Expression, type PlanTable } from './expression.ts';
import type { AggregateDraft } from './question-tree.ts';

/** The columns of one table that a plan reads; all that the wall is given. */
export interface NeededColumns {
  readonly table: PlanTable;
  readonly columns: readonly string[];
}

/** Lists what an aggregation reads, table by table: the identity and the named columns, nothing else. */
export function columnsNeeded(
  plan: Pick<AggregateDraft, 'tables' | 'where'> & Partial<AggregateDraft>,
): readonly NeededColumns[] {
  const expressions: readonly Expression[] = [
    ...plan.where,
    ...(plan.keys ?? []).map((k) => k.expression),
    ...(plan.statistics ?? []).flatMap((s) =>
      s.kind === 'sum' ? [s.of] : s.kind === 'persons' || s.when === null ? [] : [s.when],
    ),
  ];
  const read = expressions.flatMap(columnsIn);
  return plan.tables.map((table) => {
    const named = read.filter((c) => c.relation === table.ref).map((c) => c.column);
    return { table, columns: [...new Set([table.view.rules.identity, ...named])] };
  });
}
