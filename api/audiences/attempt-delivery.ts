import { WallError } from '../../sandbox/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { nextVersion } from './activate-audience.ts';
import type { ActivationRow } from './audience-record.ts';
import { deliver } from './deliver.ts';
import { HeldBack } from './held-back.ts';
import { shownReceipt } from './shown-receipt.ts';
import { nextShownMs, waitUntil } from './shown-time.ts';
import { EngineFailed } from './strategy-engine-client.ts';

/** First wait after an attempt that came to nothing; each further one doubles it. */
const FIRST_RETRY_MS = 1_000;
/** Longest wait between attempts: an engine that is back is reached within five minutes. */
const MAX_RETRY_MS = 300_000;

/** What may end an attempt, and who wants to know that it has nothing more to send. */
export interface AttemptLimits {
  /** Ends the sending: the activation was revoked, or the service stops. */
  readonly sending: AbortSignal;
  /** The service stops. */
  readonly service: AbortSignal;
  readonly onSent: () => void;
}

/** One attempt with all that follows from it: confirmed, held back, or to be tried again. */
export async function attemptDelivery(
  kitchen: Kitchen,
  activation: ActivationRow,
  { sending, service, onSent }: AttemptLimits,
): Promise<void> {
  try {
    const receipt = await deliver(kitchen, activation, sending);
    onSent();
    // What has been sent is logged although it was revoked meanwhile: only the end of the service interrupts this wait.
    await confirm(kitchen, activation, receipt, service);
  } catch (cause) {
    // Cut off in between, the attempt is made again: the destination knows it by audience and version.
    if (sending.aborted) return;
    if (cause instanceof HeldBack && activation.is_replacement === 1) await withdrawInstead(kitchen, activation, cause);
    else if (cause instanceof HeldBack) await holdBack(kitchen, activation, cause);
    else await failed(kitchen, activation, cause);
  }
}

async function confirm(
  kitchen: Kitchen,
  activation: ActivationRow,
  sentReceipt: string,
  signal: AbortSignal,
): Promise<void> {
  const shownAtMs = nextShownMs(activation.accepted_at_ms, kitchen.nowMs());
  await waitUntil(shownAtMs, kitchen.nowMs, signal);
  const isWithdrawal = activation.state === 'revoking';
  const receipt = shownReceipt(kitchen, sentReceipt);
  const { activation_id: id, audience_id: audience, collaboration_id: collaboration } = activation;
  const subject = { audience, activation: id, receipt, withdrawal: isWithdrawal };
  await record(kitchen, { kind: 'audience-delivered', call: null, collaboration, subject });
  const delivered = { state: 'delivered' as const, receipt, delivered_at_ms: shownAtMs, is_replacement: 0 };
  const revoked = { state: 'revoked' as const, receipt, revoked_at_ms: shownAtMs };
  await change(kitchen, activation, { ...(isWithdrawal ? revoked : delivered), next_attempt_at_ms: null });
}

/**
 * What must be replaced cannot wait: with persons in it who no longer count, it is withdrawn.
 */
async function withdrawInstead(kitchen: Kitchen, activation: ActivationRow, { reason }: HeldBack): Promise<void> {
  const { activation_id: id, audience_id: audience, collaboration_id: collaboration, version } = activation;
  kitchen.operatorLog.warn({ activation: id, reason }, 'an audience that must be replaced is withdrawn');
  const subject = { audience, activation: id, reason };
  await record(kitchen, { kind: 'audience-revoked', call: null, collaboration, subject });
  await kitchen.store.transaction(async (db) => {
    await db
      .updateTable('activations')
      .set({
        state: 'revoking',
        version: await nextVersion(db, audience),
        attempt_count: 0,
        next_attempt_at_ms: kitchen.nowMs(),
      })
      .where('activation_id', '=', id)
      .where('state', '=', 'accepted')
      .where('version', '=', version)
      .execute();
  });
}

/** The requester sees `accepted` as before; the operator and the auditors learn why it stays so, the latter once. */
async function holdBack(kitchen: Kitchen, activation: ActivationRow, { reason }: HeldBack): Promise<void> {
  const { activation_id: id, audience_id: audience, collaboration_id: collaboration } = activation;
  const later = retryOf(kitchen, activation);
  kitchen.operatorLog.warn({ activation: id, reason, attempts: later.attempt_count }, 'a delivery is held back');
  if (activation.held_back_reason === null) {
    const subject = { audience, activation: id, reason };
    await record(kitchen, { kind: 'audience-refused', call: null, collaboration, subject });
  }
  const held_back_reason = activation.held_back_reason ?? reason;
  await change(kitchen, activation, { ...later, held_back_reason });
}

async function failed(kitchen: Kitchen, activation: ActivationRow, cause: unknown): Promise<void> {
  const later = retryOf(kitchen, activation);
  const facts = { activation: activation.activation_id, attempts: later.attempt_count, ...failureFacts(cause) };
  kitchen.operatorLog.warn(facts, 'a delivery failed');
  await change(kitchen, activation, later);
}

function failureFacts(cause: unknown): Record<string, unknown> {
  if (cause instanceof EngineFailed) return { reason: cause.reason, status: cause.status };
  if (cause instanceof WallError) return { reason: 'selection-failed', code: cause.code };
  return { reason: 'service-failed', err: cause };
}

function retryOf(kitchen: Kitchen, { attempt_count: count }: ActivationRow) {
  const waitMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** count);
  return { attempt_count: count + 1, next_attempt_at_ms: kitchen.nowMs() + waitMs };
}

/**
 * A withdrawal or an erasure may have come in meanwhile: then what this attempt has to say of its version must not hide
 * that another one is due.
 */
async function change(kitchen: Kitchen, activation: ActivationRow, fields: Partial<ActivationRow>): Promise<void> {
  await kitchen.store.db
    .updateTable('activations')
    .set(fields)
    .where('activation_id', '=', activation.activation_id)
    .where('state', '=', activation.state)
    .where('version', '=', activation.version)
    .execute();
}
