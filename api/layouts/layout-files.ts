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
 * Removes the files of layouts that no layout names, ready or being made: of some collaborations, or of all at start.
 * Whoever reads one of them holds it open, and reads it to its end.
 */
export async function removeUnnamedFiles(kitchen: Kitchen, collaborationIds?: readonly string[]): Promise<void> {
  for (const collaborationId of collaborationIds ?? (await namesIn(layoutsDirectory(kitchen)))) {
    const folder = join(layoutsDirectory(kitchen), collaborationId);
    // INVARIANT: a layout is named before its first file is there. So files are listed before names are read: the other
    // way round, those of a making that begins between the two would be taken from it.
    const names = await namesIn(folder);
    if (names.length === 0) continue;
    const layouts = kitchen.store.db.selectFrom('layouts').select('layout_id');
    const rows = await layouts.where('collaboration_id', '=', collaborationId).execute();
    const kept = new Set(rows.map((row) => row.layout_id));
    for (const name of names) {
      if (!kept.has(layoutOf(name))) await rm(join(folder, name), { force: true });
    }
  }
}

/**
 * Forgets the layouts that lack a file, as after a backup without them was put back, or after an operator removed one that
 * was broken: they are made again. No question would: it takes the general program and leaves things as they are.
 */
export async function forgetWithoutFiles(kitchen: Kitchen): Promise<void> {
  const { db } = kitchen.store;
  const rows = await db.selectFrom('layouts').select(['layout_id', 'collaboration_id', 'file_count']).execute();
  for (const [collaborationId, ofOne] of Map.groupBy(rows, (row) => row.collaboration_id)) {
    const names = await namesIn(join(layoutsDirectory(kitchen), collaborationId));
    const there = Map.groupBy(names, layoutOf);
    for (const { layout_id: id, file_count: count } of ofOne) {
      if ((there.get(id)?.length ?? 0) < count) await db.deleteFrom('layouts').where('layout_id', '=', id).execute();
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
