import {
  type Cell,
  type EarlierGroups,
  neededSnapshots,
  ofSnapshots,
  type PrintedQuery,
  printComparison,
  printThreshold,
  printThresholdPath,
  protectThreshold,
  RawThresholdGroups,
  type Release,
  type SnapshotTable,
  type ThresholdAggregate,
} from '../../policies/index.ts';
import type { TableSource } from '../../sandbox/index.ts';
import {
  contentsByName,
  mostRowsOf,
  openTable,
  type PinnedPersons,
  preparePersons,
  readHeavyPersons,
  saltOf,
  type TableSnapshot,
} from '../datasets/index.ts';
import { openFunctions } from '../functions/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { findLayouts, type PathKind } from '../layouts/index.ts';
import { byContent, noteLeaving, readEarlierGroups } from './exact-aggregations.ts';
import { ReadTally } from './read-tally.ts';
import { MAX_GROUPS } from './run-aggregate.ts';
import { type PathRows, runOverLayouts } from './run-over-layouts.ts';
import type { RunPlace } from './run-place.ts';

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
  const names = byContent(snapshots);
  const named = ofSnapshots(aggregate, names);
  const recorded = await readEarlierGroups(kitchen, { collaborationId, queryId, releaseKey });
  const own = neededSnapshots(named, names);
  const needed = [...own, ...recorded.flatMap((e) => e.tables)];
  const { opened, snapshots: contents, persons } = await openSnapshots(kitchen, place, needed);
  const current = new Map(
    [...names].flatMap(([datasetId, { snapshotId }]) => {
      const content = contents.get(snapshotId);
      return content === undefined ? [] : [[datasetId, content] as const];
    }),
  );
  // Of the very contents that are opened: a cut may be left out only where it takes nothing away from them.
  const heavy = await readHeavyPersons(kitchen, collaborationId, named.tables, { snapshots: current, persons });
  const mostRows = mostRowsOf(heavy);
  // Held back before the charge; this is an erasure that came in between.
  if (!recorded.every((e) => isThere(e, opened))) throw new Error('the history of an exact aggregation was erased');
  const tally = new ReadTally();
  const run = async ({ sql, columns, functions: called }: PrintedQuery, read: readonly SnapshotTable[]) => {
    const tables = opened.filter((t) => read.some(({ name }) => name === t.name)).map((t) => tally.counting(t));
    const functions = await openFunctions(kitchen, collaborationId, called);
    const parameters = [saltOf(kitchen, collaborationId)];
    const job = { tables, functions, sql, parameters, resultColumns: [...columns] };
    return await kitchen.wall.run({ ...job, maxRows: MAX_GROUPS }, tally.watching(work.nextJob()));
  };
  const began = performance.now();
  const counted = (await runByLayouts(kitchen, aggregate, { place, snapshots: current, persons })) ?? {
    path: 'general' as const,
    shardCount: 1,
    rows: await run(printThreshold(named, mostRows), own),
    rowCount: tally.rowCount,
    bytesRead: tally.bytesRead,
    peakMemoryBytes: tally.peakMemoryBytes,
  };
  const { rows, rowCount, ...cost } = counted;
  // Without the comparisons: what they take may follow from tables of other owners.
  place.tellCost?.({ ...cost, rowsRead: rowCount, runMs: performance.now() - began });
  const comparisons: Cell[][][] = [];
  // One after another: each holds two rows a person and group, and all at once would not fit a worker.
  for (const e of recorded) comparisons.push(await run(printComparison(named, e), [...own, ...e.tables]));
  const release = protectThreshold(aggregate, RawThresholdGroups.read(aggregate, rows, comparisons));
  await noteLeaving(kitchen, { queryId, releaseKey }, release.rows.length > 0);
  return release;
}

/** The groups as layouts of these very contents have them; null where the general program is to count them. */
async function runByLayouts(
  kitchen: Kitchen,
  aggregate: ThresholdAggregate,
  of: { readonly place: RunPlace; readonly snapshots: RunPlace['snapshots']; readonly persons: PinnedPersons },
): Promise<(PathRows & { readonly path: PathKind }) | null> {
  const { place, snapshots, persons } = of;
  const { collaborationId } = place;
  const views = aggregate.tables.map(({ view }) => view);
  const found = await findLayouts(kitchen, collaborationId, { views, snapshots, persons });
  const heavy = await readHeavyPersons(kitchen, collaborationId, aggregate.tables, { snapshots, persons });
  const path = printThresholdPath(aggregate, mostRowsOf(heavy), found);
  if (path === null) return null;
  const run = { aggregate, query: path.query, found, persons, maxRows: MAX_GROUPS };
  const counted = await runOverLayouts(kitchen, run, { ...place, snapshots });
  return counted && { path: path.kind, ...counted };
}

/** Whether all that an earlier aggregation was counted from can be counted again. */
function isThere(earlier: EarlierGroups, opened: readonly TableSource[]): boolean {
  return earlier.tables.every((table) => opened.some(({ name }) => name === table.name));
}

/** Snapshots as they are opened, by the names of their contents, and the persons in them. */
interface OpenedSnapshots {
  readonly opened: readonly TableSource[];
  readonly snapshots: ReadonlyMap<string, TableSnapshot>;
  readonly persons: PinnedPersons;
}

/** Opens each snapshot once, with the columns of all that read it; one that was erased is missing from the answer. */
async function openSnapshots(
  kitchen: Kitchen,
  { collaborationId, work }: RunPlace,
  needed: readonly SnapshotTable[],
): Promise<OpenedSnapshots> {
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
  return { opened: tables, snapshots, persons };
}
