import { tableName } from '../collaboration/table-view.ts';
import { chooseBounding, declaredChoice, type MostRows } from '../plan/bounding-choice.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import { tablesIn } from '../plan/walk-rows.ts';
import { baseName, innerTables, joinMatch } from './join-match.ts';
import type { StoredLayout } from './layout.ts';
import type { ChosenPath, GeneralPath, PlannedPath, RowsAndOver, ShardedPath, StreamedPath } from './path.ts';
import { overOf, type PathFacts, type Reading, rowsOf, uncutChoice } from './path-facts.ts';
import { plannedPath } from './planned-path.ts';
import { streamedPath } from './streamed-path.ts';

/** Finds a path, or says that the aggregation is not of its kind. */
type Recogniser<Path extends ChosenPath> = (reading: Reading, facts: PathFacts) => Path | null;

/** The cheapest first; what none of them knows is counted over the tables as they were handed in. */
const RECOGNISERS: readonly Recogniser<PlannedPath | StreamedPath | ShardedPath>[] = [
  plannedPath,
  streamedPath,
  shardedPath,
];

/**
 * The cheapest valid program for an aggregation whose data and layouts are known.
 *
 * INVARIANT: `mostRows` was counted in the snapshots that will be read, and `stored` was made from them. The first is told
 * to the general program alone; that it depends on everybody's rows is sound only because every program counts the same.
 */
export function choosePath(
  aggregate: PlannedAggregate,
  mostRows: MostRows,
  stored: readonly StoredLayout[],
): ChosenPath {
  return firstOf<PlannedPath | StreamedPath | ShardedPath>(RECOGNISERS, aggregate, { mostRows, stored });
}

/** The cheapest path that tells what each person brings into each group; streamed ones know groups alone. */
export function chooseContributions(
  aggregate: PlannedAggregate,
  mostRows: MostRows,
  stored: readonly StoredLayout[],
): GeneralPath | PlannedPath | ShardedPath {
  return firstOf<PlannedPath | ShardedPath>([plannedPath, shardedPath], aggregate, { mostRows, stored });
}

function firstOf<Path extends ChosenPath>(
  recognisers: readonly Recogniser<Path>[],
  aggregate: PlannedAggregate,
  { mostRows, stored }: { readonly mostRows: MostRows; readonly stored: readonly StoredLayout[] },
): Path | GeneralPath {
  const facts = { choice: declaredChoice(aggregate), stored };
  const readings = [...matchesOf(aggregate, facts), { asked: aggregate, aggregate, match: null }];
  for (const recognise of recognisers) {
    for (const reading of readings) {
      const path = recognise(reading, facts);
      if (path !== null) return path;
    }
  }
  return { kind: 'general', choice: chooseBounding(aggregate, mostRows) };
}

/**
 * Two tables that are joined, of one row a person in the second, and no third of persons: whoever is over what is declared
 * of either is counted from rows that stand beside the match, and those of other tables do not.
 */
function matchesOf(asked: PlannedAggregate, { stored }: PathFacts): readonly Reading[] {
  const tables = innerTables(asked.rows);
  const people = tablesIn(asked.rows).filter(({ view }) => view.rules.publicTable === null);
  if (tables.length !== 2 || people.length !== 2) return [];
  const bases = new Set(stored.map(({ spec }) => baseName(spec.base.table, spec.base.matched)));
  return tables.flatMap((table) =>
    tables.flatMap((matched): readonly Reading[] => {
      const base = baseName(table.view, matched.view);
      const isMatch = table.ref !== matched.ref && matched.view.rules.rowsPerPerson === 1 && bases.has(base);
      if (!isMatch) return [];
      return [{ asked, aggregate: joinMatch(asked, table, matched), match: { ref: table.ref, base } }];
    }),
  );
}

/** Every table of persons has its rows stored, at any depth of the question. */
function shardedPath({ aggregate, match }: Reading, { choice, stored }: PathFacts): ShardedPath | null {
  const over = match === null ? null : overOf(match.base, stored);
  if (match !== null && over === null) return null;
  const rows = new Map<string, RowsAndOver>();
  for (const { view } of tablesIn(aggregate.rows)) {
    if (view.rules.publicTable !== null) continue;
    const name = tableName(view);
    const layout = rowsOf(match?.base ?? name, stored);
    const others = match === null ? (overOf(name, stored)?.get(name) ?? null) : null;
    if (layout === null || (match === null && others === null)) return null;
    rows.set(name, { rows: layout, over: others });
  }
  return { kind: 'sharded', choice: match === null ? choice : uncutChoice(aggregate), aggregate, rows, over };
}
