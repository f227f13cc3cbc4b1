import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { repeatedFile } from '../testkit/files.ts';
import { descendantsOf, isBusy, isRunning, ticksOf, until } from '../testkit/processes.ts';
import { jobOf } from '../testkit/tables.ts';
import type { FileSource, Wall } from '../wall.ts';
import { openWall } from './open-wall.ts';

const LONG_LIMITS = { deadlineMs: 20_000 };
const ENDLESS = jobOf('select count(*) from range(10000000) a(i), range(10000000) b(j) where i * j % 7 = 3', [
  'integer',
]);
const QUICK = jobOf('select 1', ['integer']);

let wall: Wall;
beforeEach(async () => {
  wall = await openWall({ maxRunning: 1, spareCount: 1 });
});
afterEach(() => wall.close());

describe('a job', () => {
  it('is cancelled by its caller, running or waiting', async () => {
    const running = new AbortController();
    const waiting = new AbortController();
    const first = wall.run(ENDLESS, { ...LONG_LIMITS, signal: running.signal });
    const second = wall.run(QUICK, { ...LONG_LIMITS, signal: waiting.signal });
    waiting.abort();
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
    await until(() => descendantsOf(process.pid).some(isBusy));
    const busy = descendantsOf(process.pid).filter(isBusy);
    running.abort();
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
    await until(() => !busy.some(isRunning));
    expect(await wall.run(QUICK, LONG_LIMITS)).toEqual([[1n]]);
    await expect(wall.run(QUICK, { ...LONG_LIMITS, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });

  it('is told that the wall is busy when its deadline passes in the queue', async () => {
    const stop = new AbortController();
    const first = wall.run(ENDLESS, { ...LONG_LIMITS, signal: stop.signal });
    await expect(wall.run(QUICK, { deadlineMs: 200 })).rejects.toMatchObject({ code: 'WALL_BUSY' });
    stop.abort();
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('waits its turn', async () => {
    const order: number[] = [];
    const jobs = [1, 2, 3, 4].map((turn) => wall.run(QUICK, LONG_LIMITS).then(() => order.push(turn)));
    await Promise.all(jobs);
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('is cancelled when the wall closes', async () => {
    const first = wall.run(ENDLESS, LONG_LIMITS);
    const second = wall.run(QUICK, LONG_LIMITS);
    const settled = Promise.allSettled([first, second]);
    await wall.close();
    expect(await settled).toMatchObject([{ reason: { code: 'CANCELLED' } }, { reason: { code: 'CANCELLED' } }]);
    await until(() => descendantsOf(process.pid).length === 0);
  });

  it('gives its place back when its reader stops early', async () => {
    const chunks = wall.ingest(INGEST, endlessCsv({ partCount: 0 }), LONG_LIMITS);
    for await (const event of chunks) {
      if (event.kind === 'chunk') break;
    }
    expect(await wall.run(QUICK, LONG_LIMITS)).toEqual([[1n]]);
  });

  it('pulls no more of its source than its reader takes', async () => {
    const source = { partCount: 0 };
    for await (const event of wall.ingest(INGEST, endlessCsv(source), LONG_LIMITS)) {
      if (event.kind === 'chunk') break;
    }
    await sleep(300);
    expect(source.partCount).toBeLessThan(100);
  });
});

const INGEST = {
  layout: { format: 'csv' as const },
  columns: [{ name: 'n', type: { kind: 'integer' as const }, nullable: false }],
  maxRejects: 0,
  sortKey: Buffer.alloc(32),
};

function endlessCsv(source: { partCount: number }): FileSource {
  const file = repeatedFile('n\n', '123456\n'.repeat(20_000), 1_000_000);
  return {
    ...file,
    async *read(from) {
      for await (const part of file.read(from)) {
        source.partCount += 1;
        yield part;
      }
    },
  };
}

/** A service of its own that runs a script once its wall is open, and says what the script prints. */
function serviceWith(script: string) {
  const door = path.join(import.meta.dirname, '../index.ts');
  const head = `const { openWall } = await import(${JSON.stringify(door)});`;
  const service = spawn(process.execPath, ['--input-type=module', '-e', head + script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void service.kill('SIGKILL'));
  const lines = createInterface({ input: service.stdout })[Symbol.asyncIterator]();
  const ending = once(service, 'close');
  const complaint = text(service.stderr);
  return {
    service,
    said: async (): Promise<string> => {
      const line: IteratorResult<string> = await lines.next();
      if (line.done !== true) return line.value;
      const [code, signal] = await ending;
      return `ended with ${signal ?? code}: ${await complaint}`;
    },
    workers: () => descendantsOf(service.pid ?? 0),
  };
}

describe('workers', () => {
  const isNode = (pid: number): boolean => {
    try {
      return /^(?:node|MainThread)$/.test(readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
    } catch {
      return false;
    }
  };

  it('die with a service that is killed', async () => {
    const { service, said, workers } = serviceWith(
      `await openWall(); console.log('open'); setInterval(() => {}, 1_000);`,
    );
    expect(await said()).toBe('open');
    // Two spares, each a process of the wall and one behind it. Bubblewrap ties the inner one to itself only after it
    // has set up: were both killed in between, the next service would have to end it (end-left-behind.test.ts).
    await until(() => workers().filter(isNode).length >= 2);
    const seen = workers();
    service.kill('SIGKILL');
    await until(() => !seen.some(isRunning));
  });

  it('wait for a service that is stopped, and lose nothing', { timeout: 60_000 }, async () => {
    const { service, said, workers } = serviceWith(`
      const wall = await openWall({ spareCount: 0 });
      const part = Buffer.from('123456\\n'.repeat(20_000));
      const file = {
        byteCount: 2 + 60 * part.length,
        async *read() { yield Buffer.from('n\\n'); for (let i = 0; i < 60; i += 1) yield part; },
      };
      const job = { ...${JSON.stringify(INGEST)}, sortKey: Buffer.alloc(32) };
      let chunkCount = 0;
      for await (const event of wall.ingest(job, file, { deadlineMs: 60_000 })) {
        if (event.kind === 'chunk' && ++chunkCount === 1) console.log('begun');
        if (event.kind === 'done') console.log(event.rows);
      }
      await wall.close();`);
    expect(await said()).toBe('begun');
    service.kill('SIGSTOP');
    // It computes on until its pipe is full, and no further.
    let spent = -1;
    await until(() => {
      const before = spent;
      spent = workers().reduce((sum, pid) => sum + ticksOf(pid), 0);
      return spent === before;
    }, 300);
    service.kill('SIGCONT');
    expect(await said()).toBe('1200000');
  });
});

describe('lanes', () => {
  it('get a place while another one is full of endless jobs', async () => {
    const open = await openWall({ maxRunning: 2, spareCount: 1 });
    onTestFinished(() => open.close());
    const stop = new AbortController();
    const limits = { deadlineMs: 60_000, lane: 'greedy', signal: stop.signal };
    const greedy = Promise.allSettled([1, 2, 3, 4].map(() => open.run(ENDLESS, limits)));
    expect(await open.run(QUICK, { ...LONG_LIMITS, lane: 'modest' })).toEqual([[1n]]);
    expect(await open.run(QUICK, { ...LONG_LIMITS, lane: 'another' })).toEqual([[1n]]);
    stop.abort();
    expect((await greedy).map(({ status }) => status)).toEqual(Array(4).fill('rejected'));
  });

  it('keep what they do apart: what one job leaves behind no other finds', async () => {
    const create = { tables: [], sql: 'create table left_behind as select 42 as answer', maxRows: 1 };
    await wall.compose(create, LONG_LIMITS).catch(() => {});
    const find = { tables: [], sql: 'select answer from left_behind', maxRows: 1 };
    await expect(wall.compose(find, LONG_LIMITS)).rejects.toMatchObject({ code: 'RUN_FAILED' });
    expect(await wall.run(QUICK, LONG_LIMITS)).toEqual([[1n]]);
  });

  it('are turned away at a full line, and not what has a seat', async () => {
    const seat = wall.takeSeat('brand');
    const others = Array.from({ length: 31 }, () => wall.takeSeat('brand'));
    expect(() => wall.takeSeat('brand')).toThrow(expect.objectContaining({ code: 'WALL_BUSY' }));
    await expect(wall.run(QUICK, { ...LONG_LIMITS, lane: 'brand' })).rejects.toMatchObject({ code: 'WALL_BUSY' });
    expect(await wall.run(QUICK, { ...LONG_LIMITS, seat })).toEqual([[1n]]);
    expect(await wall.run(QUICK, { ...LONG_LIMITS, seat })).toEqual([[1n]]);
    for (const other of [...others, seat]) other.leave();
    expect(await wall.run(QUICK, { ...LONG_LIMITS, lane: 'brand' })).toEqual([[1n]]);
  });

  it('have places of their own behind the same wall', async () => {
    const apart = wall.apart({ maxRunning: 1, spareCount: 0 });
    onTestFinished(() => apart.close());
    const stop = new AbortController();
    const endless = wall.run(ENDLESS, { deadlineMs: 60_000, signal: stop.signal });
    expect(await apart.run(QUICK, LONG_LIMITS)).toEqual([[1n]]);
    stop.abort();
    await expect(endless).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
