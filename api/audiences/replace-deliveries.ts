// What destinations have must follow when persons stop counting: each audience over the data is sent again as a new
// version, which replaces the old one whole, or withdrawn.
//
// All of them are, whether or not somebody in them has gone: which ones change would tell who was in. For the same
// reason the minimum is never held against an exact size. Each identifier that was asked for takes one from the
// protected size that the audience was accepted by: it names one person, so that what is left is a size that the
// audience still has, as surely as before; and it follows from what was asked alone.
import type { Database } from '../store/index.ts';
import { nextVersion } from './activate-audience.ts';
import type { ActivationRow } from './audience-record.ts';
import { latestStanding } from './latest-standing.ts';
import { withdrawalOf } from './withdrawal.ts';

/** Has every audience over some datasets delivered anew, its held size less the identifiers asked for. */
export async function replaceDeliveries(
  db: Database,
  of: { readonly datasetIds: readonly string[]; readonly identifierCount: number; readonly nowMs: number },
): Promise<void> {
  for (const activation of await openActivations(db, of.datasetIds)) {
    await db
      .updateTable('activations')
      .set({
        state: 'accepted',
        version: await nextVersion(db, activation.audience_id),
        persons: Math.max(0, activation.persons - of.identifierCount),
        is_replacement: 1,
        // Charged and not sent: the next refresh makes up for it. What is in force is what must be replaced.
        pending_refresh: null,
        asked_contents: null,
        attempt_count: 0,
        next_attempt_at_ms: of.nowMs,
      })
      .where('activation_id', '=', activation.activation_id)
      .execute();
  }
}

/** Withdraws every audience that was accepted over some datasets. */
export async function withdrawDeliveries(
  db: Database,
  of: { readonly datasetIds: readonly string[]; readonly nowMs: number },
): Promise<readonly ActivationRow[]> {
  const open = await openActivations(db, of.datasetIds);
  for (const activation of open) {
    const withdrawal = await withdrawalOf(db, activation.audience_id, of.nowMs);
    await db
      .updateTable('activations')
      .set({ ...withdrawal, withdrawal_reason: 'erased' })
      .where('activation_id', '=', activation.activation_id)
      .execute();
  }
  return open;
}

/** The latest publication of each audience to each destination, where it stands and has one of the datasets. */
async function openActivations(db: Database, datasetIds: readonly string[]): Promise<readonly ActivationRow[]> {
  const rows = await latestStanding(db).selectAll('own').execute();
  const touched = new Set(datasetIds);
  return rows.filter((row) => Object.keys(JSON.parse(row.snapshots) as object).some((id) => touched.has(id)));
}
