// Workers warmed ahead: the next tenant's job never meets what the last one left in memory, and still starts at once.
import { WallError } from '../wall.ts';
import { StartTurns } from './start-turns.ts';
import type { WorkerProcess } from './worker-process.ts';

/** How many workers wait for jobs, and how long. */
export interface SpareLimits {
  spareCount: number;
  /** Default: {@link MAX_IDLE_MS}. */
  maxIdleMs?: number;
  /** Wait before the first spare after one that failed; default: {@link FIRST_BACK_OFF_MS}. */
  firstBackOffMs?: number;
}

/** A spare that waits longer is replaced: what was set up in it, its random state included, is to be recent. */
const MAX_IDLE_MS = 600_000;

/** How often in an idle time spares are looked at: none is kept more than a tenth too long. */
const LOOKS_PER_IDLE_TIME_COUNT = 10;

/** Three starts of a worker: one that failed is no storm. */
const FIRST_BACK_OFF_MS = 500;

/**
 * The pause between two jobs of one question, many times over. A start takes two tenths of a second from a core: begun at
 * once, it would be taken from the very job that made it necessary, and everybody would wait for it.
 */
const QUIET_MS = 150;

/**
 * Also where none is left: to start a process keeps the service from everything else for some milliseconds, and the job that
 * took the last one has to be sent first.
 */
const URGENT_MS = 20;

/** Where jobs follow one another without a pause, spares are started all the same. */
const MAX_PUT_OFF_MS = 1_000;

/** A host that cannot start workers is repaired by a person; a start every minute finds that out soon enough. */
const MAX_BACK_OFF_MS = 60_000;

interface Spare {
  /** Null when it did not start; never rejects, since a spare may fail long before anybody waits for it. */
  worker: Promise<WorkerProcess | null>;
  /** Set once it is ready. */
  idleSinceMs: number | null;
}

/** Workers that wait for a job, and the only way to a new one. */
export class SpareWorkers {
  readonly #begin: () => WorkerProcess;
  readonly #limits: Required<SpareLimits>;
  readonly #roomCount: () => number;
  readonly #turns: StartTurns;
  readonly #refill = () => this.refill();
  readonly #spares: Spare[] = [];
  /** Every process there is: starting, waiting or working. */
  readonly #alive = new Set<WorkerProcess>();
  readonly #looking: NodeJS.Timeout;
  #isRefilling = false;
  #failureCount = 0;
  #backOff: NodeJS.Timeout | null = null;
  #putOffSinceMs: number | null = null;
  #quiet: NodeJS.Timeout | null = null;
  #isClosed = false;

  /**
   * @param begin starts a process
   * @param roomCount tells how many jobs could begin now
   * @param turns shared with whoever starts spares on the same cores
   */
  constructor(begin: () => WorkerProcess, limits: SpareLimits, roomCount: () => number, turns = new StartTurns()) {
    this.#begin = begin;
    this.#limits = { maxIdleMs: MAX_IDLE_MS, firstBackOffMs: FIRST_BACK_OFF_MS, ...limits };
    this.#roomCount = roomCount;
    this.#turns = turns;
    this.#looking = setInterval(() => this.#retire(), this.#limits.maxIdleMs / LOOKS_PER_IDLE_TIME_COUNT).unref();
    this.refill();
  }

  /**
   * Takes a ready worker, which is then nobody else's; starts one where none waits.
   *
   * @throws {WallError} CANCELLED when the signal fires first or all is closed, RUN_FAILED when none will start
   */
  async take(signal: AbortSignal): Promise<WorkerProcess> {
    if (this.#isClosed || signal.aborted) throw new WallError('CANCELLED');
    // One that died while it waited says nothing about this job: one more try, on a fresh one.
    const worker = (await this.#take(this.#spares.shift(), signal)) ?? (await this.#take(undefined, signal));
    if (worker === null) throw new WallError('RUN_FAILED');
    this.#failureCount = 0;
    worker.ref();
    return worker;
  }

  /**
   * Starts spares that are missing, one at a time and no more than could be used: what a start costs is taken from the
   * jobs that run.
   */
  refill(): void {
    if (!this.#isMissing()) return;
    this.#endPause();
    // Where one still waits for whoever comes next, the start of another pool's comes first.
    if (this.#turns.isTaken && this.#spares.length > 0) {
      this.#turns.whenFree(this.#refill);
      return;
    }
    this.#isRefilling = true;
    const spare = this.#warm();
    this.#turns.take(spare.worker);
    this.#spares.push(spare);
    void spare.worker.then(() => {
      this.#isRefilling = false;
      this.refillInQuiet();
    });
  }

  #isMissing(): boolean {
    const wanted = Math.min(this.#limits.spareCount, Math.max(1, this.#roomCount()));
    return !this.#isClosed && !this.#isRefilling && this.#backOff === null && this.#spares.length < wanted;
  }

  /** Starts what is missing once nothing else is going on; soon where no spare waits for whoever comes next. */
  refillInQuiet(): void {
    if (!this.#isMissing()) return;
    const now = performance.now();
    this.#putOffSinceMs ??= now;
    if (this.#quiet !== null) clearTimeout(this.#quiet);
    if (now - this.#putOffSinceMs > MAX_PUT_OFF_MS) this.refill();
    else this.#quiet = setTimeout(this.#refill, this.#spares.length === 0 ? URGENT_MS : QUIET_MS).unref();
  }

  #endPause(): void {
    if (this.#quiet !== null) clearTimeout(this.#quiet);
    this.#quiet = null;
    this.#putOffSinceMs = null;
  }

  /** Ends every worker, those that work included. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#looking);
    this.#endPause();
    if (this.#backOff !== null) clearTimeout(this.#backOff);
    this.#spares.length = 0;
    const workers = [...this.#alive];
    for (const worker of workers) {
      worker.ref();
      worker.kill();
    }
    await Promise.all(workers.map((worker) => worker.gone));
  }

  async #take(waiting: Spare | undefined, signal: AbortSignal): Promise<WorkerProcess | null> {
    const spare = waiting ?? this.#warm();
    // A job that gives up while its worker starts leaves the worker to the next one.
    const leaveIt = () => this.#spares.unshift(spare);
    const worker = await unlessAborted(spare.worker, signal, leaveIt);
    this.refillInQuiet();
    if (this.#isClosed) {
      worker?.kill();
      throw new WallError('CANCELLED');
    }
    if (signal.aborted) {
      // It had started by then, and may have been left already: it is the next one's either way, and never two's.
      if (worker?.isAlive && !this.#spares.includes(spare)) leaveIt();
      throw new WallError('CANCELLED');
    }
    return worker?.isAlive ? worker : null;
  }

  #warm(): Spare {
    const spare: Spare = { worker: Promise.resolve(null), idleSinceMs: null };
    spare.worker = this.#start(spare).catch(() => null);
    void spare.worker.then((worker) => {
      if (worker === null) this.#noteDeath(spare);
      else void worker.gone.then(() => this.#noteDeath(spare));
    });
    return spare;
  }

  async #start(spare: Spare): Promise<WorkerProcess | null> {
    const worker = this.#begin();
    this.#alive.add(worker);
    void worker.gone.then(() => this.#alive.delete(worker));
    if (!(await worker.ready())) {
      worker.kill();
      return null;
    }
    worker.unref();
    spare.idleSinceMs = performance.now();
    return worker;
  }

  // Only those that nobody has taken: what a job does to its worker is the job's affair.
  #noteDeath(spare: Spare): void {
    const index = this.#spares.indexOf(spare);
    if (index === -1 || this.#isClosed) return;
    this.#spares.splice(index, 1);
    this.#failureCount += 1;
    const waitMs = Math.min(MAX_BACK_OFF_MS, this.#limits.firstBackOffMs * 2 ** (this.#failureCount - 1));
    if (this.#backOff !== null) clearTimeout(this.#backOff);
    this.#backOff = setTimeout(() => {
      this.#backOff = null;
      this.refill();
    }, waitMs).unref();
  }

  #retire(): void {
    const eldestMs = performance.now() - this.#limits.maxIdleMs;
    const isOld = ({ idleSinceMs }: Spare) => idleSinceMs !== null && idleSinceMs <= eldestMs;
    const old = this.#spares.filter(isOld);
    this.#spares.splice(0, this.#spares.length, ...this.#spares.filter((spare) => !isOld(spare)));
    for (const spare of old) void spare.worker.then((worker) => worker?.kill());
    this.refill();
  }
}

async function unlessAborted<Value>(value: Promise<Value>, signal: AbortSignal, onAbort: () => void): Promise<Value> {
  const aborted = Promise.withResolvers<never>();
  const giveUp = () => {
    onAbort();
    aborted.reject(new WallError('CANCELLED'));
  };
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([value, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
