import type { TableSnapshot } from '../datasets/index.ts';
import type { Kitchen } from '../kitchen/index.ts';

/** The snapshots of a size as an activation keeps them. */
export function snapshotsText(snapshots: ReadonlyMap<string, TableSnapshot>): string {
  const pairs = [...snapshots.values()].map(({ datasetId, snapshotId }) => [datasetId, snapshotId]);
  return JSON.stringify(Object.fromEntries(pairs));
}

/** Reads the snapshots that an activation keeps, by dataset; one that is no longer published is missing. */
export async function readSizedSnapshots(kitchen: Kitchen, text: string): Promise<ReadonlyMap<string, TableSnapshot>> {
  const ids = Object.values(JSON.parse(text) as Record<string, string>);
  const rows = await kitchen.store.db
    .selectFrom('snapshots')
    .innerJoin('datasets', 'datasets.dataset_id', 'snapshots.dataset_id')
    .select(['snapshots.dataset_id', 'snapshots.snapshot_id', 'datasets.columns'])
    .where('snapshots.snapshot_id', 'in', ids)
    .where('snapshots.state', '=', 'published')
    .execute();
  return new Map(
    rows.map((r) => [r.dataset_id, { datasetId: r.dataset_id, snapshotId: r.snapshot_id, columns: r.columns }]),
  );
}
