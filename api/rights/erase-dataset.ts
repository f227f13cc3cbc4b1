import { withdrawDeliveries } from '../audiences/index.ts';
import { dropPart, removeOriginal, removePersonFile, removeVerdictFile } from '../datasets/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';
import { type Leftovers, removePartRows } from './erase-persons.ts';
import { type ErasureRow, markSwitched } from './erasure-record.ts';
import { withoutPublications } from './without-publications.ts';

/** Carries the erasure of a dataset out, up to the switch; answers what is left to remove. */
export async function eraseDataset(kitchen: Kitchen, erasure: ErasureRow): Promise<Leftovers> {
  return await eraseDatasets(kitchen, erasure, erasure.dataset_id === null ? [] : [erasure.dataset_id]);
}

/** Carries the erasure of all that a member has brought out, up to the switch; answers what is left to remove. */
export async function eraseMember(kitchen: Kitchen, erasure: ErasureRow): Promise<Leftovers> {
  const rows = await kitchen.store.db
    .selectFrom('datasets')
    .select('dataset_id')
    .where('owner', '=', erasure.member)
    .where('erased_at_ms', 'is', null)
    .execute();
  return await eraseDatasets(
    kitchen,
    erasure,
    rows.map((row) => row.dataset_id),
  );
}

async function eraseDatasets(kitchen: Kitchen, erasure: ErasureRow, datasetIds: readonly string[]): Promise<Leftovers> {
  return await withoutPublications(kitchen, datasetIds, () => switchOff(kitchen, erasure, datasetIds));
}

async function switchOff(kitchen: Kitchen, erasure: ErasureRow, datasetIds: readonly string[]): Promise<Leftovers> {
  const { erasure_id: id, member, scope } = erasure;
  const nowMs = kitchen.nowMs();
  const files = { persons: [], verdicts: [] };
  const gone = await kitchen.store.transaction(async (db) => {
    const parts = await db
      .selectFrom('parts')
      .selectAll()
      .where('dataset_id', 'in', [...datasetIds, ''])
      .execute();
    await withdrawDeliveries(db, { datasetIds, nowMs });
    await eraseSnapshots(db, datasetIds);
    for (const part of parts) await removePartRows(db, part.part_id, files);
    const ended = { erased_at_ms: nowMs, display_name: 'erased' };
    await db
      .updateTable('datasets')
      .set(ended)
      .where('dataset_id', 'in', [...datasetIds, ''])
      .execute();
    const uploads = await eraseUploads(db, { member, scope, datasetIds });
    if (scope === 'member') await db.deleteFrom('opt_outs').where('member', '=', member).execute();
    const numbers = {
      rowCount: parts.reduce((sum, part) => sum + part.row_count, 0),
      refusedRowCount: parts.reduce((sum, part) => sum + part.rejected_count, 0),
      partCount: parts.length,
      waitingUploadCount: 0,
    };
    const receipt = { erasure: id, datasets: [...datasetIds] };
    await markSwitched(kitchen, db, erasure, { numbers, receipt });
    return { parts, uploads };
  });
  return async () => {
    for (const part of gone.parts) await dropPart(kitchen, part);
    for (const uploadId of gone.uploads) await removeOriginal(kitchen, uploadId);
    for (const { collaborationId, fileName } of files.persons)
      await removePersonFile(kitchen, collaborationId, fileName);
    for (const fileName of files.verdicts) await removeVerdictFile(kitchen, fileName);
  };
}

async function eraseSnapshots(db: Database, datasetIds: readonly string[]): Promise<void> {
  const snapshots = db
    .selectFrom('snapshots')
    .select('snapshot_id')
    .where('dataset_id', 'in', [...datasetIds, '']);
  await db.deleteFrom('snapshot_parts').where('snapshot_id', 'in', snapshots).execute();
  await db.deleteFrom('heavy_persons').where('snapshot_id', 'in', snapshots).execute();
  await db
    .updateTable('snapshots')
    .set({ state: 'erased', row_count: 0 })
    .where('dataset_id', 'in', [...datasetIds, ''])
    .execute();
}

/** The uploads whose files go: those of the datasets, and of a member all that it has sent. */
async function eraseUploads(
  db: Database,
  of: { readonly member: string; readonly scope: ErasureRow['scope']; readonly datasetIds: readonly string[] },
): Promise<readonly string[]> {
  const uploads = db.deleteFrom('uploads').where('member', '=', of.member);
  const chosen = of.scope === 'member' ? uploads : uploads.where('dataset_id', 'in', [...of.datasetIds, '']);
  return (await chosen.returning('upload_id').execute()).map((row) => row.upload_id);
}
