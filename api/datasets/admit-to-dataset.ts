import type { Selectable } from 'kysely';
import type { DatasetAction } from '../authorize/index.ts';
import { accessRefused, type Call, notFound } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Tables } from '../store/index.ts';

/** A dataset as stored. */
export type DatasetRow = Selectable<Tables['datasets']>;
/** A snapshot as stored. */
export type SnapshotRow = Selectable<Tables['snapshots']>;

/** Lets an owner at its dataset. @throws {ServiceError} NOT_FOUND to everybody else */
export async function admitToDataset(
  kitchen: Kitchen,
  call: Call,
  action: DatasetAction,
  datasetId: string,
): Promise<DatasetRow> {
  const row = await kitchen.store.db
    .selectFrom('datasets')
    .selectAll()
    .where('dataset_id', '=', datasetId)
    .where('erased_at_ms', 'is', null)
    .executeTakeFirst();
  if (row === undefined) throw notFound('dataset');
  const dataset = { datasetId, owner: row.owner, isSuspended: row.suspended_at_ms !== null };
  const { principal } = call;
  const decision = kitchen.authorizer.authorize({ principal, nowMs: kitchen.nowMs(), action, dataset });
  if (decision.allowed) return row;
  throw accessRefused({ thing: 'dataset', id: datasetId, isVisible: decision.isVisible });
}

/** The published snapshots of a dataset, oldest first. */
export async function readSnapshots(kitchen: Kitchen, datasetId: string): Promise<readonly SnapshotRow[]> {
  return await kitchen.store.db
    .selectFrom('snapshots')
    .selectAll()
    .where('dataset_id', '=', datasetId)
    .where('state', '=', 'published')
    .orderBy('published_at_ms')
    .orderBy('leaf_index')
    .execute();
}
