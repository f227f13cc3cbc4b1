// Holds what counts the questions of the bench to plan-shapes.txt: a change that makes them read more, work otherwise or
// take more memory fails here, on any machine and without a clock. GALLEY_UPDATE=1 writes the file anew; read the
// difference before keeping it, and say in the commit why it is no loss.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BENCH_QUESTIONS, type BenchQuestion } from '../questions/bench-questions.ts';
import { openLayouts } from '../stored/bench-layouts.ts';
import { type BenchStore, openStore } from '../stored/bench-store.ts';
import { boundOf, type PlanShape, printShape, shapeOf } from './plan-shape.ts';

/** Enough for hundreds of rows in a group, and made in seconds. */
const EVENTS_COUNT = 20_000;
const page = new URL('plan-shapes.txt', import.meta.url);

const shapes: PlanShape[] = [];
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'galley-shapes-'));
  // Of its own: what is kept between runs may be of another copy of the sources, which runs at the same time.
  vi.stubEnv('XDG_CACHE_HOME', folder);
  await withStore(openLayouts);
  for (const question of BENCH_QUESTIONS) shapes.push(await shapeAlone(question));
  if (process.env.GALLEY_UPDATE === '1') {
    writeFileSync(page, `${shapes.map((shape) => printShape(shape, boundOf(shape.peakBytes))).join('\n\n')}\n`);
  }
});

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

async function withStore<Result>(work: (store: BenchStore) => Promise<Result>): Promise<Result> {
  using store = await openStore(EVENTS_COUNT);
  return await work(store);
}

/** In an engine of its own, which has had no other question in its memory. */
function shapeAlone(question: BenchQuestion): Promise<PlanShape> {
  return withStore(async (store) => {
    const layouts = await openLayouts(store);
    // With two, who comes first decides how many rows a scan may leave out.
    await store.engine.run('SET threads = 1');
    return await shapeOf(store, layouts, question);
  });
}

/** What is written of a question. */
function writtenOf(name: string): string {
  const blocks = readFileSync(page, 'utf8').trimEnd().split('\n\n');
  return blocks.find((block) => block.startsWith(`${name}\n`)) ?? '';
}

describe('a question of the bench', () => {
  it.each(BENCH_QUESTIONS.map(({ name }, index) => [name, index] as const))(
    'is counted as written: %s',
    (name, index) => {
      const written = writtenOf(name);
      const most = Number(/memory, at most: (\d+) MiB/.exec(written)?.[1]);
      expect(printShape(shapes[index] as PlanShape, most)).toBe(written);
    },
  );

  it('is written of nowhere else', () => {
    const names = readFileSync(page, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(' '));
    expect(names).toEqual(BENCH_QUESTIONS.map(({ name }) => name));
  });
});
