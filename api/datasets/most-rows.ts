import { type MostRows, type PlanTable, tableName } from '../../policies/index.ts';
import { WallError } from '../../sandbox/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { readColumnChunks } from './column-file.ts';
import { personPlace } from './snapshot-place.ts';

/** Longest time to count the rows of each person of a snapshot: a hundred million rows. */
const COUNT_DEADLINE_MS = 600_000;
const COUNT_BYTES = 8;
const LABEL = 'most-rows';

/**
 * Counts the most rows that one person has in a snapshot, and seals it: it is data, so that whoever reads the control
 * store does not learn it, not even by its length.
 *
 * `null` when it could not be counted; questions then hold every person to the declared rows as before.
 */
export async function countMostRows(
  kitchen: Kitchen,
  collaborationId: string,
  snapshotId: string,
): Promise<Uint8Array | null> {
  const place = personPlace(kitchen, collaborationId, snapshotId);
  const chunks = () => readColumnChunks(kitchen, place);
  const job = {
    tables: [{ name: 'rows', columns: [{ name: 'person', type: { kind: 'person' as const }, chunks }] }],
    sql: 'SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM "rows" WHERE person IS NOT NULL GROUP BY person)',
    parameters: [],
    resultColumns: [{ name: 'most', kind: 'integer' as const }],
    maxRows: 1,
  };
  try {
    const [[most] = []] = await kitchen.wall.run(job, { deadlineMs: COUNT_DEADLINE_MS });
    if (typeof most !== 'bigint') return null;
    const plain = Buffer.alloc(COUNT_BYTES);
    plain.writeBigUInt64LE(most);
    return kitchen.vault.sealBytes({ label: LABEL, id: `${collaborationId}/${snapshotId}` }, plain);
  } catch (cause) {
    if (!(cause instanceof WallError)) throw cause;
    return null;
  }
}

/** Reads the most rows of a person for the tables of a question; those that were not counted are missing. */
export async function readMostRows(
  kitchen: Kitchen,
  collaborationId: string,
  tables: readonly PlanTable[],
  snapshots: ReadonlyMap<string, { readonly snapshotId: string }>,
): Promise<MostRows> {
  const most = new Map<string, number>();
  for (const { view } of tables) {
    const snapshotId = snapshots.get(view.datasetId)?.snapshotId ?? '';
    const row = await kitchen.store.db
      .selectFrom('person_columns')
      .select('most_rows_sealed')
      .where('collaboration_id', '=', collaborationId)
      .where('snapshot_id', '=', snapshotId)
      .where('state', '=', 'ready')
      .executeTakeFirst();
    if (!row?.most_rows_sealed) continue;
    const plain = kitchen.vault.openBytes(
      { label: LABEL, id: `${collaborationId}/${snapshotId}` },
      row.most_rows_sealed,
    );
    most.set(tableName(view), Number(Buffer.from(plain).readBigUInt64LE()));
  }
  return most;
}
