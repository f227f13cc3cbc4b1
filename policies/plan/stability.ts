import type { TableView } from '../collaboration/table-view.ts';
import { assertNever, columnsIn } from './expression.ts';
import type { ProtectedRows, RowInput, RowSource } from './protected-rows.ts';
import type { GroupKey } from './question-tree.ts';
import { tablesIn } from './walk-rows.ts';

/** Most rows of one person that are left of an owner's table. */
export type RowsOfTable = (view: TableView) => number;

const declaredRows: RowsOfTable = (view) => view.rules.rowsPerPerson;

/**
 * Most rows that one person has, by what owners declared and the engine cuts tables to.
 *
 * A join on the person pairs each of a person's rows with each, so that bounds multiply; a union adds them up; grouping
 * by the person leaves one row, or with more keys at most as many as went in.
 */
export function rowsPerPerson(rows: ProtectedRows, rowsOf: RowsOfTable = declaredRows): number {
  return rows.sources.reduce((product, source) => product * rowsOfInput(source.input, rowsOf), 1);
}

/** Most rows that an input has for one person; for a public table, for one row it is joined to. */
export function rowsOfInput(input: RowInput, rowsOf: RowsOfTable = declaredRows): number {
  switch (input.kind) {
    case 'table':
      return rowsOf(input.view);
    case 'public':
      return input.view.rules.publicTable?.rowsPerKey ?? 1;
    case 'rows':
      return rowsPerPerson(input.rows, rowsOf);
    case 'union':
      return input.branches.reduce((sum, branch) => sum + rowsPerPerson(branch.rows, rowsOf), 0);
    case 'per-person':
      return input.keys.length === 0 ? 1 : rowsPerPerson(input.rows, rowsOf);
    default:
      return assertNever(input);
  }
}

/**
 * Most rows that one person has within one group. A query grouped by the person and by the very keys of the groups has
 * one row of a person in each.
 *
 * Totals are clamped to what follows from it; were it too small, that would cost accuracy and never privacy.
 */
export function rowsPerPersonInGroup(rows: ProtectedRows, keys: readonly GroupKey[]): number {
  return rows.sources.reduce((product, { ref, input }) => {
    const isKey = (name: string): boolean =>
      keys.some(({ expression: e }) => e.kind === 'column' && e.relation === ref && e.column === name);
    const isOneRow = input.kind === 'per-person' && input.keys.every(({ name }) => isKey(name));
    return isOneRow ? product : product * rowsOfInput(input);
  }, 1);
}

/**
 * Most groups that one person may reach where keys vary within a person: the strictest bound of the owners whose rows
 * they vary over. The engine cuts whatever is beyond, so that data that breaks a declaration costs accuracy and never
 * privacy.
 */
export function groupsPerPerson(rows: ProtectedRows, keys: readonly GroupKey[]): number {
  const read = new Set(keys.flatMap((k) => columnsIn(k.expression)).map((c) => c.relation));
  const varying = rows.sources.filter((source) => read.has(source.ref)).flatMap((s) => variesOver(s, rows));
  const sources = varying.length === 0 ? rows.sources : varying;
  const tables = tablesIn({ sources, filters: [] }).filter((t) => t.view.rules.publicTable === null);
  return Math.min(...tables.map((t) => t.view.rules.maxGroupsPerPerson), rowsPerPerson(rows));
}

/** The sources over whose rows a source's values vary within one person; none when they are the person's own. */
function variesOver(source: RowSource, rows: ProtectedRows): readonly RowSource[] {
  if (source.input.kind !== 'public') return rowsOfInput(source.input) > 1 ? [source] : [];
  const met = partnersOf(source, rows);
  const people = met.filter((s) => s.input.kind !== 'public');
  // Several rows a key: the values vary even for a person with one row.
  const isMany = met.some((s) => s.input.kind === 'public' && rowsOfInput(s.input) > 1);
  return isMany ? people : people.filter((s) => rowsOfInput(s.input) > 1);
}

/** A public table with all that conditions connect it to, through other public tables too. */
function partnersOf(source: RowSource, rows: ProtectedRows): readonly RowSource[] {
  const conditions = [...rows.filters, ...rows.sources.flatMap((s) => s.on)].map(
    (c) => new Set(columnsIn(c).map((column) => column.relation)),
  );
  const met = new Set([source]);
  for (const at of met) {
    if (at.input.kind !== 'public') continue;
    const refs = new Set(conditions.filter((c) => c.has(at.ref)).flatMap((c) => [...c]));
    // Its own conditions hold it too, as in a left join on a column that they do not name with it.
    for (const column of at.on.flatMap(columnsIn)) refs.add(column.relation);
    for (const other of rows.sources) if (refs.has(other.ref)) met.add(other);
  }
  return [...met];
}
