// Ten million members are never in memory at once. Persons are selected and turned into tokens range by range of their
// names, each range by workers of its own; the sorted ranges lie sealed on the disk until they are merged into one list.
// A row meets rows of its own person alone (policies/plan/protected-rows.ts), so that the ranges together are exactly the
// audience.
import { addressTable, columnsNeeded, type IdentifierKind, printPersons, tableName } from '../../policies/index.ts';
import type { Blur, PersonRange, RunJob } from '../../sandbox/index.ts';
import {
  columnChunks,
  columnsOf,
  identifiersOf,
  neededTables,
  openTables,
  type PinnedPersons,
  personChunks,
  preparePersons,
  rowCountOf,
  saltOf,
  type TableSnapshot,
} from '../datasets/index.ts';
import { destinationFacts, tokenKeyOf } from '../destinations/index.ts';
import { openFunctions } from '../functions/index.ts';
import { beginWork, type Kitchen, type Work } from '../kitchen/index.ts';
import type { PermittedDelivery } from './permit-delivery.ts';
import {
  type ListName,
  mergeSorted,
  openListWriter,
  readList,
  removeLists,
  type Spool,
  TOKEN_BYTES,
  writeList,
} from './spool/index.ts';

/** Longest time to select one audience and turn it into tokens. */
const MAX_SELECTION_MS = 1_800_000;
/** Rows of the largest table that one range has about: a worker needs about a tenth of a gigabyte for them. */
const RANGE_ROWS = 1_000_000;
/** Most persons of one range: far more than its rows can have. */
const MAX_RANGE_PERSONS = 10_000_000;
/** Ranges are told by 32 bits of a name. */
const RANGES_END = 4_294_967_296;

/** What is selected, for whom and by which coins. */
export interface Filling {
  readonly permitted: PermittedDelivery;
  readonly spool: Spool;
  readonly blur: Blur | null;
  readonly lane: string;
  readonly signal: AbortSignal;
}

/** Writes the lists `persons` and `members` of a publication: who is in it, and as what this destination alone knows them. */
export async function fillSpool(kitchen: Kitchen, filling: Filling): Promise<void> {
  const { permitted, spool, lane, signal } = filling;
  const work = beginWork({ lane, signal, maxMs: MAX_SELECTION_MS });
  const prepared = await prepare(kitchen, permitted, work);
  const ranges = await rangesOf(kitchen, prepared.snapshots);
  const names = ranges.map((_, index): ListName => `range-${index}`);
  const persons = await openListWriter(kitchen, spool, 'persons');
  try {
    for (const [index, range] of ranges.entries()) {
      const selected = (await kitchen.wall.selectPersons(jobIn(prepared.job, range), work.nextJob())).sort();
      await persons.write(bigEndian(selected));
      const tokens = kitchen.wall.tokenise(tokensOf(kitchen, filling, { prepared, range, selected }), work.nextJob());
      await writeList(kitchen, spool, names[index] as ListName, tokens);
    }
    const tokens = names.map((name) => readList(kitchen, spool, name));
    await writeList(kitchen, spool, 'members', mergeSorted(tokens, TOKEN_BYTES));
    await persons.finish();
  } finally {
    await persons.abandon();
    await removeLists(kitchen, spool, names);
  }
}

interface Prepared {
  readonly job: RunJob;
  readonly snapshots: readonly TableSnapshot[];
  readonly pinned: PinnedPersons;
  /** The snapshot whose identifiers become tokens, and the column that holds them. */
  readonly address: TableSnapshot;
  readonly vaultIndex: number;
}

async function prepare(
  kitchen: Kitchen,
  { collaborationId, destination, checked, snapshots }: PermittedDelivery,
  work: Work,
): Promise<Prepared> {
  const view = addressTable(checked, destinationFacts(destination))?.view;
  const address = view && snapshots.get(view.datasetId);
  if (address === undefined) throw new Error('the destination knows none of these persons');
  const vault = identifiersOf(columnsOf(address.columns)).find(({ kind }) => kind === destination.identifier);
  // INVARIANT: an address table has the identifier of its destination.
  if (vault === undefined) throw new Error('the address table names no persons');
  const { sql, functions } = printPersons(checked);
  const needed = columnsNeeded(checked);
  const used = [...new Set([...neededTables(needed, snapshots), address])];
  const pinned = await preparePersons(kitchen, collaborationId, used, work);
  const identities = new Map(
    needed.flatMap(({ table: { view: table } }) =>
      table.rules.publicTable === null ? [[tableName(table) as string, table.rules.identity] as const] : [],
    ),
  );
  const tables = openTables(kitchen, collaborationId, needed, { snapshots, persons: pinned });
  const job = {
    // A table of persons is read range by range, a public one whole.
    tables: tables.map((table) => {
      const column = identities.get(table.name);
      return column === undefined ? table : { ...table, persons: { column, from: 0, to: RANGES_END } };
    }),
    functions: await openFunctions(kitchen, collaborationId, functions),
    sql,
    parameters: [saltOf(kitchen, collaborationId)],
    resultColumns: [{ name: 'person', kind: 'person' as const }],
    maxRows: MAX_RANGE_PERSONS,
  };
  return { job, snapshots: used, pinned, address, vaultIndex: vault.index };
}

function jobIn(job: RunJob, range: PersonRange): RunJob {
  const tables = job.tables.map((table) =>
    table.persons === undefined ? table : { ...table, persons: { ...table.persons, ...range } },
  );
  return { ...job, tables };
}

function tokensOf(
  kitchen: Kitchen,
  { permitted: { collaborationId, destination }, blur }: Filling,
  of: { readonly prepared: Prepared; readonly range: PersonRange; readonly selected: BigUint64Array },
) {
  const { pinned, address, vaultIndex } = of.prepared;
  return {
    key: tokenKeyOf(kitchen, destination),
    identifier: destination.identifier as IdentifierKind,
    persons: of.selected,
    personChunks: () => personChunks(kitchen, collaborationId, { snapshot: address, persons: pinned }),
    vaultChunks: () => columnChunks(kitchen, address, vaultIndex),
    range: of.range,
    ...(blur === null ? {} : { blur }),
  };
}

/** As many ranges as the largest table asks for: whoever knows how many there are knows no more than its rows. */
async function rangesOf(kitchen: Kitchen, snapshots: readonly TableSnapshot[]): Promise<readonly PersonRange[]> {
  const rowCounts = await Promise.all(snapshots.map((snapshot) => rowCountOf(kitchen, snapshot)));
  const count = Math.max(1, Math.ceil(Math.max(...rowCounts) / RANGE_ROWS));
  const edgeOf = (index: number): number => Math.floor((index * RANGES_END) / count);
  return Array.from({ length: count }, (_, index) => ({ from: edgeOf(index), to: edgeOf(index + 1) }));
}

/** As bytes whose order is that of the persons. */
function bigEndian(persons: BigUint64Array): Uint8Array {
  const bytes = Buffer.from(persons.buffer, persons.byteOffset, persons.byteLength);
  return persons.length === 0 ? bytes : Buffer.from(bytes).swap64();
}
