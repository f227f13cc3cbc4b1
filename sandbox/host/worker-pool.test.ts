import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { jobOf } from '../testkit/tables.ts';
import type { Wall } from '../wall.ts';
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
  it('fails at its deadline, however busy its engine', async () => {
    const start = performance.now();
    await expect(wall.run(ENDLESS, { deadlineMs: 700 })).rejects.toMatchObject({ code: 'RUN_FAILED' });
    expect(performance.now() - start).toBeLessThan(2000);
    expect(await wall.run(QUICK, LONG_LIMITS)).toEqual([[1n]]);
  });

  it('fails when its worker is killed, and takes no other job with it', async () => {
    const running = wall.run(ENDLESS, LONG_LIMITS);
    await setTimeoutMs(500);
    for (const pid of childrenOf(process.pid)) process.kill(pid, 'SIGKILL');
    await expect(running).rejects.toMatchObject({ code: 'RUN_FAILED' });
    expect(await wall.run(QUICK, LONG_LIMITS)).toEqual([[1n]]);
  });

  it('is cancelled by its caller, running or waiting', async () => {
    const running = new AbortController();
    const waiting = new AbortController();
    const first = wall.run(ENDLESS, { ...LONG_LIMITS, signal: running.signal });
    const second = wall.run(QUICK, { ...LONG_LIMITS, signal: waiting.signal });
    waiting.abort();
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED' });
    running.abort();
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' });
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
    await setTimeoutMs(300);
    await wall.close();
    expect(await settled).toMatchObject([{ reason: { code: 'CANCELLED' } }, { reason: { code: 'CANCELLED' } }]);
    expect(childrenOf(process.pid)).toEqual([]);
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
    await setTimeoutMs(300);
    expect(source.partCount).toBeLessThan(100);
  });
});

const INGEST = {
  format: 'csv' as const,
  columns: [{ name: 'n', type: { kind: 'integer' as const }, nullable: false }],
  maxRejects: 0,
};

async function* endlessCsv(source: { partCount: number }): AsyncGenerator<Uint8Array> {
  yield Buffer.from('n\n');
  const part = Buffer.from('123456\n'.repeat(20_000));
  for (;;) {
    source.partCount += 1;
    yield part;
  }
}

describe('workers', () => {
  it('die with a service that is killed', async () => {
    const door = path.join(import.meta.dirname, '../index.ts');
    const script = `
      const { openWall } = await import(${JSON.stringify(door)});
      await openWall();
      console.log('open');
      setInterval(() => {}, 1000);`;
    const service = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => service.stdout.once('data', resolve));
    await setTimeoutMs(500);
    const workers = childrenOf(service.pid ?? 0).flatMap((pid) => [pid, ...childrenOf(pid)]);
    expect(workers.length).toBeGreaterThanOrEqual(4);
    service.kill('SIGKILL');
    await setTimeoutMs(1000);
    expect(workers.filter(isRunning)).toEqual([]);
  });
});

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.trim().split(' ').filter(Boolean).map(Number).filter(isRunning);
  } catch {
    return [];
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function setTimeoutMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
