import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { isServiceError, readRefusal } from '../refusal.ts';

const firstPauseMs = 250;
const longestPauseMs = 10_000;

/** Refusals that pass by themselves. */
const passingReasons: ReadonlySet<string> = new Set([
  'BUSY',
  'DEADLINE_EXCEEDED',
  'RATE_LIMITED',
  'STORAGE_FAILED',
  'TAKEN_OVER',
  'UNAVAILABLE',
]);

/** What gRPC itself says of a connection that is lost; the service gives a reason to all of its own. */
const lostConnection: ReadonlySet<number> = new Set([
  status.CANCELLED,
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.INTERNAL,
  status.UNAVAILABLE,
]);

/** Tells whether a call that failed may go well later, as it stands. */
export function isPassing(error: unknown): boolean {
  if (!isServiceError(error)) return false;
  const { reason } = readRefusal(error);
  return reason === '' ? lostConnection.has(error.code) : passingReasons.has(reason);
}

/** Waits between tries: longer each time, until the service has been away for too long. */
export class Patience {
  readonly #maxMs: number;
  readonly #onPause: (error: Error, pauseMs: number) => void;
  #sinceMs: number | undefined;
  #tryCount = 0;

  constructor(maxMs: number, onPause: (error: Error, pauseMs: number) => void = () => undefined) {
    this.#maxMs = maxMs;
    this.#onPause = onPause;
  }

  /** Something went on: the next failure is a first one. */
  reset(): void {
    this.#sinceMs = undefined;
    this.#tryCount = 0;
  }

  /** Waits before another try. @throws the error itself when it will not pass, or has lasted too long */
  async wait(error: unknown): Promise<void> {
    if (!isServiceError(error) || !isPassing(error)) throw error;
    const nowMs = performance.now();
    this.#sinceMs ??= nowMs;
    const askedMs = (readRefusal(error).retrySeconds ?? 0) * 1000;
    // Half of it by chance: many who lost one service must not come back at one moment.
    const ownMs = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#tryCount) * (randomInt(500, 1000) / 1000);
    const pauseMs = Math.max(askedMs, ownMs);
    if (nowMs + pauseMs - this.#sinceMs > this.#maxMs) throw error;
    this.#tryCount += 1;
    this.#onPause(error, pauseMs);
    await sleep(pauseMs);
  }

  /** Makes a call until it goes well. @throws as `wait` */
  async until<Result>(call: () => Promise<Result>): Promise<Result> {
    while (true) {
      try {
        const result = await call();
        this.reset();
        return result;
      } catch (error) {
        await this.wait(error);
      }
    }
  }
}
