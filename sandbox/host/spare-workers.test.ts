import { afterAll, afterEach, describe, expect, it } from 'vitest';

import { isRunning, until } from '../testkit/processes.ts';
import { stageRuntime } from './runtime-folder.ts';
import { type SpareLimits, SpareWorkers } from './spare-workers.ts';
import { StartTurns } from './start-turns.ts';
import { WorkerProcess } from './worker-process.ts';
import { openWorkerUsers } from './worker-users.ts';

const NEVER = new AbortController().signal;
const BUDGET = { engineMemoryMib: 512, cpuSeconds: 60 };
const runtime = stageRuntime();
const users = openWorkerUsers();
afterAll(() => users.close());

let close = async () => {};
afterEach(async () => {
  await close();
  close = async () => {};
});

/** Spares of a script, and every process that was started for them. */
function sparesOf(limits: SpareLimits, script = 'worker/main.js', roomCount = () => 4, turns = new StartTurns()) {
  const started: { worker: WorkerProcess; atMs: number }[] = [];
  const begin = () => {
    const worker = new WorkerProcess({ runtime, budget: BUDGET, users, script, seccomp: 'kill' });
    started.push({ worker, atMs: performance.now() });
    return worker;
  };
  const spares = new SpareWorkers(begin, limits, roomCount, turns);
  const closeOthers = close;
  close = async () => {
    await spares.close();
    await closeOthers();
  };
  return { spares, started };
}

describe('a spare', () => {
  it('is given to one job and to no other', async () => {
    const { spares } = sparesOf({ spareCount: 2 });
    const taken = await Promise.all([1, 2, 3, 4, 5].map(() => spares.take(NEVER)));
    expect(new Set(taken.map(({ pid }) => pid)).size).toBe(5);
    for (const worker of taken) worker.kill();
    expect(taken).not.toContain(await spares.take(NEVER));
  });

  it('that has waited too long is ended and replaced', async () => {
    const { started } = sparesOf({ spareCount: 1, maxIdleMs: 100 });
    await until(() => started.length >= 3);
    await until(() => !isRunning(started[0]?.worker.pid ?? 0));
    expect(started.filter(({ worker }) => isRunning(worker.pid ?? 0)).length).toBeLessThanOrEqual(2);
  });

  it('that dies before it is taken is replaced, and no job learns of it', async () => {
    const { spares, started } = sparesOf({ spareCount: 1, firstBackOffMs: 50 });
    const [first] = started;
    await until(() => isRunning(first?.worker.pid ?? 0));
    process.kill(first?.worker.pid ?? 0, 'SIGKILL');
    const worker = await spares.take(NEVER);
    expect(worker.isAlive).toBe(true);
    expect(worker).not.toBe(first?.worker);
    await until(() => started.length >= 3);
  });

  it('starts after the one before it, and no more of them than could be used', async () => {
    let room = 0;
    const { spares, started } = sparesOf({ spareCount: 3 }, 'worker/main.js', () => room);
    (await spares.take(NEVER)).kill();
    // One for whoever comes next is kept even where there is no room now.
    await until(() => started.length >= 2);
    (await spares.take(NEVER)).kill();
    await until(() => started.length >= 3);
    room = 3;
    spares.refill();
    spares.refill();
    expect(started.length).toBeLessThanOrEqual(4);
    await until(() => started.length >= 5);
  });

  it('starts after those of other pools, unless its own has none left', async () => {
    const turns = new StartTurns();
    const { started } = sparesOf({ spareCount: 2 }, 'worker/main.js', () => 4, turns);
    await until(() => started.length === 2 && !turns.isTaken);
    const other = Promise.withResolvers<void>();
    turns.take(other.promise);
    // The first of a pool waits for nobody; its second one waits.
    const { spares: late, started: startedLate } = sparesOf({ spareCount: 2 }, 'worker/main.js', () => 4, turns);
    await until(() => startedLate.length === 1);
    const first = await late.take(NEVER);
    late.refill();
    expect(startedLate).toHaveLength(2);
    const { worker } = startedLate[1] as (typeof startedLate)[number];
    await until(() => isRunning(worker.pid ?? 0));
    await late.take(NEVER).then((second) => second.kill());
    first.kill();
    late.refill();
    await until(() => startedLate.length === 3);
    late.refill();
    expect(startedLate).toHaveLength(3);
    other.resolve();
    await until(() => startedLate.length === 4);
  });

  it('is left to the next job by one that gives up while it starts', async () => {
    const { spares, started } = sparesOf({ spareCount: 0 });
    const impatient = new AbortController();
    const given = spares.take(impatient.signal);
    impatient.abort();
    await expect(given).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await spares.take(NEVER)).toBe(started[0]?.worker);
    expect(started).toHaveLength(1);
  });

  it('is started for no job that has given up already, and for none after the end', async () => {
    const { spares, started } = sparesOf({ spareCount: 0 });
    await expect(spares.take(AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
    await spares.close();
    await expect(spares.take(NEVER)).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(started).toHaveLength(0);
  });
});

describe('a host that cannot start workers', () => {
  it('is not stormed: each start waits twice as long as the one before', async () => {
    const firstBackOffMs = 60;
    const { started } = sparesOf({ spareCount: 4, firstBackOffMs }, 'worker/absent.js');
    await until(() => started.length >= 4);
    const waitedMs = started.slice(1, 4).map(({ atMs }, index) => atMs - (started[index]?.atMs ?? 0));
    for (const [index, ms] of waitedMs.entries()) expect(ms).toBeGreaterThanOrEqual(firstBackOffMs * 2 ** index - 1);
  });

  it('fails the job that needs one', async () => {
    const { spares } = sparesOf({ spareCount: 1 }, 'worker/absent.js');
    await expect(spares.take(NEVER)).rejects.toMatchObject({ code: 'RUN_FAILED' });
  });
});
