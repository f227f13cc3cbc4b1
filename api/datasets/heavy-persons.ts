import { type MostRows, type PlanTable, tableName } from '../../policies/index.ts';
import { WallError } from '../../sandbox/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
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
 * Counts who has the most rows in a snapshot as it stands, unless that is known, and seals it: it is data, so that whoever
 * reads the control store does not learn it, not even by its length.
 */
export async function ensureHeavyPersons(
  kitchen: Kitchen,
  collaborationId: string,
  { snapshot, persons }: { readonly snapshot: TableSnapshot; readonly persons: PinnedPersons },
): Promise<void> {
  // Named by the persons too: a spine that joins two of them makes one that is heavier than either.
  const id = countedId(snapshot, persons);
  if ((await readCounted(kitchen, collaborationId, id)) !== undefined) return;
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

async function readCounted(kitchen: Kitchen, collaborationId: string, id: string) {
  return await kitchen.store.db
    .selectFrom('heavy_persons')
    .select('counted_sealed')
    .where('collaboration_id', '=', collaborationId)
    .where('content_id', '=', id)
    .executeTakeFirst();
}

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
  const heavy = new Map<string, HeavyPersons>();
  for (const { view } of tables) {
    const snapshot = of.snapshots.get(view.datasetId);
    if (snapshot === undefined) continue;
    const id = countedId(snapshot, of.persons);
    const row = await readCounted(kitchen, collaborationId, id);
    if (!row?.counted_sealed) continue;
    const place = { label: LABEL, id: `${collaborationId}/${id}` };
    heavy.set(tableName(view), heavyPersonsOf(Buffer.from(kitchen.vault.openBytes(place, row.counted_sealed))));
  }
  return heavy;
}

/** The most rows of a person, by the names of the tables. */
export function mostRowsOf(heavy: ReadonlyMap<string, HeavyPersons>): MostRows {
  return new Map([...heavy].map(([name, { mostRows }]) => [name, mostRows]));
}

function heavyPersonsOf(plain: Buffer): HeavyPersons {
  const entries = Array.from({ length: HEAVY_PERSONS_COUNT }, (_, index) => ({
    person: plain.readBigUInt64LE(index * ENTRY_BYTES),
    rows: Number(plain.readBigUInt64LE(index * ENTRY_BYTES + ENTRY_BYTES / 2)),
  }));
  return {
    mostRows: entries[0]?.rows ?? 0,
    over: (rows) => {
      const found = entries.filter((entry) => entry.rows > rows);
      return found.length === entries.length ? null : found.map(({ person }) => person);
    },
  };
}
