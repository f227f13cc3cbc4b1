import { type Kitchen, record } from '../kitchen/index.ts';
import type { ActivationRow } from './audience-record.ts';
import { deliver } from './deliver.ts';

/** How often the outbox is looked at. */
const POLL_MS = 500;
/** First wait after a failed attempt; each further one doubles it. */
const FIRST_RETRY_MS = 1_000;
/** Longest wait between attempts: an engine that is back is reached within five minutes. */
const MAX_RETRY_MS = 300_000;
/** Step at which a delivery shows: how long it took depends on how many were published. */
const SHOWN_STEP_MS = 1_000;

/** The loop that delivers what was accepted, however often it must be tried. */
export interface Deliveries {
  /** Looks at the outbox now, for a caller that has just put something in. */
  readonly nudge: () => void;
  /** Stops and waits for an attempt under way. */
  readonly close: () => Promise<void>;
}

/**
 * Starts the deliveries.
 *
 * The activations table is the outbox: a row is written with its acceptance and changes state only after the
 * destination has confirmed. A crash on either side means another attempt, which the destination knows by audience
 * and version; so that the effect happens once.
 */
export function startDeliveries(kitchen: Kitchen): Deliveries {
  const controller = new AbortController();
  let wake = Promise.withResolvers<void>();
  const loop = async (): Promise<void> => {
    while (!controller.signal.aborted) {
      const isIdle = !(await deliverNext(kitchen, controller.signal));
      if (isIdle) {
        await Promise.race([wake.promise, new Promise((resolve) => setTimeout(resolve, POLL_MS))]);
        wake = Promise.withResolvers<void>();
      }
    }
  };
  const ended = loop().catch((cause: unknown) => kitchen.operatorLog.error({ err: cause }, 'deliveries have stopped'));
  return {
    nudge: () => wake.resolve(),
    close: async () => {
      controller.abort();
      wake.resolve();
      await ended;
    },
  };
}

/** Tries the delivery that has waited longest; false when none is due. */
async function deliverNext(kitchen: Kitchen, signal: AbortSignal): Promise<boolean> {
  const activation = await kitchen.store.db
    .selectFrom('activations')
    .selectAll()
    .where('state', 'in', ['accepted', 'revoking'])
    .where('next_attempt_at_ms', '<=', kitchen.nowMs())
    .orderBy('next_attempt_at_ms')
    .executeTakeFirst();
  if (activation === undefined) return false;
  try {
    await confirm(kitchen, activation, await deliver(kitchen, activation, signal));
  } catch (cause) {
    if (signal.aborted) return false;
    await retryLater(kitchen, activation, cause);
  }
  return true;
}

async function confirm(kitchen: Kitchen, activation: ActivationRow, receipt: string): Promise<void> {
  const isWithdrawal = activation.state === 'revoking';
  const { activation_id: id, audience_id: audience, collaboration_id: collaboration } = activation;
  const subject = { audience, activation: id, receipt, withdrawal: isWithdrawal };
  await record(kitchen, { kind: 'audience-delivered', call: null, collaboration, subject });
  const shownAtMs = Math.ceil(kitchen.nowMs() / SHOWN_STEP_MS) * SHOWN_STEP_MS;
  const delivered = { state: 'delivered' as const, receipt, delivered_at_ms: shownAtMs };
  const revoked = { state: 'revoked' as const, receipt, revoked_at_ms: shownAtMs };
  // A withdrawal may have come in meanwhile: then this publication's confirmation must not hide it.
  await kitchen.store.db
    .updateTable('activations')
    .set({ ...(isWithdrawal ? revoked : delivered), next_attempt_at_ms: null })
    .where('activation_id', '=', id)
    .where('state', '=', activation.state)
    .execute();
}

async function retryLater(kitchen: Kitchen, activation: ActivationRow, cause: unknown): Promise<void> {
  const waitMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** activation.attempt_count);
  const reason = cause instanceof Error ? cause.name : 'unknown';
  const { activation_id: id, attempt_count: attempts } = activation;
  kitchen.operatorLog.warn({ activation: id, attempts: attempts + 1, reason, waitMs }, 'a delivery failed');
  await kitchen.store.db
    .updateTable('activations')
    .set({ attempt_count: attempts + 1, next_attempt_at_ms: kitchen.nowMs() + waitMs })
    .where('activation_id', '=', id)
    .where('state', '=', activation.state)
    .execute();
}
