import {
  type BoundingChoice,
  canonicalText,
  chooseBounding,
  columnsNeeded,
  type PlannedAggregate,
  type PlannedBounds,
  printAggregate,
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
  preparePersons,
  readHeavyPersons,
  type TableSnapshot,
} from '../datasets/index.ts';
import { openFunctions } from '../functions/index.ts';
import { digestOf, type Kitchen, type Work } from '../kitchen/index.ts';

/** Most groups one aggregation may return; a result with more fails as a whole. */
export const MAX_GROUPS = 100_000;
const SALT_BYTES = 8;

/** What an aggregation runs over. */
export interface RunPlace {
  readonly collaborationId: string;
  /** The member it is for: its releases are its own. */
  readonly consumer: string;
  /** The question it runs for: an exact aggregation is compared with those that were recorded before it. */
  readonly queryId?: string;
  readonly snapshots: ReadonlyMap<string, TableSnapshot>;
  readonly work: Work;
}

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
  const tables = openTables(kitchen, collaborationId, needed, { snapshots, persons });
  const heavy = await readHeavyPersons(kitchen, collaborationId, aggregate.tables, { snapshots, persons });
  const choice = chooseBounding(aggregate, mostRowsOf(heavy));
  const { sql, columns, functions } = printAggregate(aggregate, 'value', choice);
  const selections = selectionsOf(aggregate, heavy);
  const job = {
    tables: tables.map((table) => ({ ...table, ...selections.get(table.name) })),
    functions: await openFunctions(kitchen, collaborationId, functions),
    sql,
    parameters: [saltOf(kitchen, collaborationId)],
    resultColumns: [...columns],
    maxRows: MAX_GROUPS,
  };
  const rows = await kitchen.wall.run(job, work.nextJob());
  const slices = protectInSlices(aggregate, RawGroups.read(aggregate, rows), kitchen.bits);
  for (;;) {
    const slice = slices.next();
    if (slice.done) return slice.value;
    // Other callers' turn: noise for many groups takes seconds.
    await new Promise((resolve) => setImmediate(resolve));
  }
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

/** Decides which groups of a person over the bound are kept: the same ones each time, and not to be foreseen. */
export function saltOf(kitchen: Kitchen, collaborationId: string): bigint {
  const key = kitchen.vault.deriveKey(`group-order/${collaborationId}`).export();
  // One bit less than eight bytes: the engine binds it as a signed number.
  return key.subarray(0, SALT_BYTES).readBigUInt64BE() >> 1n;
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
