import { channel } from 'node:diagnostics_channel';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import { type JobLimits, WallError } from '../wall.ts';
import { FrameError } from '../wire/frames.ts';
import { ENGINE_JOBS, type JobSpec } from '../wire/jobs.ts';
import type { HostMessage, WorkerMessage } from '../wire/messages.ts';
import type { WorkerPool } from './worker-pool.ts';
import type { WorkerProcess } from './worker-process.ts';

/** A job and what is streamed to the worker after it. */
export interface Errand {
  job: JobSpec;
  stream?: () => AsyncIterable<HostMessage>;
  /** What it means that the worker ended without an answer, where somebody may know; RUN_FAILED when left out. */
  failureOf?: (end: WorkerEnd) => WallError;
}

/** How a worker ended without an answer: past its deadline, or by itself. */
export type WorkerEnd = { kind: 'late' } | { kind: 'died'; exitCode: number | null };

/** Thrown inside when a worker is gone. */
class WorkerGone extends Error {
  override name = 'WorkerGone';
}

/** Told of each job's times, to whoever measures this process from inside it. Nobody does in a service that ships. */
const jobs = channel('galley.job');

/** How long a worker that has closed its answers may take to be gone. */
const MAX_GONE_MS = 2_000;

/** Messages after which a worker has nothing more to say. */
const LAST_KINDS: ReadonlySet<WorkerMessage['kind']> = new Set(['tree', 'unparsed', 'checked', 'described', 'done']);

/**
 * Holds one job's conversation with one worker: sends the job and its stream, yields what the worker says, its last
 * message included.
 *
 * Shape: reading and sending run side by side, each no faster than the other end; the worker is gone when the
 * generator ends, however it ends.
 *
 * @throws {WallError} RUN_FAILED for every death, lie and deadline after the start; CANCELLED, WALL_BUSY and
 * INPUT_REFUSED as they say
 */
export async function* converse(
  pool: WorkerPool,
  errand: Errand,
  limits: JobLimits,
): AsyncGenerator<WorkerMessage, void, undefined> {
  const ending = endingOf(limits);
  const askedAt = performance.now();
  try {
    const { worker, release } = await takeWorker(pool, errand.job.kind, limits, ending);
    const takenAt = performance.now();
    const pump = new Pump(worker, errand);
    const kill = () => worker.kill();
    ending.signal.addEventListener('abort', kill);
    try {
      yield* listen(worker, errand.job.kind, limits.tellPeak);
      return;
    } catch (error) {
      if (pump.failure !== null) throw pump.failure.error;
      if (limits.signal?.aborted || pool.isClosed) throw new WallError('CANCELLED');
      if (error instanceof WorkerGone) throw await failureOf(worker, errand, ending);
      throw error instanceof FrameError ? new WallError('RUN_FAILED') : error;
    } finally {
      ending.signal.removeEventListener('abort', kill);
      release();
      if (jobs.hasSubscribers) {
        const { sentBytes } = worker;
        jobs.publish({ job: errand.job.kind, askedAt, takenAt, endedAt: performance.now(), sentBytes });
      }
    }
  } finally {
    ending.clear();
  }
}

async function failureOf(worker: WorkerProcess, errand: Errand, ending: Ending): Promise<WallError> {
  if (errand.failureOf === undefined) return new WallError('RUN_FAILED');
  if (ending.isLate()) return errand.failureOf({ kind: 'late' });
  const dawdling = sleep(MAX_GONE_MS, { exitCode: null }, { ref: false });
  const { exitCode } = await Promise.race([worker.gone, dawdling]);
  return errand.failureOf({ kind: 'died', exitCode });
}

async function* listen(
  worker: WorkerProcess,
  job: JobSpec['kind'],
  tellPeak: JobLimits['tellPeak'],
): AsyncGenerator<WorkerMessage, void, undefined> {
  for (;;) {
    const next = await nextMessage(worker);
    if (next === null) throw new WorkerGone();
    if (next.kind === 'failed') {
      // Only the sender of an upload may learn more: to anybody else a reason would be a few bits of somebody's rows.
      if (job !== 'ingest' && job !== 'inspect') throw new WallError('RUN_FAILED');
      throw next.reason === null ? new WallError(next.code) : new WallError(next.code, next.reason);
    }
    if (next.kind === 'done' && next.peakBytes !== undefined) tellPeak?.(next.peakBytes);
    yield next;
    if (LAST_KINDS.has(next.kind)) return;
  }
}

// A pipe that breaks and a worker that ends early are one and the same to the caller.
async function nextMessage(worker: WorkerProcess): Promise<WorkerMessage | null> {
  try {
    const next = await worker.messages.next();
    return next.done === true ? null : next.value;
  } catch {
    return null;
  }
}

async function takeWorker(pool: WorkerPool, job: JobSpec['kind'], limits: JobLimits, ending: Ending) {
  try {
    return await pool.take(limits, ending.signal, ENGINE_JOBS.has(job));
  } catch (error) {
    const isLate =
      error instanceof WallError && error.code === 'CANCELLED' && ending.isLate() && !limits.signal?.aborted;
    throw isLate ? new WallError('WALL_BUSY') : error;
  }
}

// Sends the job and its stream while the answers are read: were it to wait for neither, both ends could wait for
// each other.
class Pump {
  /** Set when the caller's own stream threw; that is the caller's error, not the wall's. */
  failure: { error: unknown } | null = null;

  constructor(worker: WorkerProcess, errand: Errand) {
    void this.#run(worker, errand).catch((error: unknown) => {
      this.failure = { error };
      worker.kill();
    });
  }

  async #run(worker: WorkerProcess, { job, stream }: Errand): Promise<void> {
    if (!(await worker.send({ kind: 'job', job }))) return;
    for await (const message of stream?.() ?? []) {
      if (!(await worker.send(message))) return;
    }
    await worker.send({ kind: 'end' });
  }
}

/** A timer beyond this would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

interface Ending {
  signal: AbortSignal;
  isLate(): boolean;
  clear(): void;
}

// One signal for both ways a job is cut short.
function endingOf({ deadlineMs, signal }: JobLimits): Ending {
  const controller = new AbortController();
  const end = () => controller.abort();
  const deadline = performance.now() + deadlineMs;
  const timer = setTimeout(end, Math.min(Math.max(0, deadlineMs), MAX_TIMER_MS));
  signal?.addEventListener('abort', end, { once: true });
  // Nothing is begun that is late already: earlier stages of the same work may have used its time up.
  if (signal?.aborted || deadlineMs <= 0) end();
  return {
    signal: controller.signal,
    isLate: () => performance.now() >= deadline - 1,
    clear: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
    },
  };
}
