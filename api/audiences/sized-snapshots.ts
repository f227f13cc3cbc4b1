import { snapshotsById, type TableSnapshot } from '../datasets/index.ts';
import type { Kitchen } from '../kitchen/index.ts';

/** The snapshots of a size as an activation keeps them. */
export function snapshotsText(snapshots: ReadonlyMap<string, TableSnapshot>): string {
  const pairs = [...snapshots.values()].map(({ datasetId, snapshotId }) => [datasetId, snapshotId]);
  return JSON.stringify(Object.fromEntries(pairs));
}

/** The very rows that counted of each snapshot, as an activation keeps them. */
export function contentsText(snapshots: ReadonlyMap<string, TableSnapshot>): string {
  const pairs = [...snapshots.values()].map(({ datasetId, contentId }) => [datasetId, contentId]);
  return JSON.stringify(Object.fromEntries(pairs));
}

/** Reads the snapshots that an activation keeps, by dataset; one that is no longer published is missing. */
export async function readSizedSnapshots(
  kitchen: Kitchen,
  collaborationId: string,
  text: string,
): Promise<ReadonlyMap<string, TableSnapshot>> {
  const found = await snapshotsById(
    kitchen,
    collaborationId,
    Object.values(JSON.parse(text) as Record<string, string>),
  );
  return new Map([...found.values()].map((snapshot) => [snapshot.datasetId, snapshot]));
}
