import { tableName } from '../collaboration/table-view.ts';
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

/** The columns of one table that a decision lets be read, by name. */
export interface TouchedColumns {
  /** `member.alias`. */
  readonly table: string;
  readonly columns: readonly string[];
}

/**
 * What plans read together, table by table and each column once, in order of the names.
 *
 * The log says it of each question: it is exactly what the wall is given, so that no column is read that is not named.
 */
export function touchedColumns(needed: readonly NeededColumns[]): readonly TouchedColumns[] {
  const byTable = new Map<string, Set<string>>();
  for (const { table, columns } of needed) {
    const name = tableName(table.view);
    byTable.set(name, new Set([...(byTable.get(name) ?? []), ...columns]));
  }
  return [...byTable]
    .map(([table, columns]) => ({ table, columns: [...columns].toSorted() }))
    .toSorted((one, other) => (one.table < other.table ? -1 : 1));
}
