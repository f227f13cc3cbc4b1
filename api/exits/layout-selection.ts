import { matchedColumn, type PathTable, type PlannedAggregate, rowsNeeded, tableName } from '../../policies/index.ts';
import type { RowSelection } from '../../sandbox/index.ts';

type LayoutTable = Extract<PathTable, { kind: 'layout' }>;

/**
 * The stored rows that an aggregation needs; undefined where all are. Where layouts are used nobody has more rows than
 * declared, so that nobody is exempt.
 */
export function layoutSelection(
  { rows }: Pick<PlannedAggregate, 'rows'>,
  { spec, columns }: LayoutTable,
): RowSelection | undefined {
  const [first] = columns;
  if (spec.form !== 'rows' || first === undefined) return undefined;
  const { table, matched } = spec.base;
  const needed = rowsNeeded(rows);
  const own = needed.get(tableName(table)) ?? [];
  const beside = matched === null ? [] : (needed.get(tableName(matched)) ?? []);
  const all = [...own, ...beside.map((condition) => ({ ...condition, column: matchedColumn(condition.column) }))];
  const conditions = all.filter(({ column }) => columns.includes(column));
  // With nobody exempt no column of persons is looked at.
  return conditions.length === 0 ? undefined : { conditions, exempt: [], personColumn: first };
}
