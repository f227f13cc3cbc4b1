import { type JobLimits, type Seat, WallError } from '../../sandbox/index.ts';
import type { Call } from '../grpc/index.ts';
import type { Kitchen } from './kitchen.ts';

/** Jobs of one call or delivery: whose they are, and until when all of them together may run. */
export interface Work {
  /** Limits of its next job: what is left of its time. */
  readonly nextJob: () => JobLimits;
  /** How many jobs it has begun, or tried to. */
  readonly jobCount: () => number;
  /** Tells whether nothing is left of its time. */
  readonly isOver: () => boolean;
  /**
   * Waits for something that others wait for too, so that it must go on when this work is over.
   *
   * @throws {WallError} RUN_FAILED when the time is over first, CANCELLED when the signal fires
   */
  readonly waitFor: (shared: Promise<void>) => Promise<void>;
}

/** What work is begun with. */
export interface WorkFacts {
  /** The member that it is done for. An ISV's work is its own, whomever it acts for: it holds up no other of the brand. */
  readonly lane: string;
  /** All it may take, waiting for workers included. */
  readonly maxMs: number;
  readonly signal: AbortSignal;
  /** The seat that all its jobs wait on. */
  readonly seat?: Seat;
}

/** Begins work whose time runs from now. */
export function beginWork({ lane, maxMs, signal, seat }: WorkFacts): Work {
  // Not the clock of the system: whoever sets that must not lengthen or end a question.
  const endsAtMs = performance.now() + maxMs;
  const leftMs = () => endsAtMs - performance.now();
  let jobCount = 0;
  return {
    nextJob: () => {
      jobCount += 1;
      return { deadlineMs: leftMs(), signal, lane, ...(seat === undefined ? {} : { seat }) };
    },
    jobCount: () => jobCount,
    isOver: () => leftMs() <= 0,
    waitFor: (shared) => waitUntil(shared, leftMs(), signal),
  };
}

/** Begins work for a call, whose time runs from the arrival of the call: whatever has been done for it since counts. */
export function beginCallWork(
  kitchen: Pick<Kitchen, 'nowMs'>,
  call: Pick<Call, 'principal' | 'receivedAtMs' | 'signal'>,
  facts: Pick<WorkFacts, 'maxMs'> & Partial<WorkFacts>,
): Work {
  const passedMs = Math.max(0, kitchen.nowMs() - call.receivedAtMs);
  return beginWork({
    lane: call.principal.member,
    signal: call.signal,
    ...facts,
    maxMs: facts.maxMs - passedMs,
  });
}

async function waitUntil(shared: Promise<void>, leftMs: number, signal: AbortSignal): Promise<void> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(new WallError('CANCELLED'));
  const timer = setTimeout(() => reject(new WallError('RUN_FAILED')), Math.max(0, leftMs));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    await Promise.race([shared, ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
