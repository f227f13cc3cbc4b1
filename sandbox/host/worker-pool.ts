// Single-use workers behind a fair queue: a place is given first, then a worker, and the worker dies with its job.
import { type JobLimits, type Seat, WallError } from '../wall.ts';
import { COLD_ENGINE_WORD } from '../wire/jobs.ts';
import { FairQueue, type QueueSize } from './fair-queue.ts';
import { type SpareLimits, SpareWorkers } from './spare-workers.ts';
import { StartTurns } from './start-turns.ts';
import { WorkerProcess, type WorkerProgram } from './worker-process.ts';

/** How many workers there may be, and who waits for them. */
export type PoolSize = QueueSize & SpareLimits;

/** A worker for one job; `release` ends it, and gives its place to the next once it is gone. */
export interface Lease {
  worker: WorkerProcess;
  release(): void;
}

interface Turn {
  readonly giveBack: () => void;
  readonly signal: AbortSignal;
  readonly leave: () => void;
}

/** The lane of jobs that the service does for nobody in particular. */
const OWN_LANE = '';

/** Workers and the line for them. */
export class WorkerPool {
  readonly #queue: FairQueue;
  readonly #spares: SpareWorkers;
  /** For jobs that never ask the engine: a worker without one is started in half the time that a spare has cost. */
  readonly #cold: SpareWorkers;
  #isClosed = false;

  /** @param turns shared with the pools on the same cores */
  constructor(program: WorkerProgram, size: PoolSize, turns = new StartTurns()) {
    this.#queue = new FairQueue(size);
    this.#spares = new SpareWorkers(
      () => new WorkerProcess(program),
      size,
      () => this.#queue.freeCount,
      turns,
    );
    const scriptArguments = [COLD_ENGINE_WORD];
    const isCold = program.scriptArguments?.includes(COLD_ENGINE_WORD);
    this.#cold = isCold
      ? this.#spares
      : new SpareWorkers(
          () => new WorkerProcess({ ...program, scriptArguments }),
          { ...size, spareCount: 0 },
          () => this.#queue.freeCount,
        );
  }

  /** Takes a seat for work of a lane. @throws {WallError} WALL_BUSY when there are too many */
  takeSeat(lane: string): Seat {
    return this.#queue.sit(lane);
  }

  /**
   * Takes a ready worker when it is the job's turn; one for a job that asks the engine, unless said otherwise.
   *
   * @throws {WallError} CANCELLED when the signal fires first or the pool closes, WALL_BUSY when the line is full,
   * RUN_FAILED when none will start
   */
  async take(
    { lane = OWN_LANE, seat }: Pick<JobLimits, 'lane' | 'seat'>,
    signal: AbortSignal,
    asksEngine = true,
  ): Promise<Lease> {
    if (signal.aborted) throw new WallError('CANCELLED');
    const own = seat === undefined ? this.#queue.sit(lane) : null;
    try {
      const giveBack = await this.#queue.place(seat ?? (own as Seat), signal);
      const spares = asksEngine ? this.#spares : this.#cold;
      return await this.#lease(spares, { giveBack, signal, leave: () => own?.leave() });
    } catch (error) {
      own?.leave();
      throw error;
    }
  }

  /** Starts the spares that are missing without waiting for a pause. */
  refill(): void {
    this.#spares.refill();
  }

  /** Tells whether the pool has been closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Ends every worker. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#queue.close();
    await Promise.all([this.#spares.close(), this.#cold.close()]);
  }

  async #lease(spares: SpareWorkers, { giveBack, signal, leave }: Turn): Promise<Lease> {
    const end = () => {
      giveBack();
      this.#spares.refillInQuiet();
    };
    try {
      const worker = await spares.take(signal);
      const release = () => {
        worker.kill();
        leave();
        // Not before: what a killed engine holds is the machine's again only when the kernel has taken it back.
        void worker.gone.then(end);
      };
      return { worker, release };
    } catch (error) {
      end();
      throw error;
    }
  }
}
