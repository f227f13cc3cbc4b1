import { layoutsOf, type StoredLayout, type TableView } from '../../policies/index.ts';
import type { PinnedPersons, TableSnapshot } from '../datasets/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { dropLayouts } from './drop-layouts.ts';
import { type LayoutRow, type LayoutSource, layoutName, openShardIndex } from './layout-record.ts';
import type { StoredShardIndex } from './shard-index.ts';
import { sourceOf, viewsOf } from './wanted-layouts.ts';

/** A layout that is there, with what opening it takes. */
export interface FoundLayout extends StoredLayout {
  readonly row: LayoutRow;
  readonly source: LayoutSource;
  readonly index: StoredShardIndex;
}

/**
 * Finds the layouts that were made of exactly these tables, as their rules have them, of exactly these rows and persons:
 * any other is out of date, and is not found. One whose record is broken is dropped, and questions do without.
 */
export async function findLayouts(
  kitchen: Kitchen,
  collaborationId: string,
  of: {
    readonly views: readonly TableView[];
    readonly snapshots: ReadonlyMap<string, TableSnapshot>;
    readonly persons: PinnedPersons;
  },
): Promise<readonly FoundLayout[]> {
  if (!kitchen.config.layout.enabled) return [];
  const rows = await kitchen.store.db
    .selectFrom('layouts')
    .selectAll()
    .where('collaboration_id', '=', collaborationId)
    .where('state', '=', 'ready')
    .execute();
  if (rows.length === 0) return [];
  const known = new Map(rows.map((row) => [row.name, row]));
  const broken: string[] = [];
  const found = layoutsOf(of.views).flatMap((spec): FoundLayout[] => {
    if (viewsOf(spec).some(({ datasetId }) => !of.snapshots.has(datasetId))) return [];
    const source = sourceOf(spec, of.snapshots, of.persons);
    const row = known.get(layoutName(kitchen, collaborationId, source));
    if (row === undefined) return [];
    const index = openShardIndex(kitchen, row);
    if (index === null) {
      broken.push(row.layout_id);
      return [];
    }
    const codes = source.printed.columns.flatMap(({ name }, at) => (index.hasDictionary(at) ? [name] : []));
    return [{ spec, codes: new Set(codes), row, source, index }];
  });
  if (broken.length > 0) await dropLayouts(kitchen, collaborationId, broken);
  return found;
}
