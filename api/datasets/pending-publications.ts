// The log tells of a snapshot before anybody can see it, and a crash may fall between: then the log has told of something
// that never was. So what is to be published is kept first, and after a crash the log decides: what it has told of is
// published, what it has not is forgotten.
import type { Kitchen } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';
import type { SnapshotRow } from './admit-to-dataset.ts';
import { noteUploadForOptOuts } from './opt-outs.ts';
import type { PartRow } from './snapshot-parts.ts';

/** A snapshot with its new part, both as they will be stored. */
export interface PendingPublication {
  readonly snapshot: SnapshotRow;
  readonly part: PartRow;
}

/** Keeps a publication before the log is told of it. */
export async function keepPublication(kitchen: Kitchen, { snapshot, part }: PendingPublication): Promise<void> {
  await kitchen.store.db
    .insertInto('pending_publications')
    .values({
      snapshot_id: snapshot.snapshot_id,
      dataset_id: snapshot.dataset_id,
      from_index: kitchen.log.treeSize,
      rows: JSON.stringify({ snapshot, part }),
    })
    .execute();
}

/** Publishes what was kept, once the log has told of it: in one step. */
export async function finishPublication(
  kitchen: Kitchen,
  { snapshot, part }: PendingPublication,
  leafIndex: number,
): Promise<SnapshotRow> {
  const published = { ...snapshot, leaf_index: leafIndex };
  await kitchen.store.transaction(async (db) => {
    await insertSnapshot(db, { snapshot: published, part });
    await db.deleteFrom('pending_publications').where('snapshot_id', '=', snapshot.snapshot_id).execute();
  });
  return published;
}

/**
 * Brings publications to their end that were broken off: of all datasets at start, of one before its next publication.
 *
 * Files of what is forgotten are left to the sweep.
 */
export async function settlePublications(kitchen: Kitchen, datasetId?: string): Promise<void> {
  const all = kitchen.store.db.selectFrom('pending_publications').selectAll().orderBy('from_index');
  const rows = await (datasetId === undefined ? all : all.where('dataset_id', '=', datasetId)).execute();
  for (const row of rows) {
    const leafIndex = await findEntry(kitchen, row.snapshot_id, row.from_index);
    if (leafIndex !== undefined) {
      await finishPublication(kitchen, JSON.parse(row.rows) as PendingPublication, leafIndex);
    } else {
      await kitchen.store.db.deleteFrom('pending_publications').where('snapshot_id', '=', row.snapshot_id).execute();
    }
  }
}

async function findEntry(kitchen: Kitchen, snapshotId: string, fromIndex: number): Promise<number | undefined> {
  const count = kitchen.log.treeSize - fromIndex;
  for await (const { leafIndex, entry } of kitchen.log.read(fromIndex, count)) {
    const { kind, subject } = entry;
    if (kind === 'snapshot-published' && (subject as { snapshot?: unknown }).snapshot === snapshotId) return leafIndex;
  }
  return undefined;
}

async function insertSnapshot(db: Database, { snapshot, part }: PendingPublication): Promise<void> {
  await db.insertInto('parts').values(part).execute();
  await db.insertInto('snapshots').values(snapshot).execute();
  await noteUploadForOptOuts(db, snapshot.dataset_id);
  // Appends take turns: what was the newest when this was kept still is.
  const before = snapshot.mode === 'append' ? await newestPartIds(db, snapshot) : [];
  for (const [position, partId] of [...before, part.part_id].entries()) {
    const row = { snapshot_id: snapshot.snapshot_id, position, part_id: partId };
    await db.insertInto('snapshot_parts').values(row).execute();
  }
  await db
    .updateTable('uploads')
    .set({ state: 'published', snapshot_id: snapshot.snapshot_id, dataset_id: snapshot.dataset_id })
    .where('upload_id', '=', part.original_id)
    .execute();
}

async function newestPartIds(
  db: Database,
  { dataset_id: datasetId, snapshot_id: snapshotId }: SnapshotRow,
): Promise<readonly string[]> {
  const earlier = await db
    .selectFrom('snapshots')
    .select('snapshot_id')
    .where('dataset_id', '=', datasetId)
    .where('state', '=', 'published')
    .where('snapshot_id', '!=', snapshotId)
    .orderBy('published_at_ms', 'desc')
    .orderBy('leaf_index', 'desc')
    .executeTakeFirst();
  if (earlier === undefined) return [];
  const query = db.selectFrom('snapshot_parts').select('part_id').where('snapshot_id', '=', earlier.snapshot_id);
  return (await query.orderBy('position').execute()).map((r) => r.part_id);
}
