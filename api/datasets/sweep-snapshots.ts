import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kitchen } from '../kitchen/index.ts';
import { personsDirectory, snapshotsDirectory } from './snapshot-place.ts';

/** Removes what a crash left of uploads and of persons that were never published. Run at start, before any upload. */
export async function sweepSnapshots(kitchen: Kitchen): Promise<void> {
  const { db } = kitchen.store;
  const snapshots = await db.selectFrom('snapshots').select('snapshot_id').execute();
  await removeOthers(snapshotsDirectory(kitchen), new Set(snapshots.map((s) => s.snapshot_id)));
  const persons = await db.selectFrom('person_columns').selectAll().where('state', '=', 'ready').execute();
  const kept = Map.groupBy(persons, (p) => p.collaboration_id);
  for (const collaborationId of await namesIn(personsDirectory(kitchen))) {
    const files = kept.get(collaborationId)?.map((p) => `${p.snapshot_id}.sealed`);
    await removeOthers(join(personsDirectory(kitchen), collaborationId), new Set(files));
  }
}

async function removeOthers(directory: string, kept: ReadonlySet<string>): Promise<void> {
  for (const name of await namesIn(directory)) {
    if (!kept.has(name)) await rm(join(directory, name), { recursive: true, force: true });
  }
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
