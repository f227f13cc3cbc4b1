import { tableName } from '../collaboration/table-view.ts';
import { columnsNeeded } from '../plan/columns-needed.ts';
import { allParts, assertNever } from '../plan/expression.ts';
import type { PersonAggregate, ProtectedRows, RowSource } from '../plan/protected-rows.ts';
import { expressionsIn, tablesIn } from '../plan/walk-rows.ts';
import { baseName, type ComputedRows, type TableSource } from './join-match.ts';
import { joinMemberships } from './join-memberships.ts';
import type { StoredLayout } from './layout.ts';
import { readingsOf } from './matches-of.ts';
import type { LayoutsRead, OverTables } from './path.ts';
import { overOf, pairsOf, type Reading, rowsOf } from './path-facts.ts';
import { isOwn, readableColumns } from './planned-path.ts';
import { plannedSets } from './planned-sets.ts';

/** The rows that persons are selected from, at any depth, and the tables within. */
export type Selection = Pick<ComputedRows, 'rows' | 'tables'>;

/**
 * How persons are selected from layouts: the steps of the general program over what stands for each table.
 *
 * `planned` where that is pairs of every table of persons, `sharded` where it is the rows of some.
 */
export interface SelectionPath {
  readonly kind: 'planned' | 'sharded';
  /** The selection as it reads them: of a match, the columns of both tables are those of one, and memberships are joins. */
  readonly selection: ComputedRows;
  /** What is read in place of each table of persons, by its name. */
  readonly layouts: ReadonlyMap<string, LayoutsRead>;
  /** Of a match, whose layouts hold persons within what is declared alone; `null` where tables are read each with all. */
  readonly over: OverTables | null;
}

/**
 * The cheapest path of a selection whose layouts are known; `null` for the program over the tables as they were handed in.
 *
 * It follows from what is declared and stored, as for aggregations, and never from anybody's rows: how long a selection
 * takes must not tell whether somebody is in a table.
 */
export function chooseSelection({ rows, tables }: Selection, stored: readonly StoredLayout[]): SelectionPath | null {
  const joined = joinMemberships(rows);
  const asMatch = readingsOf(computedOn(joined, tablesIn(joined)), { stored }).filter(({ match }) => match !== null);
  const alone = { asked: computedOn(rows, tables), aggregate: computedOn(rows, tables), match: null };
  const paths = [...asMatch, alone].flatMap((reading) => pathOf(reading, stored) ?? []);
  return paths.find(({ kind }) => kind === 'planned') ?? paths[0] ?? null;
}

function computedOn(rows: Selection['rows'], tables: Selection['tables']): ComputedRows {
  return { rows, tables, keys: [], statistics: [] };
}

function pathOf(
  { aggregate: selection, match }: Reading<ComputedRows>,
  stored: readonly StoredLayout[],
): SelectionPath | null {
  const over = match === null ? null : overOf(match.base, stored);
  if (match !== null && over === null) return null;
  const layouts = new Map<string, LayoutsRead>();
  let isPlanned = true;
  for (const table of tablesIn(selection.rows)) {
    if (table.view.rules.publicTable !== null) continue;
    const name = tableName(table.view);
    const base = match?.base ?? baseName(table.view, null);
    const pairs = pairsFor(table, { base, selection }, stored);
    const rows = rowsOf(base, stored);
    const within = pairs ?? (rows === null ? null : [rows]);
    const others = match === null ? (overOf(base, stored)?.get(name) ?? null) : null;
    if (within === null || (match === null && others === null)) return null;
    layouts.set(name, { within, over: others });
    isPlanned &&= pairs !== null;
  }
  return { kind: isPlanned ? 'planned' : 'sharded', selection, layouts, over };
}

/**
 * The pairs that may stand for the rows of a table; `null` where none may.
 *
 * Rows of a pair are alike in all columns that make it, and a person with a row has its pair. So where nothing else is read
 * of the table, and it matters to nobody how often a row is there, pairs say the same in fewer rows; those over the bound of
 * groups too, as a selection has none. Code is run once a row, and is left its rows.
 */
function pairsFor(
  { view }: TableSource,
  { base, selection }: { readonly base: string; readonly selection: ComputedRows },
  stored: readonly StoredLayout[],
): readonly StoredLayout[] | null {
  const isIt = (of: TableSource): boolean => tableName(of.view) === tableName(view);
  const counted = countedTables(selection.rows, false);
  const runsCode = expressionsIn(selection.rows)
    .flatMap(allParts)
    .some((e) => e.kind === 'score');
  if (runsCode || tablesIn(selection.rows).some((t) => isIt(t) && counted.has(t.ref))) return null;
  const read = columnsNeeded(selection).flatMap(({ table, columns }) => (isIt(table) ? columns : []));
  const own = read.filter((column) => isOwn(column, view));
  const sets = [[], ...plannedSets(view)].filter((set) => own.every((column) => set.includes(column)));
  for (const dimensions of sets.toSorted((one, other) => one.length - other.length)) {
    const core = pairsOf('core', { base, dimensions }, stored);
    const hasRest = dimensions.length > 0 && view.rules.rowsPerPerson > view.rules.maxGroupsPerPerson;
    const rest = hasRest ? pairsOf('rest', { base, dimensions }, stored) : null;
    if (core === null || (hasRest && rest === null)) continue;
    const readable = readableColumns({ ref: '', view }, dimensions, { core, rest });
    if (read.every((column) => readable.has(column))) return rest === null ? [core] : [core, rest];
  }
  return null;
}

/** What is the same of rows however often each is there. */
const REPEATS_ALIKE: ReadonlySet<PersonAggregate['kind']> = new Set([
  'count-distinct',
  'min',
  'max',
  'min-by',
  'max-by',
  'any',
  'all',
]);

/**
 * The tables, by their names in the selection, of which something counts how often a row is there. The selection itself does
 * not: a person is in it once.
 */
function countedTables(rows: ProtectedRows, isCounted: boolean): ReadonlySet<string> {
  return new Set(rows.sources.flatMap((source) => countedIn(source, isCounted)));
}

function countedIn({ ref, input }: RowSource, isCounted: boolean): readonly string[] {
  switch (input.kind) {
    case 'table':
      return isCounted ? [ref] : [];
    case 'public':
      return [];
    case 'rows':
      return [...countedTables(input.rows, isCounted)];
    case 'union':
      return input.branches.flatMap((branch) => [...countedTables(branch.rows, isCounted)]);
    case 'per-person':
      // Grouped, the person has one row again, whatever was grouped.
      return [...countedTables(input.rows, !input.values.every(({ aggregate }) => REPEATS_ALIKE.has(aggregate.kind)))];
    default:
      return assertNever(input);
  }
}
