import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kitchen } from '../kitchen/index.ts';
import { settlePublications } from './pending-publications.ts';
import { readPersonFiles } from './person-files.ts';
import { originalsDirectory, partsDirectory, personsDirectory } from './places.ts';
import { removeRetiredFiles } from './retired-files.ts';
import { sweepVerdicts } from './row-verdicts.ts';

/** Removes what a crash left of originals, parts and persons that nothing names. Run at start, before any upload. */
export async function sweepSnapshots(kitchen: Kitchen): Promise<void> {
  const { db } = kitchen.store;
  // First: it names parts that were on their way.
  await settlePublications(kitchen);
  const parts = await db.selectFrom('parts').select(['part_id', 'original_id']).execute();
  await removeOthers(partsDirectory(kitchen), new Set(parts.map((p) => p.part_id)));
  await sweepOriginals(kitchen, new Set(parts.map((p) => p.original_id)));
  await sweepVerdicts(kitchen);
  const kept = Map.groupBy(await readPersonFiles(kitchen.store), (file) => file.collaborationId);
  for (const collaborationId of await namesIn(personsDirectory(kitchen))) {
    const files = kept.get(collaborationId)?.map((file) => file.name);
    await removeOthers(join(personsDirectory(kitchen), collaborationId), new Set(files));
  }
}

/** Removes a person column that nothing names any more. */
export async function removePersonFile(kitchen: Kitchen, collaborationId: string, fileName: string): Promise<void> {
  await rm(join(personsDirectory(kitchen), collaborationId, fileName), { force: true });
}

/** Removes what the persons of some collaborations were in before, once nobody reads them any more. */
export async function removeFormerPersons(kitchen: Kitchen, collaborationIds: readonly string[]): Promise<void> {
  await removeRetiredFiles(collaborationIds.map((id) => join(personsDirectory(kitchen), id)));
}

async function sweepOriginals(kitchen: Kitchen, ofParts: ReadonlySet<string>): Promise<void> {
  const { db } = kitchen.store;
  const uploads = await db.selectFrom('uploads').select('upload_id').where('state', '!=', 'published').execute();
  const kept = new Set([...ofParts, ...uploads.map((u) => u.upload_id)]);
  const segments = await db.selectFrom('original_segments').select(['original_id', 'position']).execute();
  const named = Map.groupBy(segments, (s) => s.original_id);
  for (const originalId of named.keys()) {
    if (!kept.has(originalId)) {
      await db.deleteFrom('original_segments').where('original_id', '=', originalId).execute();
    }
  }
  await removeOthers(originalsDirectory(kitchen), kept);
  for (const originalId of await namesIn(originalsDirectory(kitchen))) {
    const files = named.get(originalId)?.map((s) => `${s.position}.sealed`);
    await removeOthers(join(originalsDirectory(kitchen), originalId), new Set(files));
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
