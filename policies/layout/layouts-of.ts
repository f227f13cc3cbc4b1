import { type TableView, tableName } from '../collaboration/table-view.ts';
import type { LayoutBase, LayoutSpec } from './layout.ts';
import { plannedSets } from './planned-sets.ts';

/**
 * Most matches of a collaboration. Each is a copy of a table of persons, and the pairs of tables grow with the square of
 * members.
 */
const MAX_MATCHES_COUNT = 16;

/**
 * The layouts that the bound tables of a collaboration allow: of each table of persons, and of each match of one with
 * another member's table of one row a person.
 *
 * It follows from what owners declared alone. Which of them are worth making follows from how large the tables are.
 */
export function layoutsOf(views: readonly TableView[]): readonly LayoutSpec[] {
  const people = views.filter((v) => v.rules.publicTable === null).toSorted(byName);
  const matches = people.flatMap((table) => people.flatMap((matched) => matchOf(table, matched)));
  const bases = [...people.map((table) => ({ table, matched: null })), ...matches.slice(0, MAX_MATCHES_COUNT)];
  return bases.flatMap(layoutsOfBase);
}

function matchOf(table: TableView, matched: TableView): readonly LayoutBase[] {
  const isJoined = table.rules.joinKeys.length > 0 && matched.rules.joinKeys.length > 0;
  if (!isJoined || table.member === matched.member || matched.rules.rowsPerPerson !== 1) return [];
  // Of two tables of one row a person each may stand beside the other: one of the two is enough.
  if (table.rules.rowsPerPerson === 1 && byName(table, matched) > 0) return [];
  return [{ table, matched }];
}

function layoutsOfBase(base: LayoutBase): readonly LayoutSpec[] {
  const { rowsPerPerson, maxGroupsPerPerson } = base.table.rules;
  const sets = plannedSets(base.table);
  const pairs = [...sets, []].flatMap((dimensions): readonly LayoutSpec[] => {
    // Pairs are those of persons within the declared rows, who have none beyond as many groups.
    const isCore = dimensions.length === 0 || rowsPerPerson <= maxGroupsPerPerson;
    const core: LayoutSpec = { base, form: 'core', dimensions };
    return isCore ? [core] : [core, { base, form: 'rest', dimensions }];
  });
  const over: readonly LayoutSpec[] = [
    { base, form: 'over', dimensions: [] },
    ...(base.matched === null ? [] : [{ base, form: 'beside', dimensions: [] } as const]),
  ];
  return [{ base, form: 'rows', dimensions: sets[0] ?? [] }, ...over, ...pairs];
}

function byName(one: TableView, other: TableView): number {
  return tableName(one) < tableName(other) ? -1 : 1;
}
