import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kitchen } from '../kitchen/index.ts';
import { snapshotsDirectory } from './snapshot-place.ts';

/** Removes what a crash left of uploads that were never published. Run at start, before any upload. */
export async function sweepSnapshots(kitchen: Kitchen): Promise<void> {
  const directory = snapshotsDirectory(kitchen);
  const found = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const rows = await kitchen.store.db.selectFrom('snapshots').select('snapshot_id').execute();
  const published = new Set(rows.map((r) => r.snapshot_id));
  for (const name of found) {
    if (!published.has(name)) await rm(join(directory, name), { recursive: true, force: true });
  }
}
