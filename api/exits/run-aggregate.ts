import {
  type BoundingChoice,
  canonicalText,
  chooseBounding,
  choosePath,
  columnsNeeded,
  type PlannedAggregate,
  type PlannedBounds,
  printAggregate,
  printPath,
  protectInSlices,
  RawGroups,
  type Release,
  rowsNeeded,
  tableName,
} from '../../policies/index.ts';
import type { RowSelection } from '../../sandbox/index.ts';
import {
  type HeavyPersons,
  madePersons,
  mostRowsOf,
  neededTables,
  openTables,
  type PinnedPersons,
  preparePersons,
  readHeavyPersons,
  saltOf,
} from '../datasets/index.ts';
import { openFunctions } from '../functions/index.ts';
import { digestOf, type Kitchen, staged } from '../kitchen/index.ts';
import { findLayouts } from '../layouts/index.ts';
import { ReadTally } from './read-tally.ts';
import { runOverLayouts } from './run-over-layouts.ts';
import type { RunPlace } from './run-place.ts';

/** Most groups one aggregation may return; a result with more fails as a whole. */
export const MAX_GROUPS = 100_000;

/**
 * Runs one aggregation behind the wall and protects what comes back: the only way from data to a release.
 *
 * It is charged by now. Which of the equivalent programs counts may so follow from the data; it is told to nobody but
 * the owners, and what it counts is the same.
 *
 * @throws {WallError} of one kind for every cause
 */
export async function runAggregate(kitchen: Kitchen, aggregate: PlannedAggregate, place: RunPlace): Promise<Release> {
  const { collaborationId, snapshots, work } = place;
  const needed = columnsNeeded(aggregate);
  const persons = await preparePersons(kitchen, collaborationId, neededTables(needed, snapshots), work);
  const heavy = await readHeavyPersons(kitchen, collaborationId, aggregate.tables, { snapshots, persons });
  const views = aggregate.tables.map(({ view }) => view);
  const found = await findLayouts(kitchen, collaborationId, { views, snapshots, persons });
  const path = choosePath(aggregate, mostRowsOf(heavy), found);
  const query = printPath(aggregate, path);
  const began = performance.now();
  const counted = await staged('run', async () => {
    const run = query && { aggregate, query, found, persons, maxRows: MAX_GROUPS };
    const overLayouts = run && (await runOverLayouts(kitchen, run, place));
    if (overLayouts !== null) return { path: path.kind, ...overLayouts };
    return { path: 'general' as const, ...(await runGeneral(kitchen, aggregate, { place, persons, heavy })) };
  });
  const { rows, rowCount, ...cost } = counted;
  place.tellCost?.({ ...cost, rowsRead: rowCount, runMs: performance.now() - began });
  return await staged('protect', () => protect(kitchen, aggregate, rows));
}

async function protect(
  kitchen: Kitchen,
  aggregate: PlannedAggregate,
  rows: Parameters<typeof RawGroups.read>[1],
): Promise<Release> {
  const slices = protectInSlices(aggregate, RawGroups.read(aggregate, rows), kitchen.bits);
  for (;;) {
    const slice = slices.next();
    if (slice.done) return slice.value;
    // Other callers' turn: noise for many groups takes seconds.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Runs the general program over the tables as they were handed in. */
async function runGeneral(
  kitchen: Kitchen,
  aggregate: PlannedAggregate,
  of: {
    readonly place: RunPlace;
    readonly persons: PinnedPersons;
    readonly heavy: ReadonlyMap<string, HeavyPersons>;
  },
) {
  const { collaborationId, snapshots, work } = of.place;
  const tables = openTables(kitchen, collaborationId, columnsNeeded(aggregate), { snapshots, persons: of.persons });
  const { sql, columns, functions } = printAggregate(
    aggregate,
    'value',
    chooseBounding(aggregate, mostRowsOf(of.heavy)),
  );
  const selections = selectionsOf(aggregate, of.heavy);
  const tally = new ReadTally();
  const job = {
    tables: tables.map((table) => ({ ...tally.counting(table), ...selections.get(table.name) })),
    functions: await openFunctions(kitchen, collaborationId, functions),
    sql,
    parameters: [saltOf(kitchen, collaborationId)],
    resultColumns: [...columns],
    maxRows: MAX_GROUPS,
  };
  const rows = await kitchen.wall.run(job, tally.watching(work.nextJob()));
  const { rowCount, bytesRead, peakMemoryBytes } = tally;
  return { rows, shardCount: 1, rowCount, bytesRead, peakMemoryBytes };
}

/**
 * The program that counts an aggregation over its snapshots: it follows from the data, and is the same at every run.
 */
export async function choiceOf(
  kitchen: Kitchen,
  aggregate: PlannedAggregate,
  { collaborationId, snapshots }: Pick<RunPlace, 'collaborationId' | 'snapshots'>,
): Promise<BoundingChoice> {
  const persons = await madePersons(kitchen, collaborationId, snapshots.values());
  const heavy = await readHeavyPersons(kitchen, collaborationId, aggregate.tables, { snapshots, persons });
  return chooseBounding(aggregate, mostRowsOf(heavy));
}

/**
 * The rows of each table that an aggregation needs; a table without an entry is given whole.
 *
 * Persons over the declaration keep all their rows: were the table given whole because of one of them, the time of the
 * answer would tell that there is somebody.
 */
function selectionsOf(
  { rows, tables }: PlannedAggregate,
  heavy: ReadonlyMap<string, HeavyPersons>,
): ReadonlyMap<string, { readonly selection: RowSelection }> {
  const needed = rowsNeeded(rows);
  const selections = tables.flatMap(({ view }) => {
    const name = tableName(view);
    const conditions = needed.get(name);
    const exempt = heavy.get(name)?.over(view.rules.rowsPerPerson) ?? null;
    if (conditions === undefined || exempt === null) return [];
    return [[name, { selection: { conditions, exempt, personColumn: view.rules.identity } }] as const];
  });
  return new Map(selections);
}

/**
 * Names a release: the aggregation, or the bounds to be found, with its rules and noise, who it is for, the
 * collaboration and the snapshots.
 *
 * Members do not share releases: that a question costs nothing would tell one member what another has asked.
 */
export function releaseKey(
  aggregate: PlannedAggregate | PlannedBounds,
  place: Pick<RunPlace, 'collaborationId' | 'snapshots' | 'consumer'>,
): string {
  const snapshots = aggregate.tables.map((t) => place.snapshots.get(t.view.datasetId)?.contentId ?? '');
  return digestOf(
    canonicalText({ aggregate, collaboration: place.collaborationId, consumer: place.consumer, snapshots }),
  );
}
