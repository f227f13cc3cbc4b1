import { columnsOf } from '../datasets/index.ts';
import { eraseNaming, eraseTouching } from '../details/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { type ErasureRow, identifiersOfErasure } from './erasure-record.ts';

/** Destroys what was recorded of questions and audiences over a member's data that name the persons of an erasure. */
export async function eraseNamingDetails(kitchen: Kitchen, erasure: ErasureRow): Promise<void> {
  const identifiers = identifiersOfErasure(kitchen, erasure);
  if (identifiers.length === 0) return;
  const rows = await kitchen.store.db
    .selectFrom('datasets')
    .select(['dataset_id', 'columns'])
    .where('owner', '=', erasure.member)
    .execute();
  const touched = { datasets: rows.map((row) => row.dataset_id), members: [erasure.member] };
  const columns = rows.flatMap((row) => columnsOf(row.columns));
  const regions = [...new Set(columns.map(({ defaultRegion }) => defaultRegion).filter((region) => region !== ''))];
  await eraseNaming(kitchen, erasure.erasure_id, { touched, persons: { identifiers, regions } });
}

/**
 * Destroys what was recorded of all questions and audiences over datasets that are gone, and of a member that is gone all
 * that it asked.
 */
export async function eraseTouchingDetails(kitchen: Kitchen, erasure: ErasureRow): Promise<void> {
  if (erasure.scope === 'persons') return;
  const { datasets = [] } = JSON.parse(erasure.receipt ?? '{}') as { datasets?: readonly string[] };
  const members = erasure.scope === 'member' ? [erasure.member] : [];
  await eraseTouching(kitchen, erasure.erasure_id, { datasets, members });
}
