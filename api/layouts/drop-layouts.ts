import type { Kitchen } from '../kitchen/index.ts';
import { removeUnnamedFiles } from './layout-files.ts';

/** Takes layouts away of which a file, or what is known of their shards, is broken; they are made again. */
export async function dropLayouts(kitchen: Kitchen, collaborationId: string, ids: readonly string[]): Promise<void> {
  await kitchen.store.db
    .deleteFrom('layouts')
    .where('layout_id', 'in', [...ids, ''])
    .execute();
  await removeUnnamedFiles(kitchen, [collaborationId]);
  kitchen.operatorLog.warn({ collaborationId, layouts: ids }, 'a file of a layout is broken; it is made again');
  kitchen.changes.note(collaborationId);
}
