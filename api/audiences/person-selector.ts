// Who is in an audience, from layouts where they are there and from the tables as they were handed in where not: both
// programs select the same persons, and which one does follows from what is declared and stored.
import {
  type CheckedAudience,
  chooseSelection,
  columnsNeeded,
  printPersons,
  printSelection,
  type SelectionPath,
  tableName,
} from '../../policies/index.ts';
import type { PersonRange, RunJob, ShardedRunJob } from '../../sandbox/index.ts';
import { openTables, type PinnedPersons, rowCountOf, saltOf, type TableSnapshot } from '../datasets/index.ts';
import { droppingBroken, openPath } from '../exits/index.ts';
import { openFunctions } from '../functions/index.ts';
import type { Kitchen, Work } from '../kitchen/index.ts';
import { findLayouts } from '../layouts/index.ts';

/** Rows of a table that one range has about: a worker needs about a tenth of a gigabyte for them. */
const RANGE_ROWS = 1_000_000;
/** Most persons of one range: far more than its rows can have. */
const MAX_RANGE_PERSONS = 10_000_000;
/** Ranges are told by 32 bits of a name. */
const RANGES_END = 4_294_967_296;

/** Selects the persons of an audience, range by range of their names. */
export interface PersonSelector {
  /** `general` over the tables as they were handed in. */
  readonly path: 'general' | SelectionPath['kind'];
  /** Ascending; together everybody. */
  readonly ranges: readonly PersonRange[];
  /** The persons of a range, each once. */
  readonly select: (index: number) => Promise<BigUint64Array>;
  readonly close: () => Promise<void>;
}

/** What is selected, and from what. */
export interface SelectionPlace {
  readonly collaborationId: string;
  readonly checked: CheckedAudience;
  readonly snapshots: ReadonlyMap<string, TableSnapshot>;
  /** All that are read: those that persons are selected from, and `address`. */
  readonly used: readonly TableSnapshot[];
  readonly persons: PinnedPersons;
  /** The snapshot whose identifiers become tokens; it has every person of the audience. */
  readonly address: TableSnapshot;
  readonly work: Work;
}

/** Opens what persons are selected from. */
export async function openSelector(kitchen: Kitchen, place: SelectionPlace): Promise<PersonSelector> {
  return (await overLayouts(kitchen, place)) ?? (await overTables(kitchen, place));
}

const RESULT = { resultColumns: [{ name: 'person', kind: 'person' as const }], maxRows: MAX_RANGE_PERSONS };

/** Over layouts; null where some are not there, or not cut as finely as the ranges are. */
async function overLayouts(kitchen: Kitchen, place: SelectionPlace): Promise<PersonSelector | null> {
  const { collaborationId, checked, snapshots, persons, address, work } = place;
  const views = checked.tables.map(({ view }) => view);
  const found = await findLayouts(kitchen, collaborationId, { views, snapshots, persons });
  const path = chooseSelection(checked, found);
  if (path === null) return null;
  const printed = { rows: checked.rows, query: printSelection(checked, path), found, persons };
  const whileWhole = <Result>(run: () => Promise<Result>) => droppingBroken(kitchen, printed, place, run);
  // A shard is read in flat memory whatever the tables have; what a range must hold is its part of the address table.
  const count = leastPowerOfTwo((await rowCountOf(kitchen, address)) / RANGE_ROWS);
  const open = await whileWhole(() => openPath(kitchen, printed, place));
  if (open === null) return null;
  const { cut, close } = open.layouts;
  if (count > cut) {
    await close();
    return null;
  }
  return {
    path: path.kind,
    ranges: rangesOf(count),
    select: async (index) => {
      const job: ShardedRunJob = { ...open.jobOf({ index, count }), ...RESULT };
      return await whileWhole(() => kitchen.wall.selectPersonsSharded(job, work.nextJob()));
    },
    close,
  };
}

/** Over the tables as they were handed in, each range from its part of all rows. */
async function overTables(kitchen: Kitchen, place: SelectionPlace): Promise<PersonSelector> {
  const { collaborationId, checked, used, work } = place;
  const { sql, functions } = printPersons(checked);
  const needed = columnsNeeded(checked);
  const identities = new Map(
    needed.flatMap(({ table: { view: table } }) =>
      table.rules.publicTable === null ? [[tableName(table) as string, table.rules.identity] as const] : [],
    ),
  );
  const tables = openTables(kitchen, collaborationId, needed, place);
  const code = await openFunctions(kitchen, collaborationId, functions);
  const parameters = [saltOf(kitchen, collaborationId)];
  const jobIn = (range: PersonRange): RunJob => ({
    // A table of persons is read range by range, a public one whole.
    tables: tables.map((table) => {
      const column = identities.get(table.name);
      return column === undefined ? table : { ...table, persons: { column, ...range } };
    }),
    functions: code,
    sql,
    parameters,
    ...RESULT,
  });
  // As many ranges as the largest table asks for: whoever knows how many there are knows no more than its rows.
  const rowCounts = await Promise.all(used.map((snapshot) => rowCountOf(kitchen, snapshot)));
  const ranges = rangesOf(Math.max(1, Math.ceil(Math.max(...rowCounts) / RANGE_ROWS)));
  return {
    path: 'general',
    ranges,
    select: async (index) => await kitchen.wall.selectPersons(jobIn(ranges[index] as PersonRange), work.nextJob()),
    close: async () => {},
  };
}

function rangesOf(count: number): readonly PersonRange[] {
  const edgeOf = (index: number): number => Math.floor((index * RANGES_END) / count);
  return Array.from({ length: count }, (_, index) => ({ from: edgeOf(index), to: edgeOf(index + 1) }));
}

/** Layouts are cut by the upper bits of a name. */
function leastPowerOfTwo(atLeast: number): number {
  let count = 1;
  while (count < atLeast) count *= 2;
  return count;
}
