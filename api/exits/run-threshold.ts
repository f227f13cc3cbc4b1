import {
  type Cell,
  type EarlierGroups,
  neededSnapshots,
  ofSnapshots,
  type PrintedQuery,
  printComparison,
  printThreshold,
  protectThreshold,
  RawThresholdGroups,
  type Release,
  type SnapshotTable,
  type ThresholdAggregate,
} from '../../policies/index.ts';
import type { TableSource } from '../../sandbox/index.ts';
import { contentsByName, openTable, preparePersons } from '../datasets/index.ts';
import { openFunctions } from '../functions/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { byContent, noteLeaving, readEarlierGroups } from './exact-aggregations.ts';
import { MAX_GROUPS, type RunPlace, saltOf } from './run-aggregate.ts';

/**
 * Runs one exact aggregation behind the wall together with all that left before, and withholds what would give somebody
 * away: beside `runAggregate` the only way from data to a release, and not a differentially private one.
 *
 * @throws {WallError} of one kind for every cause
 */
export async function runThreshold(
  kitchen: Kitchen,
  { aggregate, releaseKey }: { readonly aggregate: ThresholdAggregate; readonly releaseKey: string },
  place: RunPlace,
): Promise<Release> {
  const { collaborationId, queryId, snapshots, work } = place;
  // INVARIANT: sizes of audiences are never exact; what is, was recorded with its question.
  if (queryId === undefined) throw new TypeError('an exact aggregation has no question');
  const contents = byContent(snapshots);
  const named = ofSnapshots(aggregate, contents);
  const recorded = await readEarlierGroups(kitchen, { collaborationId, queryId, releaseKey });
  const own = neededSnapshots(named, contents);
  const opened = await openSnapshots(kitchen, place, [...own, ...recorded.flatMap((e) => e.tables)]);
  // Held back before the charge; this is an erasure that came in between.
  if (!recorded.every((e) => isThere(e, opened))) throw new Error('the history of an exact aggregation was erased');
  const run = async ({ sql, columns, functions: called }: PrintedQuery, needed: readonly SnapshotTable[]) => {
    const names = new Set(needed.map((t) => t.name));
    const tables = opened.filter((t) => names.has(t.name));
    const functions = await openFunctions(kitchen, collaborationId, called);
    const parameters = [saltOf(kitchen, collaborationId)];
    const job = { tables, functions, sql, parameters, resultColumns: [...columns] };
    return await kitchen.wall.run({ ...job, maxRows: MAX_GROUPS }, work.nextJob());
  };
  const rows = await run(printThreshold(named), own);
  const comparisons: Cell[][][] = [];
  // One after another: each holds two rows a person and group, and all at once would not fit a worker.
  for (const e of recorded) comparisons.push(await run(printComparison(named, e), [...own, ...e.tables]));
  const release = protectThreshold(aggregate, RawThresholdGroups.read(aggregate, rows, comparisons));
  await noteLeaving(kitchen, { queryId, releaseKey }, release.rows.length > 0);
  return release;
}

/** Whether all that an earlier aggregation was counted from can be counted again. */
function isThere(earlier: EarlierGroups, opened: readonly TableSource[]): boolean {
  return earlier.tables.every((table) => opened.some(({ name }) => name === table.name));
}

/** Opens each snapshot once, with the columns of all that read it; one that was erased is missing from the answer. */
async function openSnapshots(
  kitchen: Kitchen,
  { collaborationId, work }: RunPlace,
  needed: readonly SnapshotTable[],
): Promise<readonly TableSource[]> {
  const snapshots = await contentsByName(
    kitchen,
    collaborationId,
    needed.map((t) => t.snapshotId),
  );
  const tables: TableSource[] = [];
  const persons = await preparePersons(kitchen, collaborationId, snapshots.values(), work);
  for (const [name, uses] of Map.groupBy(needed, (t) => t.name)) {
    const snapshot = snapshots.get(uses[0]?.snapshotId ?? '');
    if (snapshot === undefined) continue;
    const columns = new Set(uses.flatMap((t) => t.columns));
    tables.push(openTable(kitchen, collaborationId, { name, columns, snapshot, persons }));
  }
  return tables;
}
