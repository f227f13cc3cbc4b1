import { tableName } from '../collaboration/table-view.ts';
import { chooseBounding, declaredChoice, type MostRows } from '../plan/bounding-choice.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import { tablesIn } from '../plan/walk-rows.ts';
import { groupedPath } from './grouped-path.ts';
import { isNarrow } from './is-narrow.ts';
import type { StoredLayout } from './layout.ts';
import { readingsOf } from './matches-of.ts';
import type { ChosenPath, GeneralPath, PlannedPath, RowsAndOver, ShardedPath, StreamedPath } from './path.ts';
import { overOf, type PathFacts, type Reading, rowsOf, uncutChoice } from './path-facts.ts';
import { plannedPath } from './planned-path.ts';
import { streamedPath } from './streamed-path.ts';

/** Finds a path, or says that the aggregation is not of its kind. */
type Recogniser<Path extends ChosenPath> = (reading: Reading, facts: PathFacts) => Path | null;

/**
 * The cheapest first; what none of them knows is counted over the tables as they were handed in.
 *
 * A stream looks at every row on one core, and a sharded program sorts only the rows that are left, on both: where few are,
 * it is the cheaper.
 */
function recognisersFor(aggregate: PlannedAggregate): readonly Recogniser<PlannedPath | StreamedPath | ShardedPath>[] {
  const byRows = isNarrow(aggregate) ? [shardedPath, streamedPath] : [streamedPath, shardedPath];
  return [plannedPath, groupedPath, ...byRows];
}

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
  return firstOf<PlannedPath | StreamedPath | ShardedPath>(recognisersFor(aggregate), aggregate, { mostRows, stored });
}

/** The cheapest path that tells what each person brings into each group; streamed ones know groups alone. */
export function chooseContributions(
  aggregate: PlannedAggregate,
  mostRows: MostRows,
  stored: readonly StoredLayout[],
): GeneralPath | PlannedPath | ShardedPath {
  return firstOf<PlannedPath | ShardedPath>([addingPath, shardedPath], aggregate, { mostRows, stored });
}

/** A planned path of what adds up over persons: a pair has no values that are counted one by one. */
function addingPath(reading: Reading, facts: PathFacts): PlannedPath | null {
  const path = plannedPath(reading, facts);
  return path?.rows === null ? path : null;
}

function firstOf<Path extends ChosenPath>(
  recognisers: readonly Recogniser<Path>[],
  aggregate: PlannedAggregate,
  { mostRows, stored }: { readonly mostRows: MostRows; readonly stored: readonly StoredLayout[] },
): Path | GeneralPath {
  const facts = { choice: declaredChoice(aggregate), stored };
  for (const recognise of recognisers) {
    for (const reading of readingsOf(aggregate, facts)) {
      const path = recognise(reading, facts);
      if (path !== null) return path;
    }
  }
  return { kind: 'general', choice: chooseBounding(aggregate, mostRows) };
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
