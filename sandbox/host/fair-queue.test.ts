import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Seat } from '../wall.ts';
import { FairQueue, type QueueSize } from './fair-queue.ts';

const SIZE: QueueSize = { maxRunning: 4, maxRunningPerLane: 2, maxSeats: 64, maxSeatsPerLane: 16 };
const SMALL: QueueSize = { ...SIZE, maxRunning: 2, maxRunningPerLane: 1 };

/** Lets everything that can go on now go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

interface Job {
  readonly lane: string;
  readonly seat: Seat;
  readonly stop: AbortController;
  state: 'waiting' | 'running' | 'ended';
  giveBack: () => void;
}

/** A queue as an onlooker sees it. */
class Line {
  readonly queue: FairQueue;
  readonly size: QueueSize;
  readonly jobs: Job[] = [];
  /** Places in the order in which they were given, each with the jobs that were passed over for it. */
  readonly given: { job: Job; passedOver: Job[] }[] = [];

  constructor(size: QueueSize = SIZE) {
    this.size = size;
    this.queue = new FairQueue(size);
  }

  join(lane: string, seat: Seat = this.queue.sit(lane)): Job {
    const job: Job = { lane, seat, stop: new AbortController(), state: 'waiting', giveBack: () => {} };
    this.jobs.push(job);
    this.queue.place(seat, job.stop.signal).then(
      (giveBack) => {
        Object.assign(job, { state: 'running', giveBack });
        this.given.push({ job, passedOver: this.eligible() });
      },
      () => {
        job.state = 'ended';
      },
    );
    return job;
  }

  end(job: Job): void {
    job.state = 'ended';
    job.seat.leave();
    job.giveBack();
  }

  running(lane?: string): Job[] {
    return this.jobs.filter((job) => job.state === 'running' && (lane === undefined || job.lane === lane));
  }

  waiting(): Job[] {
    return this.jobs.filter(({ state }) => state === 'waiting');
  }

  /** Jobs that wait and whose lane may have one more place. */
  eligible(): Job[] {
    return this.waiting().filter(({ lane }) => this.running(lane).length < this.size.maxRunningPerLane);
  }
}

type Step = { kind: 'join'; lane: string } | { kind: 'end' | 'stop'; pick: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('join' as const), lane: fc.constantFrom('a', 'b', 'c') }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('end' as const), pick: fc.nat(99) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop' as const), pick: fc.nat(99) }) },
  ),
  { maxLength: 120, size: 'max' },
);

function take(line: Line, step: Step): void {
  if (step.kind === 'join') {
    const seated = line.jobs.filter(({ lane, state }) => lane === step.lane && state !== 'ended');
    if (seated.length < line.size.maxSeatsPerLane) line.join(step.lane);
    return;
  }
  const some = step.kind === 'end' ? line.running() : line.waiting();
  const job = some[step.pick % Math.max(1, some.length)];
  if (job === undefined) return;
  if (step.kind === 'end') line.end(job);
  else {
    job.stop.abort();
    job.seat.leave();
  }
}

/** Whether a job was passed over at two places of one lane, with none for its own lane in between. */
function isStarved(line: Line, job: Job): boolean {
  const seen = new Set<string>();
  for (const { job: served, passedOver } of line.given) {
    if (served.lane === job.lane) seen.clear();
    else if (passedOver.includes(job)) {
      if (seen.has(served.lane)) return true;
      seen.add(served.lane);
    }
  }
  return false;
}

describe('a queue', () => {
  it('leaves no place empty that somebody may have, and holds every lane to its bound', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const line = new Line();
        for (const step of taken) {
          take(line, step);
          await settle();
          expect(line.running().length).toBeLessThanOrEqual(line.size.maxRunning);
          for (const lane of ['a', 'b', 'c'])
            expect(line.running(lane).length).toBeLessThanOrEqual(line.size.maxRunningPerLane);
          if (line.running().length < line.size.maxRunning) expect(line.eligible()).toEqual([]);
        }
      }),
    );
  });

  it('serves no lane twice while another that may have a place gets none', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.constantFrom(SIZE, SMALL), async (taken, size) => {
        const line = new Line(size);
        for (const step of taken) {
          take(line, step);
          await settle();
        }
        expect(line.jobs.filter((job) => isStarved(line, job))).toEqual([]);
      }),
    );
  });

  it('serves everybody in the end, each lane in the order of its seats', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const line = new Line();
        for (const step of taken) take(line, step);
        await settle();
        while (line.running().length > 0) {
          line.end(line.running()[0] as Job);
          await settle();
        }
        expect(line.waiting()).toEqual([]);
        const order = line.given.map(({ job }) => line.jobs.indexOf(job));
        for (const lane of ['a', 'b', 'c']) {
          const own = order.filter((index) => line.jobs[index]?.lane === lane);
          expect(own).toEqual(own.toSorted((a, b) => a - b));
        }
      }),
    );
  });

  it('serves the oldest seat of a lane first, though it asks again and again', async () => {
    const line = new Line({ ...SIZE, maxRunning: 1, maxRunningPerLane: 1 });
    const [old, young] = [line.queue.sit('a'), line.queue.sit('a')];
    const first = line.join('a', old);
    const second = line.join('a', young);
    const third = line.join('a', old);
    await settle();
    first.giveBack();
    await settle();
    expect([third.state, second.state]).toEqual(['running', 'waiting']);
  });

  it('turns a lane away that has too many seats, and no other', () => {
    const queue = new FairQueue({ ...SIZE, maxSeatsPerLane: 3 });
    const seats = [queue.sit('greedy'), queue.sit('greedy'), queue.sit('greedy')];
    expect(() => queue.sit('greedy')).toThrow(expect.objectContaining({ code: 'WALL_BUSY' }));
    expect(queue.sit('modest').lane).toBe('modest');
    seats[0]?.leave();
    // Left twice it still makes room for one.
    seats[0]?.leave();
    expect(queue.sit('greedy').lane).toBe('greedy');
    expect(() => queue.sit('greedy')).toThrow(expect.objectContaining({ code: 'WALL_BUSY' }));
  });

  it('turns everybody away when all lanes together have too many', () => {
    const queue = new FairQueue({ ...SIZE, maxSeats: 3 });
    for (const lane of ['a', 'b', 'c']) queue.sit(lane);
    expect(() => queue.sit('d')).toThrow(expect.objectContaining({ code: 'WALL_BUSY' }));
  });

  it('never turns away who has a seat, however full it is', async () => {
    const line = new Line({ ...SIZE, maxSeats: 2, maxRunning: 1, maxRunningPerLane: 1 });
    const [one, other] = [line.queue.sit('a'), line.queue.sit('b')];
    const jobs = [line.join('a', one), line.join('b', other), line.join('a', one)];
    await settle();
    for (const job of [0, 1, 2].flatMap((index) => jobs[index] ?? [])) {
      expect(job.state).toBe('running');
      job.giveBack();
      job.state = 'ended';
      await settle();
    }
  });

  it('refuses a seat that was left, and one of another queue', async () => {
    const [queue, another] = [new FairQueue(SIZE), new FairQueue(SIZE)];
    const seat = queue.sit('a');
    const signal = AbortSignal.timeout(60_000);
    await expect(another.place(seat, signal)).rejects.toThrow('a seat is good for the wall that gave it');
    seat.leave();
    await expect(queue.place(seat, signal)).rejects.toThrow('until it is left');
  });

  it('cancels whoever waits when it closes', async () => {
    const line = new Line({ ...SIZE, maxRunning: 1, maxRunningPerLane: 1 });
    const jobs = [line.join('a'), line.join('b')];
    await settle();
    line.queue.close();
    await settle();
    expect(jobs.map(({ state }) => state)).toEqual(['running', 'ended']);
    expect(() => line.queue.sit('c')).toThrow(expect.objectContaining({ code: 'CANCELLED' }));
  });
});
