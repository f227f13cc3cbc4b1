import type { Kitchen } from '../kitchen/index.ts';
import { attemptDelivery } from './attempt-delivery.ts';
import type { ActivationRow } from './audience-record.ts';
import { endDue, refreshDue } from './due.ts';
import { findOvertaken, nextDue, type OpenState } from './outbox.ts';

/** How often the outbox is looked at. */
const POLL_MS = 500;
/** Publications sent at once, over all destinations: each may have workers of its own select its members. */
const MAX_PARALLEL_PUBLICATIONS = 4;
/** Withdrawals sent at once; counted apart, so that publications which hang leave them room. */
const MAX_PARALLEL_WITHDRAWALS = 8;

/**
 * After so long an attempt keeps nobody from beginning: whoever runs some destinations that answer each part just in time
 * would otherwise hold up everybody's for hours.
 */
const SLOW_AFTER_MS = 10_000;
/** Attempts under way of one sort, slow ones included: each has a connection and a few blocks in memory. */
const MAX_ATTEMPT_COUNT = 64;

/** The loop that delivers what was accepted, however often it must be tried. */
export interface Deliveries {
  /** Looks at the outbox now, for a caller that has just put something in or revoked it. */
  readonly nudge: () => void;
  /** Stops, and waits for the attempts under way to end. */
  readonly close: () => Promise<void>;
}

interface Attempt {
  readonly activation: ActivationRow;
  readonly controller: AbortController;
  readonly ended: Promise<void>;
  readonly slowAtMs: number;
  /** False once the destination has answered: then it is free for the next. */
  isSending: boolean;
}

/** Starts the deliveries. */
export function startDeliveries(kitchen: Kitchen): Deliveries {
  const deliveries = new DeliveryLoop(kitchen);
  return { nudge: () => deliveries.nudge(), close: () => deliveries.close() };
}

/**
 * Withdrawals first, then publications; at most one attempt a destination, so that what is sent there keeps its order
 * and a destination that hangs keeps nobody waiting but itself.
 */
class DeliveryLoop {
  readonly #kitchen: Kitchen;
  readonly #attempts = new Set<Attempt>();
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #refreshes: Promise<void> | null = null;
  #wake = Promise.withResolvers<void>();

  constructor(kitchen: Kitchen) {
    this.#kitchen = kitchen;
    this.#ended = this.#run();
  }

  nudge(): void {
    this.#wake.resolve();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.nudge();
    await this.#ended;
    await Promise.all([this.#refreshes, ...[...this.#attempts].map(({ ended }) => ended)]);
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await endDue(this.#kitchen);
        this.#beginRefreshes();
        await this.#abortOvertaken();
        await this.#beginDue('revoking', MAX_PARALLEL_WITHDRAWALS);
        await this.#beginDue('accepted', MAX_PARALLEL_PUBLICATIONS);
      } catch (cause) {
        this.#kitchen.operatorLog.error({ err: cause }, 'the outbox could not be read');
      }
      const timer = setTimeout(() => this.nudge(), POLL_MS);
      await this.#wake.promise;
      clearTimeout(timer);
      this.#wake = Promise.withResolvers<void>();
    }
  }

  // Beside the outbox: each waits for its step of time, and nobody else's delivery waits for that.
  #beginRefreshes(): void {
    this.#refreshes ??= refreshDue(this.#kitchen, this.#stop.signal)
      .then((count) => {
        if (count > 0) this.nudge();
      })
      .catch((cause: unknown) => this.#kitchen.operatorLog.error({ err: cause }, 'refreshes could not be looked for'))
      .finally(() => {
        this.#refreshes = null;
      });
  }

  async #abortOvertaken(): Promise<void> {
    const publications = this.#sending('accepted');
    if (publications.length === 0) return;
    const overtaken = await findOvertaken(
      this.#kitchen,
      publications.map(({ activation }) => activation),
    );
    for (const { activation, controller } of publications) {
      if (overtaken.has(activation.activation_id)) controller.abort();
    }
  }

  async #beginDue(state: OpenState, maxCount: number): Promise<void> {
    while (this.#hasRoom(state, maxCount) && !this.#stop.signal.aborted) {
      const due = await nextDue(this.#kitchen, state, this.#taken(state));
      if (due === undefined) return;
      this.#begin(due);
    }
  }

  #hasRoom(state: OpenState, maxCount: number): boolean {
    const attempts = this.#sending(state);
    const quick = attempts.filter(({ slowAtMs }) => performance.now() < slowAtMs);
    return quick.length < maxCount && attempts.length < MAX_ATTEMPT_COUNT;
  }

  #sending(state: OpenState): Attempt[] {
    return [...this.#attempts].filter(({ activation, isSending }) => isSending && activation.state === state);
  }

  #taken(state: OpenState) {
    const attempts = [...this.#attempts];
    return {
      activationIds: attempts
        .filter(({ activation }) => activation.state === state)
        .map(({ activation }) => activation.activation_id),
      destinations: attempts
        .filter(({ isSending }) => isSending)
        .map(({ activation: { collaboration_id: collaborationId, destination_id: destinationId } }) => ({
          collaborationId,
          destinationId,
        })),
    };
  }

  #begin(activation: ActivationRow): void {
    const controller = new AbortController();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const slowAtMs = performance.now() + SLOW_AFTER_MS;
    const attempt: Attempt = { activation, controller, ended, slowAtMs, isSending: true };
    this.#attempts.add(attempt);
    const onSent = (): void => {
      attempt.isSending = false;
      this.nudge();
    };
    const service = this.#stop.signal;
    const sending = AbortSignal.any([service, controller.signal]);
    attemptDelivery(this.#kitchen, activation, { sending, service, onSent })
      // What came of it could not be kept, so that it is due as before: not nudged, it waits for the next poll.
      .catch((cause: unknown) => this.#kitchen.operatorLog.error({ err: cause }, 'a delivery could not be recorded'))
      .finally(() => {
        this.#attempts.delete(attempt);
        end();
      });
  }
}
