import type { Selectable } from 'kysely';
import type { Kitchen } from '../kitchen/index.ts';
import type { Tables } from '../store/index.ts';

/** A part as stored. */
export type PartRow = Selectable<Tables['parts']>;

/** The parts of a snapshot, in order. */
export async function readSnapshotParts(kitchen: Kitchen, snapshotId: string): Promise<readonly PartRow[]> {
  return await kitchen.store.db
    .selectFrom('snapshot_parts')
    .innerJoin('parts', 'parts.part_id', 'snapshot_parts.part_id')
    .selectAll('parts')
    .where('snapshot_parts.snapshot_id', '=', snapshotId)
    .orderBy('snapshot_parts.position')
    .execute();
}

/** Rows of a snapshot, those that do not count included. */
export async function rowCountOf(kitchen: Kitchen, { snapshotId }: { readonly snapshotId: string }): Promise<number> {
  const { rows } = await kitchen.store.db
    .selectFrom('snapshot_parts')
    .innerJoin('parts', 'parts.part_id', 'snapshot_parts.part_id')
    .select(({ fn }) => fn.sum<number | null>('parts.row_count').as('rows'))
    .where('snapshot_parts.snapshot_id', '=', snapshotId)
    .executeTakeFirstOrThrow();
  return rows ?? 0;
}
