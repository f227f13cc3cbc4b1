// What falls due by itself: publications that end, and refreshes.
import type { Role } from '../auth/index.ts';
import { readCollaboration } from '../collaborations/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { type ActivationRow, decideOnAudience } from './audience-record.ts';
import { latestStanding } from './latest-standing.ts';
import { refreshActivation } from './refresh-activation.ts';
import { withdrawalOf } from './withdrawal.ts';

/** Longest time for a refresh to be accepted: it releases a size. */
const MAX_REFRESH_MS = 60_000;

/** Refusals by which a schedule ends, as the requester is told. Any other failure waits for the next time. */
const STOPS: Readonly<Partial<Record<ServiceError['code'], string>>> = {
  BUDGET_SPENT: 'budget-spent',
  AUDIENCE_REFUSED: 'rules-refuse',
  NOT_ACCEPTED: 'owner-has-not-accepted',
  NOT_FOUND: 'destination-is-gone',
  RECORD_ERASED: 'definition-is-erased',
};

/** Withdraws what has come to its end: its own, or the one that its destination's terms give it. */
export async function endDue(kitchen: Kitchen): Promise<void> {
  const nowMs = kitchen.nowMs();
  const due = await latestStanding(kitchen.store.db)
    .selectAll('own')
    .where(({ eb, or }) => or([eb('own.expires_at_ms', '<=', nowMs), eb('own.forget_at_ms', '<=', nowMs)]))
    .execute();
  for (const activation of due) {
    const { activation_id: id, audience_id: audience, collaboration_id: collaboration } = activation;
    const subject = { audience, activation: id, reason: 'expired' };
    await record(kitchen, { kind: 'audience-revoked', call: null, collaboration, subject });
    await kitchen.store.transaction(async (db) => {
      const withdrawal = await withdrawalOf(db, audience, nowMs);
      await db
        .updateTable('activations')
        .set({ ...withdrawal, withdrawal_reason: 'expired', stopped_reason: 'expired' })
        .where('activation_id', '=', id)
        .where('state', 'in', ['accepted', 'delivered'])
        .execute();
    });
  }
}

/** Accepts the refreshes that are due, one after another; answers how many were. */
export async function refreshDue(kitchen: Kitchen, signal: AbortSignal): Promise<number> {
  const due = await latestStanding(kitchen.store.db)
    .selectAll('own')
    .where('own.next_refresh_at_ms', '<=', kitchen.nowMs())
    .execute();
  for (const activation of due) {
    if (signal.aborted) break;
    await refreshOne(kitchen, activation, signal);
  }
  return due.length;
}

async function refreshOne(kitchen: Kitchen, activation: ActivationRow, signal: AbortSignal): Promise<void> {
  const stop = await stopOf(kitchen, activation, signal);
  if (signal.aborted) return;
  const nextMs = kitchen.nowMs() + (activation.refresh_every_ms ?? 0);
  const next = stop === null ? { next_refresh_at_ms: nextMs } : { next_refresh_at_ms: null, stopped_reason: stop };
  await kitchen.store.db
    .updateTable('activations')
    .set(next)
    .where('activation_id', '=', activation.activation_id)
    // A schedule that was changed meanwhile stands.
    .where('next_refresh_at_ms', '=', activation.next_refresh_at_ms)
    .execute();
}

/** Why a schedule ends now; null when it goes on. */
async function stopOf(kitchen: Kitchen, activation: ActivationRow, signal: AbortSignal): Promise<string | null> {
  const { audience_id: id, activation_id: activationId, principal, member, role } = activation;
  const row = await kitchen.store.db
    .selectFrom('audiences')
    .selectAll()
    .where('audience_id', '=', id)
    .executeTakeFirstOrThrow();
  const collaboration = await readCollaboration(kitchen, row.collaboration_id);
  if (collaboration === undefined) return 'destination-is-gone';
  const audience = { row, collaboration };
  const requester = { principal, member, role: role as Role, scopes: { collaborations: [] } };
  if (!decideOnAudience(kitchen, requester, 'activate-audience', audience).allowed) return 'rights-ended';
  const nowMs = kitchen.nowMs();
  // In the name of whom it was activated by, whose rights it has.
  const call: Call = {
    action: 'activate-audience',
    principal: requester,
    signal,
    receivedAtMs: nowMs,
    deadlineAtMs: nowMs + MAX_REFRESH_MS,
  };
  try {
    await refreshActivation(kitchen, call, audience, activation);
    return null;
  } catch (cause) {
    const code = cause instanceof ServiceError ? cause.code : 'INTERNAL';
    kitchen.operatorLog.warn({ activation: activationId, code }, 'a scheduled refresh was not accepted');
    return cause instanceof ServiceError ? (STOPS[cause.code] ?? null) : null;
  }
}
