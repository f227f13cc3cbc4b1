import { type TableView, tableName } from '../collaboration/table-view.ts';
import type { ColumnExpression, Expression } from '../plan/expression.ts';
import { type ColumnMap, mapColumns, mapKey, mapStatistic } from '../plan/map-columns.ts';
import type { ProtectedRows, RowSource } from '../plan/protected-rows.ts';
import type { AggregateDraft } from '../plan/question-tree.ts';
import { matchedColumn } from './layout.ts';

/** Rows with what is computed on them: an aggregation's, or those that persons are selected from, of which nothing is. */
export type ComputedRows = Pick<AggregateDraft, 'rows' | 'tables' | 'keys' | 'statistics'>;

/** A source that is a table of persons. */
export interface TableSource {
  readonly ref: string;
  readonly view: TableView;
}

/** The sources that are tables of persons and joined so that a row without a partner goes. */
export function innerTables(rows: ProtectedRows): readonly TableSource[] {
  return rows.sources.flatMap(({ ref, how, input }) => {
    return input.kind === 'table' && how === 'inner' ? [{ ref, view: input.view }] : [];
  });
}

/**
 * An aggregation over two tables, read as one over their match: the columns of the second are columns of the first, under
 * the names that the match has for them.
 *
 * INVARIANT: the match holds each row of the table whose person is in the matched one, once: nobody has two rows there.
 * So it is the join of the two, whatever else is joined to them.
 */
export function joinMatch<Of extends ComputedRows>(aggregate: Of, table: TableSource, matched: TableSource): Of {
  const change: ColumnMap = (column) => {
    return column.relation === matched.ref ? { ...column, ...besideOf(column, table, matched) } : column;
  };
  const view = matchView(table.view, matched.view);
  const partner = aggregate.rows.sources.filter((s) => s.ref === matched.ref).flatMap((s) => s.on);
  const isPair = (source: RowSource): boolean => source.ref === table.ref || source.ref === matched.ref;
  const first = aggregate.rows.sources.findIndex(isPair);
  const own = aggregate.rows.sources.find((s) => s.ref === table.ref);
  const sources = aggregate.rows.sources.flatMap((source, index): readonly RowSource[] => {
    if (index === first) return [{ ref: table.ref, how: 'inner', input: { kind: 'table', view }, on: [] }];
    return isPair(source) ? [] : [{ ...source, on: source.on.map((c) => mapColumns(c, change)) }];
  });
  // What two inner joins hold to may be held to by what is left.
  const conditions: readonly Expression[] = [...aggregate.rows.filters, ...(own?.on ?? []), ...partner];
  return {
    ...aggregate,
    rows: { sources, filters: conditions.map((c) => mapColumns(c, change)) },
    tables: aggregate.tables.flatMap((t) =>
      t.ref === matched.ref ? [] : [t.ref === table.ref ? { ref: t.ref, view } : t],
    ),
    keys: aggregate.keys.map((key) => mapKey(key, change)),
    statistics: aggregate.statistics.map((statistic) => mapStatistic(statistic, change)),
  };
}

function besideOf(
  column: ColumnExpression,
  table: TableSource,
  matched: TableSource,
): Pick<ColumnExpression, 'relation' | 'column'> {
  const isPerson = column.column === matched.view.rules.identity;
  return { relation: table.ref, column: isPerson ? table.view.rules.identity : matchedColumn(column.column) };
}

function matchView(table: TableView, matched: TableView): TableView {
  const beside = matched.columns.filter((c) => c.type.kind !== 'person');
  return { ...table, columns: [...table.columns, ...beside.map((c) => ({ ...c, name: matchedColumn(c.name) }))] };
}

/** The base of a layout in words, to find it by. */
export function baseName(table: TableView, matched: TableView | null): string {
  return matched === null ? tableName(table) : `${tableName(table)} with ${tableName(matched)}`;
}
