import { columnsIn, type Expression, type PlanTable } from './expression.ts';
import type { ProtectedRows, RowSource } from './protected-rows.ts';
import type { AggregateDraft, Statistic } from './question-tree.ts';
import { expressionsIn, sourcesIn } from './walk-rows.ts';

/** The columns of one table that a plan reads; all that the wall is given. */
export interface NeededColumns {
  readonly table: PlanTable;
  readonly columns: readonly string[];
}

/** What is computed on the rows of a plan: its keys and what its statistics count. */
export function readsOf(plan: Computed): readonly Expression[] {
  const { keys = [], statistics = [], of } = plan;
  return [...keys.map((k) => k.expression), ...statistics.flatMap(partsOfStatistic), ...(of === undefined ? [] : [of])];
}

/** What a plan computes on its rows: an aggregation's keys and statistics, or the value whose bounds are found. */
export type Computed = Partial<Pick<AggregateDraft, 'keys' | 'statistics'> & { readonly of: Expression }>;

function partsOfStatistic(statistic: Statistic): readonly Expression[] {
  switch (statistic.kind) {
    case 'persons':
      return [];
    case 'persons-where':
    case 'rows':
      return statistic.when === null ? [] : [statistic.when];
    default:
      return [statistic.of];
  }
}

/** Lists what an aggregation reads, table by table: the identity and the named columns, nothing else. */
export function columnsNeeded(plan: { readonly rows: ProtectedRows } & Computed): readonly NeededColumns[] {
  const read = [...readsOf(plan), ...expressionsIn(plan.rows)];
  return sourcesIn(plan.rows).flatMap((source) => {
    const { ref, input } = source;
    if (input.kind !== 'table' && input.kind !== 'public') return [];
    return [{ table: { ref, view: input.view }, columns: columnsOfTable(source, read) }];
  });
}

/** The columns of a table that expressions read, with what it is joined on. */
export function columnsOfTable({ ref, input }: RowSource, read: readonly Expression[]): readonly string[] {
  const named = read.flatMap(columnsIn).filter((c) => c.relation === ref);
  const joined = input.kind === 'table' ? [input.view.rules.identity] : input.kind === 'public' ? input.keys : [];
  return [...new Set([...joined, ...named.map((c) => c.column)])];
}
