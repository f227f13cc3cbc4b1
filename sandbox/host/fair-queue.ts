// Places for jobs and the order in which they are given. Whose job is next must not depend on how many jobs somebody
// else has put in, nor on how long they take: a lane that floods the queue lengthens its own wait and nobody else's.
import { type Seat, WallError } from '../wall.ts';

/** How many jobs there may be. */
export interface QueueSize {
  /** Jobs at once. */
  maxRunning: number;
  /** Jobs of one lane at once; below `maxRunning`, or one lane could hold every place. */
  maxRunningPerLane: number;
  /** Seats at once, over all lanes. */
  maxSeats: number;
  /** Seats of one lane at once. */
  maxSeatsPerLane: number;
}

interface Waiter {
  seat: QueueSeat;
  start: () => void;
}

interface Lane {
  seatCount: number;
  runningCount: number;
  /** In the order of their seats. */
  waiting: Waiter[];
}

/** A seat of one queue. */
class QueueSeat implements Seat {
  readonly lane: string;
  /** Earlier seats have smaller ones. */
  readonly number: number;
  readonly queue: FairQueue;
  isLeft = false;
  readonly #onLeave: () => void;

  constructor(of: { lane: string; number: number; queue: FairQueue }, onLeave: () => void) {
    this.lane = of.lane;
    this.number = of.number;
    this.queue = of.queue;
    this.#onLeave = onLeave;
  }

  leave(): void {
    if (!this.isLeft) this.#onLeave();
    this.isLeft = true;
  }
}

/**
 * Gives places to lanes in turn, and within a lane to the oldest seat.
 *
 * Shape: a lane that has just been served goes behind all others. The oldest seat, not the oldest job: work of several
 * jobs that has begun ends before newer work begins, or a long line would make all of it late.
 */
export class FairQueue {
  readonly #size: QueueSize;
  /** Lanes with seats or places, the one to be served next first. */
  readonly #lanes = new Map<string, Lane>();
  #runningCount = 0;
  #seatCount = 0;
  #lastSeatNumber = 0;
  #isClosed = false;

  constructor(size: QueueSize) {
    this.#size = size;
  }

  /** Places that nobody has. */
  get freeCount(): number {
    return this.#size.maxRunning - this.#runningCount;
  }

  /**
   * Lets work of a lane in; it is never turned away afterwards.
   *
   * @throws {WallError} WALL_BUSY when the lane, or all of them, have too many seats; CANCELLED when the queue is closed
   */
  sit(name: string): QueueSeat {
    if (this.#isClosed) throw new WallError('CANCELLED');
    const lane = this.#lanes.get(name) ?? { seatCount: 0, runningCount: 0, waiting: [] };
    const isFull = this.#seatCount >= this.#size.maxSeats || lane.seatCount >= this.#size.maxSeatsPerLane;
    if (isFull) throw new WallError('WALL_BUSY');
    this.#lanes.set(name, lane);
    lane.seatCount += 1;
    this.#seatCount += 1;
    this.#lastSeatNumber += 1;
    return new QueueSeat({ lane: name, number: this.#lastSeatNumber, queue: this }, () => this.#leave(name, lane));
  }

  /**
   * Waits for a place and answers the way to give it back.
   *
   * @throws {WallError} CANCELLED when the signal fires first or the queue is closed
   */
  async place(seat: Seat, signal: AbortSignal): Promise<() => void> {
    if (!(seat instanceof QueueSeat) || seat.queue !== this || seat.isLeft) {
      throw new TypeError('a seat is good for the wall that gave it, until it is left');
    }
    if (this.#isClosed || signal.aborted) throw new WallError('CANCELLED');
    // INVARIANT: a lane is kept as long as one of its seats is.
    const lane = this.#lanes.get(seat.lane) as Lane;
    await this.#wait(lane, seat, signal);
    return this.#giveBackOnce(seat.lane, lane);
  }

  /** Turns away everybody, those who wait included. */
  close(): void {
    this.#isClosed = true;
    for (const lane of this.#lanes.values()) for (const waiter of lane.waiting.splice(0)) waiter.start();
  }

  async #wait(lane: Lane, seat: QueueSeat, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { seat, start: resolve };
    const giveUp = () => {
      // Absent once it has been started: then it has a place, and whoever has it gives it back.
      const index = lane.waiting.indexOf(waiter);
      if (index === -1) return;
      lane.waiting.splice(index, 1);
      this.#forgetIfEmpty(seat.lane, lane);
      reject(new WallError('CANCELLED'));
    };
    const behind = lane.waiting.findIndex((other) => other.seat.number > seat.number);
    lane.waiting.splice(behind === -1 ? lane.waiting.length : behind, 0, waiter);
    signal.addEventListener('abort', giveUp, { once: true });
    this.#serve();
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
    if (this.#isClosed) throw new WallError('CANCELLED');
  }

  #serve(): void {
    while (!this.#isClosed && this.#runningCount < this.#size.maxRunning) {
      const next = this.#next();
      if (next === undefined) return;
      const [name, lane] = next;
      this.#lanes.delete(name);
      this.#lanes.set(name, lane);
      lane.runningCount += 1;
      this.#runningCount += 1;
      lane.waiting.shift()?.start();
    }
  }

  #next(): [string, Lane] | undefined {
    for (const entry of this.#lanes) {
      const [, { waiting, runningCount }] = entry;
      if (waiting.length > 0 && runningCount < this.#size.maxRunningPerLane) return entry;
    }
    return undefined;
  }

  #giveBackOnce(name: string, lane: Lane): () => void {
    let isGivenBack = false;
    return () => {
      if (isGivenBack) return;
      isGivenBack = true;
      lane.runningCount -= 1;
      this.#runningCount -= 1;
      this.#forgetIfEmpty(name, lane);
      this.#serve();
    };
  }

  #leave(name: string, lane: Lane): void {
    lane.seatCount -= 1;
    this.#seatCount -= 1;
    this.#forgetIfEmpty(name, lane);
  }

  #forgetIfEmpty(name: string, { seatCount, runningCount, waiting }: Lane): void {
    if (seatCount === 0 && runningCount === 0 && waiting.length === 0) this.#lanes.delete(name);
  }
}
