import type { Kitchen } from '../kitchen/index.ts';
import { hasLists, keepOnly, type Spool } from './spool/index.ts';

/**
 * Removes the lists of publications that a crash left without their row, and the rows that a restored store has without
 * their lists: both are made again, from all members. Run at start.
 */
export async function sweepSpools(kitchen: Pick<Kitchen, 'store' | 'config'>): Promise<void> {
  const rows = await kitchen.store.db.selectFrom('spools').select(['activation_id', 'version']).execute();
  const nameOf = ({ activationId, version }: Spool): string => `${activationId}.${version}`;
  const kept = new Set<string>();
  for (const { activation_id: activationId, version } of rows) {
    const spool = { activationId, version };
    if (await hasLists(kitchen, spool)) kept.add(nameOf(spool));
    else await removeRow(kitchen, spool);
  }
  await keepOnly(kitchen, (spool) => kept.has(nameOf(spool)));
}

async function removeRow(kitchen: Pick<Kitchen, 'store'>, { activationId, version }: Spool): Promise<void> {
  const { db } = kitchen.store;
  await db.deleteFrom('spools').where('activation_id', '=', activationId).where('version', '=', version).execute();
}
