import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kitchen } from '../kitchen/index.ts';
import type { SealedPlace } from '../vault/index.ts';

/** The folder of all layouts, a folder a collaboration. */
function layoutsDirectory(kitchen: Kitchen): string {
  return join(kitchen.config.dataDirectory, 'layouts');
}

/** One column of a layout, under the key of the dataset that its values come from. */
export function layoutPlace(
  kitchen: Kitchen,
  collaborationId: string,
  { layoutId, index, datasetId }: { readonly layoutId: string; readonly index: number; readonly datasetId: string },
): SealedPlace {
  const fileName = `${layoutId}-${index}.sealed`;
  return {
    path: join(layoutsDirectory(kitchen), collaborationId, fileName),
    fileId: `layouts/${collaborationId}/${fileName}`,
    dataset: datasetId,
  };
}

/**
 * Removes the files of layouts that no ready layout names: of some collaborations, or of all at start. Whoever reads one
 * of them holds it open, and reads it to its end.
 */
export async function removeUnnamedFiles(kitchen: Kitchen, collaborationIds?: readonly string[]): Promise<void> {
  const rows = await kitchen.store.db.selectFrom('layouts').select(['layout_id', 'collaboration_id']).execute();
  const kept = new Set(rows.map((row) => row.layout_id));
  for (const collaborationId of collaborationIds ?? (await namesIn(layoutsDirectory(kitchen)))) {
    const folder = join(layoutsDirectory(kitchen), collaborationId);
    for (const name of await namesIn(folder)) {
      if (!kept.has(layoutOf(name))) await rm(join(folder, name), { force: true });
    }
  }
}

/** Forgets the layouts that have no file, as after a backup without them was put back: they are made again. */
export async function forgetWithoutFiles(kitchen: Kitchen): Promise<void> {
  const { db } = kitchen.store;
  const rows = await db.selectFrom('layouts').select(['layout_id', 'collaboration_id']).execute();
  for (const [collaborationId, ofOne] of Map.groupBy(rows, (row) => row.collaboration_id)) {
    const names = await namesIn(join(layoutsDirectory(kitchen), collaborationId));
    const there = new Set(names.map(layoutOf));
    for (const { layout_id: id } of ofOne) {
      if (!there.has(id)) await db.deleteFrom('layouts').where('layout_id', '=', id).execute();
    }
  }
}

/** `lay-<digits>-<index>.sealed`, with whatever a half-written file has behind it. */
function layoutOf(fileName: string): string {
  return fileName.split('-').slice(0, 2).join('-');
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
