import { type TableView, tableName } from '../collaboration/table-view.ts';
import type { BoundedAggregate } from './contribution.ts';
import type { ProtectedRows } from './protected-rows.ts';
import { rowsPerPerson } from './stability.ts';
import { tablesIn } from './walk-rows.ts';

/**
 * Which of the equivalent programs counts an aggregation. All give the same raw groups wherever they are valid, so that
 * noise, charge and release follow from the plan alone; they differ in time.
 *
 * What follows from declared facts is {@link declaredChoice}. What follows from the data ({@link chooseBounding}) is
 * chosen after the charge, and told to nobody but the owners of the data.
 */
export interface BoundingChoice {
  /** Tables, by their names, in which no person has more rows than declared: a cut would take nothing away. */
  readonly uncut: ReadonlySet<string>;
  /** `one-row` when no person has several joined rows: there is nothing to add up within a person. */
  readonly persons: 'one-row' | 'grouped';
  /** `all` when no person reaches more groups than the bound; `kept` when some may, and a keyed hash decides. */
  readonly groups: 'all' | 'kept';
}

/** The exact largest number of rows of one person, by the name of the table; a table without an entry is not known. */
export type MostRows = ReadonlyMap<string, number>;

/** Nothing is known of the data. */
const NOTHING_KNOWN: MostRows = new Map();

/** The choice by declared facts alone: always valid, and the same for every state of the data. */
export function declaredChoice(aggregate: BoundedAggregate): BoundingChoice {
  return chooseBounding(aggregate, NOTHING_KNOWN);
}

/**
 * The cheapest valid choice for tables of which the exact largest number of rows of one person is known.
 *
 * INVARIANT: `mostRows` was counted in the snapshots that will be read. It depends on everybody's rows, which is sound
 * only because every valid choice computes the same: each cut that is left out is the identity on these rows.
 */
export function chooseBounding(aggregate: BoundedAggregate, mostRows: MostRows): BoundingChoice {
  const rows = rowsPerPerson(aggregate.rows, (view) => heldRows(view, mostRows));
  return {
    uncut: uncutTables(aggregate.rows, mostRows),
    persons: rows <= 1 ? 'one-row' : 'grouped',
    groups: aggregate.path !== 'kept-groups' || rows <= aggregate.maxGroupsPerPerson ? 'all' : 'kept',
  };
}

/** Tables whose cut would take nothing away. Public tables have no persons, and keep theirs. */
export function uncutTables(rows: ProtectedRows, mostRows: MostRows): ReadonlySet<string> {
  const views = tablesIn(rows).flatMap(({ view }) => (view.rules.publicTable === null ? [view] : []));
  return new Set(views.filter((v) => isWithin(v, mostRows)).map(tableName));
}

function isWithin(view: TableView, mostRows: MostRows): boolean {
  const most = mostRows.get(tableName(view));
  return most !== undefined && most <= view.rules.rowsPerPerson;
}

/**
 * Rows of one person that are left of a table: where nobody has more, no cut is needed to know it.
 *
 * At least one, also where the table holds nobody: a left join keeps every row that finds nothing in it, and a product
 * with zero would say that there are none.
 */
function heldRows(view: TableView, mostRows: MostRows): number {
  const most = mostRows.get(tableName(view)) ?? Number.POSITIVE_INFINITY;
  return Math.min(view.rules.rowsPerPerson, Math.max(1, most));
}
