// Single-use workers, warmed ahead: the next tenant's job never meets what the last one left in memory, and still
// starts at once.
import { WallError } from '../wall.ts';
import { WorkerProcess, type WorkerProgram } from './worker-process.ts';

/** How many workers there may be. */
export interface PoolSize {
  spareCount: number;
  maxRunning: number;
}

/** A worker for one job; `release` gives its place to the next in the queue. */
export interface Lease {
  worker: WorkerProcess;
  release(): void;
}

/** Waiting jobs beyond which new ones are turned away: a queue that cannot drain before its deadlines helps nobody. */
const MAX_WAITING_COUNT = 256;

interface Waiter {
  start: () => void;
}

/** Warm workers and the queue for them. */
export class WorkerPool {
  readonly #program: WorkerProgram;
  readonly #size: PoolSize;
  readonly #spares: Promise<WorkerProcess | null>[] = [];
  /** Every process there is: starting, waiting or working. */
  readonly #alive = new Set<WorkerProcess>();
  readonly #waiting: Waiter[] = [];
  #runningCount = 0;
  #isClosed = false;

  constructor(program: WorkerProgram, size: PoolSize) {
    this.#program = program;
    this.#size = size;
    this.#refill();
  }

  /**
   * Takes a ready worker, in the order of asking.
   *
   * @throws {WallError} CANCELLED when the signal fires first or the pool closes, WALL_BUSY when the queue is full,
   * RUN_FAILED when none will start
   */
  async take(signal: AbortSignal): Promise<Lease> {
    await this.#place(signal);
    try {
      const worker = await this.#readyWorker(signal);
      if (this.#isClosed || signal.aborted) {
        worker.kill();
        throw new WallError('CANCELLED');
      }
      worker.ref();
      return { worker, release: this.#releaseOnce(worker) };
    } catch (error) {
      this.#freePlace();
      throw error;
    }
  }

  /** Tells whether the pool has been closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Ends every worker. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const waiter of this.#waiting.splice(0)) waiter.start();
    this.#spares.length = 0;
    const workers = [...this.#alive];
    for (const worker of workers) {
      worker.ref();
      worker.kill();
    }
    await Promise.all(workers.map((worker) => worker.gone));
  }

  async #place(signal: AbortSignal): Promise<void> {
    if (this.#isClosed || signal.aborted) throw new WallError('CANCELLED');
    if (this.#runningCount < this.#size.maxRunning) {
      this.#runningCount += 1;
      return;
    }
    if (this.#waiting.length >= MAX_WAITING_COUNT) throw new WallError('WALL_BUSY');
    await new Promise<void>((resolve, reject) => {
      const waiter = {
        start: () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(new WallError('CANCELLED'));
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(waiter);
    });
    if (this.#isClosed) throw new WallError('CANCELLED');
  }

  async #readyWorker(signal: AbortSignal): Promise<WorkerProcess> {
    const spare = this.#spares.shift() ?? this.#warm();
    const worker = await unlessAborted(spare, signal, () => this.#spares.unshift(spare));
    this.#refill();
    if (this.#isClosed) throw new WallError('CANCELLED');
    // A spare that died while waiting says nothing about this job: one more try, on a fresh one.
    let usable = worker;
    if (!usable?.isAlive) {
      const fresh = this.#warm();
      usable = await unlessAborted(fresh, signal, () => this.#spares.unshift(fresh));
    }
    if (usable === null) throw new WallError('RUN_FAILED');
    return usable;
  }

  #releaseOnce(worker: WorkerProcess): () => void {
    let isReleased = false;
    return () => {
      worker.kill();
      if (!isReleased) this.#freePlace();
      isReleased = true;
    };
  }

  #freePlace(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#runningCount -= 1;
    else next.start();
    this.#refill();
  }

  #refill(): void {
    while (!this.#isClosed && this.#spares.length < this.#size.spareCount) this.#spares.push(this.#warm());
  }

  // Null when no worker will start; never rejects, since a spare may fail long before anybody waits for it.
  async #warm(): Promise<WorkerProcess | null> {
    try {
      const worker = new WorkerProcess(this.#program);
      this.#alive.add(worker);
      void worker.gone.then(() => this.#alive.delete(worker));
      const isReady = await worker.ready();
      if (isReady) worker.unref();
      else worker.kill();
      return isReady ? worker : null;
    } catch {
      return null;
    }
  }
}

// A job that gives up while its worker starts leaves the worker to the next one.
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
