import { WallError } from '../../sandbox/index.ts';
import { DestinationFailed } from '../destinations/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import type { ActivationRow } from './audience-record.ts';
import { type Delivered, deliver } from './deliver.ts';
import { HeldBack } from './held-back.ts';
import { isRefreshOfShown } from './pending-refresh.ts';
import { change, confirmDelivery, noteInForce, sendAnew, settleTooSmall, stopRefresh } from './settle-delivery.ts';
import { withdrawalOf } from './withdrawal.ts';

/** First wait after an attempt that came to nothing; each further one doubles it. */
const FIRST_RETRY_MS = 1_000;
/** Longest wait between attempts: an engine that is back is reached within five minutes. */
const MAX_RETRY_MS = 300_000;

/** What may end an attempt, and who wants to know that it has nothing more to send. */
export interface AttemptLimits {
  /** Ends the sending: the activation was revoked or must be sent anew, or the service stops. */
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
    const delivered = await deliver(kitchen, activation, sending);
    if (delivered.kind === 'done') await noteInForce(kitchen, activation, delivered.receipt);
    onSent();
    // What has been sent is logged although it was revoked meanwhile: only the end of the service interrupts this wait.
    await settle(kitchen, activation, delivered, service);
  } catch (cause) {
    // Cut off in between, the attempt is made again: the destination knows it by audience and version.
    if (sending.aborted) return;
    if (!(cause instanceof HeldBack)) await failed(kitchen, activation, cause);
    else if (activation.is_replacement === 1) await withdrawInstead(kitchen, activation, cause);
    else if (isRefreshOfShown(activation)) await stopRefresh(kitchen, activation, cause.reason);
    else await holdBack(kitchen, activation, cause);
  }
}

async function settle(
  kitchen: Kitchen,
  activation: ActivationRow,
  delivered: Delivered,
  service: AbortSignal,
): Promise<void> {
  switch (delivered.kind) {
    case 'done': {
      const { receipt, forgetAtMs } = delivered;
      return await confirmDelivery(kitchen, activation, { receipt, forgetAtMs }, service);
    }
    case 'too-small':
      return await settleTooSmall(kitchen, activation);
    case 'superseded':
    case 'needs-full': {
      const retry = retryOf(kitchen, activation);
      return await sendAnew(kitchen, activation, { isBaseLost: delivered.kind === 'needs-full', retry });
    }
  }
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
    const withdrawal = await withdrawalOf(db, audience, kitchen.nowMs());
    await db
      .updateTable('activations')
      .set({ ...withdrawal, withdrawal_reason: 'erased' })
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
  if (cause instanceof DestinationFailed) return { reason: cause.reason, status: cause.status };
  if (cause instanceof WallError) return { reason: 'selection-failed', code: cause.code };
  return { reason: 'service-failed', err: cause };
}

function retryOf(kitchen: Kitchen, { attempt_count: count }: ActivationRow) {
  const waitMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** count);
  return { attempt_count: count + 1, next_attempt_at_ms: kitchen.nowMs() + waitMs };
}
