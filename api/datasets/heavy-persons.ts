import { type MostRows, type PlanTable, tableName } from '../../policies/index.ts';
import { WallError } from '../../sandbox/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { anyOf, writtenOnce } from '../store/index.ts';
import { countedId, type PinnedPersons } from './pinned-persons.ts';
import { personChunks } from './snapshot-chunks.ts';
import type { TableSnapshot } from './table-snapshot.ts';

/** Longest time to count the rows of each person of a snapshot: a hundred million rows. */
const COUNT_DEADLINE_MS = 600_000;
/**
 * How many of the persons with the most rows are known. More than this over the declared rows is no exception that slipped
 * through, but a declaration that does not fit the data.
 */
const HEAVY_PERSONS_COUNT = 1_024;
/** A person and its rows, eight bytes each. */
const ENTRY_BYTES = 16;
const LABEL = 'heavy-persons';

/** The persons with the most rows of a snapshot, heaviest first. */
export interface HeavyPersons {
  /** The most rows of any person; 0 when the snapshot has nobody. */
  readonly mostRows: number;
  /** Everybody with more rows than these; `null` when there are more such persons than are known. */
  over(rows: number): readonly bigint[] | null;
}

/**
 * Counts who has the most rows in snapshots as they stand, unless that is known, and seals it: it is data, so that whoever
 * reads the control store does not learn it, not even by its length.
 */
export async function ensureHeavyPersons(
  kitchen: Kitchen,
  collaborationId: string,
  { snapshots, persons }: { readonly snapshots: readonly TableSnapshot[]; readonly persons: PinnedPersons },
): Promise<void> {
  // Named by the persons too: a spine that joins two of them makes one that is heavier than either.
  const named = snapshots.map((snapshot) => ({ snapshot, id: countedId(snapshot, persons) }));
  const ids = named.map(({ id }) => id);
  const rows = await findCounted(kitchen.store.db, { collaborationId, ids });
  const known = new Set(rows.map((row) => row.content_id));
  for (const { snapshot, id } of named) {
    if (!known.has(id)) await keepHeavyPersons(kitchen, collaborationId, { snapshot, persons, id });
  }
}

async function keepHeavyPersons(
  kitchen: Kitchen,
  collaborationId: string,
  { snapshot, persons, id }: { snapshot: TableSnapshot; persons: PinnedPersons; id: string },
): Promise<void> {
  const counted = {
    counted_sealed: await countHeavyPersons(kitchen, collaborationId, { snapshot, persons, id }),
    counted_at_ms: kitchen.nowMs(),
  };
  await kitchen.store.db
    .insertInto('heavy_persons')
    .values({
      collaboration_id: collaborationId,
      content_id: id,
      snapshot_id: snapshot.snapshotId,
      ...counted,
    })
    .onConflict((conflict) => conflict.columns(['collaboration_id', 'content_id']).doUpdateSet(counted))
    .execute();
}

interface ContentsOf {
  readonly collaborationId: string;
  readonly ids: readonly string[];
}

const findCounted = writtenOnce((db, of: ContentsOf) =>
  db
    .selectFrom('heavy_persons')
    .select(['content_id', 'counted_sealed'])
    .where('collaboration_id', '=', of.collaborationId)
    .where('content_id', 'in', anyOf(of.ids)),
);

/** `null` when it could not be counted; questions then hold every person to the declared rows as before. */
async function countHeavyPersons(
  kitchen: Kitchen,
  collaborationId: string,
  { snapshot, persons, id }: { snapshot: TableSnapshot; persons: PinnedPersons; id: string },
): Promise<Uint8Array | null> {
  const { owner } = await kitchen.store.db
    .selectFrom('datasets')
    .select('owner')
    .where('dataset_id', '=', snapshot.datasetId)
    .executeTakeFirstOrThrow();
  const chunks = () => personChunks(kitchen, collaborationId, { snapshot, persons });
  const counted = 'SELECT person, count(*) AS n FROM "rows" WHERE person IS NOT NULL GROUP BY person';
  const job = {
    tables: [{ name: 'rows', columns: [{ name: 'person', type: { kind: 'person' as const }, chunks }] }],
    sql: `${counted} ORDER BY n DESC, person LIMIT ${HEAVY_PERSONS_COUNT}`,
    parameters: [],
    resultColumns: [
      { name: 'person', kind: 'person' as const },
      { name: 'n', kind: 'integer' as const },
    ],
    maxRows: HEAVY_PERSONS_COUNT,
  };
  try {
    const plain = Buffer.alloc(HEAVY_PERSONS_COUNT * ENTRY_BYTES);
    for (const [index, [person, n]] of (
      await kitchen.wall.run(job, { deadlineMs: COUNT_DEADLINE_MS, lane: owner })
    ).entries()) {
      plain.writeBigUInt64LE(BigInt(person ?? 0), index * ENTRY_BYTES);
      plain.writeBigUInt64LE(BigInt(n ?? 0), index * ENTRY_BYTES + ENTRY_BYTES / 2);
    }
    return kitchen.vault.sealBytes({ label: LABEL, id: `${collaborationId}/${id}` }, plain);
  } catch (cause) {
    if (!(cause instanceof WallError)) throw cause;
    return null;
  }
}

/** Reads the heavy persons of the tables of a question, by the names of the tables; those not counted are missing. */
export async function readHeavyPersons(
  kitchen: Kitchen,
  collaborationId: string,
  tables: readonly Pick<PlanTable, 'view'>[],
  of: { readonly snapshots: ReadonlyMap<string, TableSnapshot>; readonly persons: PinnedPersons },
): Promise<ReadonlyMap<string, HeavyPersons>> {
  const named = tables.flatMap(({ view }) => {
    const snapshot = of.snapshots.get(view.datasetId);
    return snapshot === undefined ? [] : [{ name: tableName(view), id: countedId(snapshot, of.persons) }];
  });
  const ids = named.map(({ id }) => id);
  const rows = await findCounted(kitchen.store.db, { collaborationId, ids });
  const known = new Map(rows.map((row) => [row.content_id, row.counted_sealed]));
  const heavy = new Map<string, HeavyPersons>();
  for (const { name, id } of named) {
    const sealed = known.get(id);
    if (!sealed) continue;
    const place = { label: LABEL, id: `${collaborationId}/${id}` };
    heavy.set(name, heavyPersonsOf(Buffer.from(kitchen.vault.openBytes(place, sealed))));
  }
  return heavy;
}

/** The most rows of a person, by the names of the tables. */
export function mostRowsOf(heavy: ReadonlyMap<string, HeavyPersons>): MostRows {
  return new Map([...heavy].map(([name, { mostRows }]) => [name, mostRows]));
}

function heavyPersonsOf(plain: Buffer): HeavyPersons {
  const rowsAt = (index: number) => Number(plain.readBigUInt64LE(index * ENTRY_BYTES + ENTRY_BYTES / 2));
  return {
    mostRows: rowsAt(0),
    over: (rows) => {
      const found: bigint[] = [];
      // All of them are looked at, however few are over: how long it takes tells nothing of them.
      for (let index = 0; index < HEAVY_PERSONS_COUNT; index += 1) {
        if (rowsAt(index) > rows) found.push(plain.readBigUInt64LE(index * ENTRY_BYTES));
      }
      return found.length === HEAVY_PERSONS_COUNT ? null : found;
    },
  };
}
