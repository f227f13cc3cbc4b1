// What follows from an attempt that reached its destination. What it says there is in force is noted at once, whatever has
// come in meanwhile: the next delta rests on it. What shows of it waits for its step of time.
import type { Kitchen } from '../kitchen/index.ts';
import { record } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';
import { nextVersion } from './activate-audience.ts';
import type { ActivationRow } from './audience-record.ts';
import { isReplaced } from './outbox.ts';
import { isRefreshOfShown, pendingRefreshOf } from './pending-refresh.ts';
import { sameAgain } from './send-same-again.ts';
import { shownReceipt } from './shown-receipt.ts';
import { nextShownMs, waitUntil } from './shown-time.ts';
import { keepOnly, removeLists } from './spool/index.ts';

/** Notes what a destination has: this publication and no other, or nothing. */
export async function noteInForce(kitchen: Kitchen, activation: ActivationRow, sentReceipt: string): Promise<void> {
  const { activation_id: id, audience_id: audience, destination_id: destination, version, mode } = activation;
  const isWithdrawal = activation.state === 'revoking';
  const others = await kitchen.store.db
    .selectFrom('activations')
    .select('activation_id')
    .where('audience_id', '=', audience)
    .where('destination_id', '=', destination)
    .execute();
  const ids = others.map((row) => row.activation_id);
  await kitchen.store.transaction(async (db) => {
    // An earlier activation of the audience there is replaced whole.
    await db
      .deleteFrom('spools')
      .where('activation_id', 'in', ids)
      .where(({ eb, or }) => or([eb('activation_id', '!=', id), eb('version', '!=', version)]))
      .execute();
    if (isWithdrawal) return;
    await db
      .updateTable('spools')
      .set({ state: 'in-force', receipt: shownReceipt(kitchen, sentReceipt) })
      .where('activation_id', '=', id)
      .where('version', '=', version)
      .execute();
  });
  for (const one of ids) {
    await keepOnly(kitchen, (spool) => !isWithdrawal && one === id && spool.version === version, one);
  }
  // What is sent whole needs no members to compare with; who they are is kept for no longer than it is needed.
  if (!isWithdrawal) {
    const done = mode === 'full' ? (['members'] as const) : (['added', 'removed'] as const);
    await removeLists(kitchen, { activationId: id, version }, done);
  }
}

/** Confirms what a destination has taken: in the log and to the requester, at a whole step of time. */
export async function confirmDelivery(
  kitchen: Kitchen,
  activation: ActivationRow,
  of: { readonly receipt: string; readonly forgetAtMs: number | null },
  signal: AbortSignal,
): Promise<void> {
  const forget = { forget_at_ms: of.forgetAtMs, next_attempt_at_ms: null };
  const refreshed = refreshedFields(activation);
  if (isRefreshOfShown(activation)) {
    // Whether a refresh was sent or held back shows to nobody, the log's readers included: neither leaves an entry.
    await change(kitchen, activation, { ...SETTLED, ...refreshed, ...forget });
    return;
  }
  const shownAtMs = nextShownMs(activation.accepted_at_ms, kitchen.nowMs());
  await waitUntil(shownAtMs, kitchen.nowMs, signal);
  const isWithdrawal = activation.state === 'revoking';
  const receipt = shownReceipt(kitchen, of.receipt);
  const { activation_id: id, audience_id: audience, collaboration_id: collaboration } = activation;
  const subject = { audience, activation: id, receipt, withdrawal: isWithdrawal };
  await record(kitchen, { kind: 'audience-delivered', call: null, collaboration, subject });
  const shown = { receipt, delivered_at_ms: shownAtMs };
  const revoked = { state: 'revoked' as const, receipt, revoked_at_ms: shownAtMs, next_attempt_at_ms: null };
  await change(kitchen, activation, isWithdrawal ? revoked : { ...SETTLED, ...shown, ...refreshed, ...forget });
  if (!isWithdrawal) await showFirst(kitchen, activation, { ...shown, forget_at_ms: of.forgetAtMs });
}

/** Shows a first delivery also where a refresh came in since: that one is on its way under a later version. */
async function showFirst(
  { store }: Kitchen,
  { activation_id: id, version }: ActivationRow,
  shown: Pick<ActivationRow, 'receipt' | 'delivered_at_ms' | 'forget_at_ms'>,
): Promise<void> {
  await store.db
    .updateTable('activations')
    .set(shown)
    .where('activation_id', '=', id)
    .where('version', '>', version)
    .where('state', '=', 'accepted')
    .where('delivered_at_ms', 'is', null)
    .execute();
}

/** What an activation stands for once its refresh was sent. */
function refreshedFields(activation: ActivationRow): Partial<ActivationRow> {
  const pending = activation.state === 'accepted' ? pendingRefreshOf(activation) : null;
  return pending === null ? {} : { snapshots: pending.snapshots, contents: pending.contents, persons: pending.persons };
}

const SETTLED = { state: 'delivered', is_replacement: 0, pending_refresh: null, attempt_count: 0 } as const;

/** Holds a refresh back: what is in force stays so, and nothing that shows is another. */
export async function settleTooSmall(kitchen: Kitchen, activation: ActivationRow): Promise<void> {
  // Where the destination must forget by its terms what is not refreshed, what it has is sent to it again.
  const isForgotten = activation.forget_at_ms !== null;
  const inForce = { ...activation, state: 'delivered' as const };
  const again = isForgotten ? sameAgain(inForce, kitchen.nowMs()) : { next_attempt_at_ms: null };
  await dropVersion(kitchen, activation);
  // What is in force was cut off before it could show: it does now.
  const shownAtMs = activation.delivered_at_ms ?? nextShownMs(activation.accepted_at_ms, kitchen.nowMs());
  await change(kitchen, activation, { ...SETTLED, delivered_at_ms: shownAtMs, ...again });
}

/** Ends a refresh whose right has ended, with its schedule: the requester sees why, which depends on no person. */
export async function stopRefresh(kitchen: Kitchen, activation: ActivationRow, reason: string): Promise<void> {
  const { activation_id: id, audience_id: audience, collaboration_id: collaboration } = activation;
  const subject = { audience, activation: id, reason };
  await record(kitchen, { kind: 'audience-refused', call: null, collaboration, subject });
  const stopped = { stopped_reason: reason, next_refresh_at_ms: null, next_attempt_at_ms: null, asked_contents: null };
  await change(kitchen, activation, { ...SETTLED, ...stopped });
  await dropVersion(kitchen, activation);
}

/**
 * Sends the same again under a later version: the destination knows of one that we do not, or has not what a delta
 * changes. In the latter case nothing is believed to be in force there, so that all members are sent.
 */
export async function sendAnew(
  kitchen: Kitchen,
  activation: ActivationRow,
  of: { readonly isBaseLost: boolean; readonly retry: Partial<ActivationRow> },
): Promise<void> {
  const { activation_id: id, audience_id: audience, version } = activation;
  await kitchen.store.transaction(async (db) => {
    if (await isReplaced(db, activation)) return;
    const moved = await db
      .updateTable('activations')
      .set({ ...of.retry, version: await nextVersion(db, audience) })
      .where('activation_id', '=', id)
      .where('state', '=', activation.state)
      .where('version', '=', version)
      .executeTakeFirst();
    if (moved.numUpdatedRows === 0n) return;
    await deleteSpools(db, activation, of.isBaseLost);
  });
}

async function deleteSpools(db: Database, activation: ActivationRow, isBaseLost: boolean): Promise<void> {
  const own = db.deleteFrom('spools').where('activation_id', '=', activation.activation_id);
  await (isBaseLost ? own : own.where('version', '=', activation.version)).execute();
}

async function dropVersion(kitchen: Kitchen, activation: ActivationRow): Promise<void> {
  const { activation_id: id, version } = activation;
  await deleteSpools(kitchen.store.db, activation, false);
  await keepOnly(kitchen, (spool) => spool.version !== version, id);
}

/**
 * A withdrawal or an erasure may have come in meanwhile: then what this attempt has to say of its version must not hide
 * that another one is due.
 */
export async function change(
  kitchen: Kitchen,
  activation: ActivationRow,
  fields: Partial<ActivationRow>,
): Promise<void> {
  await kitchen.store.db
    .updateTable('activations')
    .set(fields)
    .where('activation_id', '=', activation.activation_id)
    .where('state', '=', activation.state)
    .where('version', '=', activation.version)
    .execute();
}
