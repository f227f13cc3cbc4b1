// Every way a worker can fail or turn on its host, by really doing it. In each the job ends in the one failure, the
// job beside it is answered, and the host goes on: how long its event loop was held up is printed.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { longestLagMs } from '../testkit/event-loop-lag.ts';
import { descendantsOf, isBusy, isRunning, until } from '../testkit/processes.ts';
import { jobOf } from '../testkit/tables.ts';
import type { FileSource, IngestJob, JobLimits, RunJob, Wall } from '../wall.ts';
import type { IngestColumn } from '../wire/jobs.ts';
import { ingest } from './ingest-jobs.ts';
import { openWall } from './open-wall.ts';
import { compose, parse, run } from './query-jobs.ts';
import { stageRuntime } from './runtime-folder.ts';
import { WorkerPool } from './worker-pool.ts';
import { openWorkerUsers } from './worker-users.ts';

/** Long enough for any start on a busy machine; short enough to be waited for. */
const DEADLINE_MS = 4_000;
/** A host that is held up longer than this does not serve; nothing here should come near. */
const MAX_LAG_MS = DEADLINE_MS / 2;

const SOON: JobLimits = { deadlineMs: DEADLINE_MS, lane: 'victim' };
const LATER: JobLimits = { deadlineMs: 60_000, lane: 'other' };
const QUICK = jobOf('select 1', ['integer']);
const FAILED = { code: 'RUN_FAILED', message: 'the job did not finish' };

let wall: Wall;
beforeAll(async () => {
  wall = await openWall({ engineMemoryMib: 256 });
});
afterAll(() => wall.close());

/** A job fails, the job beside it does not, and the host is not held up. */
async function expectOneFailure(
  name: string,
  failing: () => Promise<unknown>,
  failure: Readonly<Record<string, string>> = FAILED,
): Promise<void> {
  const lagMs = await longestLagMs(name, async () => {
    const beside = wall.run(QUICK, LATER);
    await expect(failing()).rejects.toMatchObject(failure);
    expect(await beside).toEqual([[1n]]);
  });
  expect(await wall.run(QUICK, LATER)).toEqual([[1n]]);
  expect(lagMs).toBeLessThan(MAX_LAG_MS);
}

const cross = 'from range(10000000) a(i), range(10000000) b(j)';
/** Those that only a kill at the deadline ends. */
const ENDLESS: Record<string, RunJob> = {
  'an endless join': jobOf(`select count(*) ${cross} where i * j % 7 = 3`, ['integer']),
  'an endless recursion': jobOf(
    'with recursive t(i) as (select 1 union all select i + 1 from t) select count(*) from t',
    ['integer'],
  ),
  'a scalar that no interrupt stops': jobOf(
    "select levenshtein(repeat('ab', 200000), repeat('ba', 200000) || i::varchar) from range(9) t(i)",
    ['integer'],
  ),
};

const GREEDY: Record<string, RunJob> = {
  'the memory of the engine': jobOf('select count(distinct md5(i::varchar)) from range(60000000) t(i)', ['integer']),
  'the memory of one value': jobOf("select length(repeat('x', 2000000000))", ['integer']),
  'a list that is too long': jobOf('select len(range(200000000))', ['integer']),
};

describe('a query that is', () => {
  it.each(Object.keys(ENDLESS))('%s ends in the one failure at its deadline', { timeout: 120_000 }, async (name) => {
    const beganMs = performance.now();
    await expectOneFailure(name, () => wall.run(ENDLESS[name] as RunJob, SOON));
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(DEADLINE_MS - 1);
  });
});

describe('a query that takes', () => {
  it.each(Object.keys(GREEDY))('%s ends in the one failure', { timeout: 120_000 }, async (name) => {
    await expectOneFailure(name, () => wall.run(GREEDY[name] as RunJob, LATER));
  });
});

describe('a worker that is killed in the middle of a job', () => {
  it('fails its job alone', async () => {
    const endless = ENDLESS['an endless join'] as RunJob;
    await expectOneFailure('a killed worker', async () => {
      const running = wall.run(endless, { ...LATER, lane: 'victim' });
      running.catch(() => {});
      await until(() => descendantsOf(process.pid).some(isBusy));
      for (const pid of descendantsOf(process.pid).filter(isBusy)) process.kill(pid, 'SIGKILL');
      return await running;
    });
  });
});

describe('a job that is late before it begins', () => {
  it('starts nothing', async () => {
    await expect(wall.run(QUICK, { deadlineMs: 0 })).rejects.toMatchObject({ code: 'WALL_BUSY' });
    await expect(wall.run(QUICK, { deadlineMs: -1 })).rejects.toMatchObject({ code: 'WALL_BUSY' });
  });
});

const users = openWorkerUsers();
afterAll(() => users.close());

describe('a worker that has been taken over and', () => {
  let pool: WorkerPool;
  beforeEach(() => {
    const budget = { engineMemoryMib: 256, cpuSeconds: 60 };
    const script = 'worker/hostile-channel.js';
    const program = { runtime: stageRuntime(), budget, users, script, seccomp: 'kill' as const };
    const size = { spareCount: 0, maxRunning: 2, maxRunningPerLane: 2, maxSeats: 8, maxSeatsPerLane: 8 };
    pool = new WorkerPool(program, size);
  });
  afterEach(() => pool.close());

  /** All that a job was known by is gone, and its place is free. */
  async function expectNothingLeft(before: readonly number[]): Promise<void> {
    await until(() => descendantsOf(process.pid).every((pid) => before.includes(pid) || !isRunning(pid)));
    const leases = await Promise.all([pool.take({}, NEVER), pool.take({}, NEVER)]);
    for (const lease of leases) lease.release();
  }

  const sayings = [
    'dies in a frame',
    'dies in a header',
    'promises four gigabytes',
    'promises much and falls silent',
    'says nonsense',
    'says what nobody asked',
    'fails in words of its own',
    'computes without end',
    'fills its heap',
    'ends without a word',
  ];

  it.each(sayings)('%s ends in the one failure', { timeout: 60_000 }, async (deed) => {
    await expectOneFailure(deed, () => parse(pool, deed, SOON));
    await expectNothingLeft([...descendantsOf(process.pid)]);
  });

  it('says empty chunks without end is not listened to until its deadline', { timeout: 60_000 }, async () => {
    const limits = { ...SOON, deadlineMs: 600_000 };
    await expectOneFailure('empty chunks', () =>
      run(pool, jobOf('says empty chunks without end', ['integer']), limits),
    );
  });

  it('says progress without end is not listened to until its deadline', { timeout: 60_000 }, async () => {
    const name = 'says progress without end';
    const columns = [{ name, type: { kind: 'integer' as const }, nullable: false }];
    const limits = { ...SOON, deadlineMs: 600_000 };
    await expectOneFailure('progress', () =>
      Array.fromAsync(ingest(pool, ingestOf(columns), endless({ byteCount: 0 }), limits)),
    );
  });

  it('goes on after its end is not listened to', async () => {
    expect(await parse(pool, 'goes on after its end', SOON)).toEqual({ ok: false, reason: 'syntax' });
    await expectNothingLeft([...descendantsOf(process.pid)]);
  });

  it('never reads what it wants holds up its own source and nothing else', { timeout: 60_000 }, async () => {
    const source = { byteCount: 0 };
    const columns = [{ name: 'never reads', type: { kind: 'integer' as const }, nullable: false }];
    const job = ingestOf(columns);
    // The sender of a file learns that it was too much, as what ends it is its own file.
    const tooMuch = { code: 'INPUT_REFUSED', reason: 'needs-too-much' };
    await expectOneFailure('never reads', () => Array.fromAsync(ingest(pool, job, endless(source), SOON)), tooMuch);
    // What the pipe and its buffers take, and no more.
    expect(source.byteCount).toBeLessThan(16 * 1_048_576);
  });

  it('says something in its answer that the shape of an answer forbids fails, composed or not', async () => {
    await expectOneFailure('what nobody asked', () =>
      compose(pool, { tables: [], sql: 'says what nobody asked', maxRows: 1 }, SOON),
    );
  });
});

const NEVER = new AbortController().signal;

function ingestOf(columns: IngestColumn[]): IngestJob {
  return { layout: { format: 'csv' }, columns, maxRejects: 0, sortKey: new Uint8Array(32) };
}

function endless(opened: { byteCount: number }): FileSource {
  const part = Buffer.alloc(1_048_576, '1\n');
  return {
    byteCount: 2 ** 40,
    async *read() {
      for (;;) {
        opened.byteCount += part.length;
        yield part;
      }
    },
  };
}
