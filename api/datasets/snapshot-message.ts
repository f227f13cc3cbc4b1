import { datasets } from '../../proto/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { SnapshotRow } from './admit-to-dataset.ts';
import { readSnapshotParts } from './snapshot-parts.ts';

/** A snapshot as its owner reads it. */
export async function snapshotMessage(kitchen: Kitchen, row: SnapshotRow): Promise<datasets.Snapshot> {
  const parts = await readSnapshotParts(kitchen, row.snapshot_id);
  const newest = parts.at(-1);
  return {
    snapshotId: row.snapshot_id,
    rowCount: BigInt(row.row_count),
    rejectedCount: BigInt(newest?.rejected_count ?? 0),
    uploadDigest: newest?.original_digest ?? '',
    publishedAt: row.published_at_ms === null ? undefined : new Date(row.published_at_ms),
    mode: row.mode === 'append' ? datasets.SnapshotMode.APPEND : datasets.SnapshotMode.REPLACE,
    partCount: parts.length,
    revision: row.revision,
  };
}
