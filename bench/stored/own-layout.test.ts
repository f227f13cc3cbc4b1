import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BENCH_QUESTIONS } from '../questions/bench-questions.ts';
import { printPlain } from '../questions/print-plain.ts';
import { type BenchLayouts, openLayouts } from './bench-layouts.ts';
import { type BenchStore, HANDED_IN, openStore } from './bench-store.ts';
import { OWN_LAYOUT, openOwnLayout, plainInMemory, rowsOfMatch } from './own-layout.ts';

const EVENTS_COUNT = 20_000;
/** Averages are added up in another order. */
const COMPARED_DIGITS = 9;

let folder: string;
let store: BenchStore;
let layouts: BenchLayouts;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'galley-plain-'));
  // Of its own: what is kept between runs may be of another copy of the sources, which runs at the same time.
  vi.stubEnv('XDG_CACHE_HOME', folder);
  store = await openStore(EVENTS_COUNT);
  layouts = await openLayouts(store);
  await openOwnLayout(store.engine, layouts);
});

afterAll(() => {
  store[Symbol.dispose]();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function sorted(rows: unknown): readonly string[] {
  const cell = (value: unknown) => (typeof value === 'number' ? value.toPrecision(COMPARED_DIGITS) : String(value));
  return (rows as readonly (readonly unknown[])[]).map((row) => row.map(cell).join(' ')).toSorted();
}

describe('a plain question', () => {
  it.each(BENCH_QUESTIONS.filter(({ mode }) => mode !== 'audience').map(({ name, plain }) => [name, plain] as const))(
    'has one answer over the data as handed in, over our own layout and over its shards in memory: %s',
    async (_name, plain) => {
      const layout = rowsOfMatch(layouts.stored);
      if (layout === undefined) throw new Error('the match has no rows');
      const handedIn = sorted(await store.engine.rows(printPlain(plain, HANDED_IN)));
      expect(sorted(await store.engine.rows(printPlain(plain, OWN_LAYOUT)))).toEqual(handedIn);
      expect(sorted(await (await plainInMemory(store.engine, plain, layout))())).toEqual(handedIn);
      expect(handedIn.length).toBeGreaterThan(1);
    },
  );
});
