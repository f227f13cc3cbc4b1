import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ShardedColumn, ShardedRunJob, ShardedTable } from '../sharded-jobs.ts';
import { column, jobOf, yieldAll } from '../testkit/tables.ts';
import type { ScoringFunction, Wall } from '../wall.ts';
import { chunkOfCells } from '../wire/cells.ts';
import { encodeColumnChunk } from '../wire/column-chunk.ts';
import type { Cell, ColumnType, LayoutType } from '../wire/column-type.ts';
import { openWall } from './open-wall.ts';

const LIMITS = { deadlineMs: 60_000 };
/** Past the start of a worker on a busy machine, and no longer to wait for. */
const SHORT_LIMITS = { deadlineMs: 5_000 };
const FAILED = { name: 'WallError', code: 'RUN_FAILED', message: 'the job did not finish' };
const SHOPS = ['', 'north', 'south', 'é', '豆腐', '😀 and a long text'];
const SHARDS_COUNT = 5;

let wall: Wall;
beforeAll(async () => {
  wall = await openWall({ engineMemoryMib: 512 });
});
afterAll(() => wall.close());

/** A column of shards: one list of chunks a shard. */
function sharded(
  name: string,
  type: ColumnType | LayoutType,
  shards: readonly Cell[][][],
  dictionary?: readonly string[],
): ShardedColumn {
  const chunksOf = (shard: number) =>
    yieldAll(...(shards[shard] ?? []).map((cells) => encodeColumnChunk(chunkOfCells(type, cells))));
  return dictionary === undefined ? { name, type, chunksOf } : { name, type, dictionary, chunksOf };
}

interface Visit {
  readonly person: bigint;
  readonly shop: number | null;
  readonly spend: bigint;
}

/** Visits of a shard in two chunks, and none at all in the third shard. */
function visitsOf(shard: number): Visit[][] {
  if (shard === 2) return [];
  const visits = Array.from({ length: 4_500 + shard }, (_, at) => ({
    person: BigInt(shard * 10_000 + Math.floor(at / 3)),
    shop: at % 11 === 0 ? null : at % SHOPS.length,
    spend: BigInt((at * 7_919) % 500),
  }));
  return [visits.slice(0, 4_100), visits.slice(4_100)];
}

const shards = Array.from({ length: SHARDS_COUNT }, (_, shard) => visitsOf(shard));
const cellsOf = (of: (visit: Visit) => Cell) => shards.map((chunks) => chunks.map((visits) => visits.map(of)));
const codeOf = ({ shop }: Visit) => (shop === null ? null : BigInt(shop));

const visits: ShardedTable = {
  name: 'visits',
  isWhole: false,
  columns: [
    sharded(
      'person',
      { kind: 'person' },
      cellsOf(({ person }) => person),
    ),
    sharded('shop', { kind: 'code' }, cellsOf(codeOf), SHOPS),
    sharded(
      'spend',
      { kind: 'integer' },
      cellsOf(({ spend }) => spend),
    ),
    sharded(
      'ordinal',
      { kind: 'ordinal' },
      cellsOf(({ person }) => person + 4_000_000_000n),
    ),
    sharded(
      'rank',
      { kind: 'rank' },
      cellsOf(({ spend }) => spend + 65_000n),
    ),
  ],
};
const regions: ShardedTable = {
  name: 'regions',
  isWhole: true,
  columns: [
    sharded('shop', { kind: 'code' }, [[SHOPS.map((_, code) => BigInt(code))]], SHOPS),
    sharded('region', { kind: 'text' }, [[['a', 'b', 'c', 'a', 'b', 'c']]]),
  ],
};

/** The same rows as one table, with the texts themselves. */
const inOne = {
  name: 'visits',
  columns: [
    column('person', { kind: 'person' }, cellsOf(({ person }) => person).flat(2)),
    column('shop', { kind: 'text' }, cellsOf(({ shop }) => (shop === null ? null : (SHOPS[shop] ?? null))).flat(2)),
    column('spend', { kind: 'integer' }, cellsOf(({ spend }) => spend).flat(2)),
  ],
};

function jobOver(steps: ShardedRunJob['steps'], sql: string, kinds: ShardedRunJob['resultColumns'][0]['kind'][]) {
  const { resultColumns, maxRows } = jobOf('', kinds);
  return { shardCount: SHARDS_COUNT, tables: [visits], steps, sql, parameters: [], resultColumns, maxRows };
}

const gather = (sql: string, merge: string | null = null) => ({ into: 'g', sql, keeps: 'run' as const, merge });

const SUMS = 'SELECT shop, count(*) AS n, sum(spend) AS s, count(DISTINCT person) AS p FROM visits GROUP BY shop';
const TOTALS = 'SELECT CAST(shop AS VARCHAR), sum(n), sum(s), sum(p) FROM g GROUP BY shop ORDER BY shop NULLS FIRST';

describe('a sharded run', () => {
  it('gives what the same rows give in one', async () => {
    const kinds: ShardedRunJob['resultColumns'][0]['kind'][] = ['text', 'integer', 'integer', 'integer'];
    const rows = await wall.runSharded(jobOver([gather(SUMS)], TOTALS, kinds), LIMITS);
    expect(rows).toEqual(await wall.run(jobOf(`${SUMS} ORDER BY shop NULLS FIRST`, kinds, inOne), LIMITS));
    expect(rows).toHaveLength(SHOPS.length + 1);
  });

  it('has one shard at a time in its tables, in the order of storage, with all types as they were', async () => {
    const first = `SELECT count(*) AS n, min(person) AS low, max(person) AS high, count(DISTINCT person) AS p,
      min(ordinal) AS o, max(rank) AS r, typeof(min(ordinal)) || typeof(min(rank)) AS t,
      bool_and(is_next) AS in_order FROM (SELECT *, person >= lag(person, 1, 0) OVER () AS is_next FROM visits)`;
    const rows = await wall.runSharded(
      jobOver([gather(first)], 'SELECT n, low, high, p, o, r, t, in_order FROM g ORDER BY low NULLS FIRST', [
        ...(['integer', 'person', 'person', 'integer', 'integer', 'integer', 'text', 'boolean'] as const),
      ]),
      LIMITS,
    );
    const expected = [0, 1, 3, 4].map((shard) => [
      BigInt(4_500 + shard),
      BigInt(shard * 10_000),
      BigInt(shard * 10_000 + Math.floor((4_499 + shard) / 3)),
      BigInt(Math.floor((4_499 + shard) / 3) + 1),
      4_000_000_000n + BigInt(shard * 10_000),
      65_499n,
      'UINTEGERUSMALLINT',
      true,
    ]);
    expect(rows).toEqual([[0n, null, null, 0n, null, null, 'UINTEGERUSMALLINT', null], ...expected]);
  });

  it('keeps some tables for their shard, others for the run, and whole tables throughout', async () => {
    const steps = [
      { into: 'seen', sql: 'SELECT person, shop FROM visits WHERE spend >= $1', keeps: 'shard' as const, merge: null },
      gather('SELECT region, count(DISTINCT person) AS n FROM seen JOIN regions USING (shop) GROUP BY region'),
    ];
    const job = jobOver(steps, 'SELECT region, sum(n) FROM g GROUP BY region ORDER BY region', ['text', 'integer']);
    const rows = await wall.runSharded({ ...job, tables: [visits, regions], parameters: [250n] }, LIMITS);
    const counted = (region: string) =>
      shards.flat(2).filter(({ shop, spend }) => shop !== null && spend >= 250n && 'abc'[shop % 3] === region);
    const expected = ['a', 'b', 'c'].map((region) => new Set(counted(region).map(({ person }) => person)).size);
    expect(rows).toEqual(['a', 'b', 'c'].map((region, at) => [region, BigInt(expected[at] as number)]));
  });

  it('runs a step once that says so, with the first shard', async () => {
    const steps = [
      { into: 'kept', sql: 'SELECT region FROM regions', keeps: 'shard' as const, merge: null, isOnce: true },
      { ...gather('SELECT count(*) AS n FROM kept'), into: 'once', isOnce: true },
      gather('SELECT count(*) AS n FROM visits'),
    ];
    const sql = 'SELECT (SELECT sum(n) FROM once), (SELECT count(*) FROM once), (SELECT count(*) FROM g)';
    const job = { ...jobOver(steps, sql, ['integer', 'integer', 'integer']), tables: [visits, regions] };
    expect(await wall.runSharded(job, LIMITS)).toEqual([[BigInt(SHOPS.length), 1n, BigInt(SHARDS_COUNT)]]);
  });

  it('merges what it gathers when that has grown long, and goes on', async () => {
    const many =
      'SELECT i % 1000 AS k, count(*) AS n FROM range(300000) t(i), (SELECT 1 FROM visits LIMIT 1) GROUP BY i';
    const merge = 'SELECT k, CAST(sum(n) AS BIGINT) AS n FROM g GROUP BY k';
    const sql = 'SELECT count(*), count(DISTINCT k), sum(n) FROM g';
    const job = (step: typeof merge | null) => jobOver([gather(many, step)], sql, ['integer', 'integer', 'integer']);
    expect(await wall.runSharded(job(null), LIMITS)).toEqual([[1_200_000n, 1_000n, 1_200_000n]]);
    // Both places for shards gather, and merge what they did; the first shard of each is not merged before its second.
    expect(await wall.runSharded(job(merge), LIMITS)).toEqual([[2_000n, 1_000n, 1_200_000n]]);
  });

  it('orders codes as it orders their texts', async () => {
    const step = gather('SELECT DISTINCT shop, CAST(shop AS VARCHAR) AS t FROM visits');
    const sql =
      'SELECT count(*) FROM g a, g b WHERE (a.shop < b.shop) <> (a.t < b.t) OR (a.shop = b.shop) <> (a.t = b.t)';
    expect(await wall.runSharded(jobOver([step], sql, ['integer']), LIMITS)).toEqual([[0n]]);
  });

  it('selects persons', async () => {
    const job = jobOver(
      [gather('SELECT DISTINCT person FROM visits WHERE spend = 499')],
      'SELECT person FROM g ORDER BY 1',
      ['person'],
    );
    const expected = new Set(shards.flat(2).flatMap(({ person, spend }) => (spend === 499n ? [person] : [])));
    const persons = await wall.selectPersonsSharded({ ...job, maxRows: 10_000 }, LIMITS);
    expect(new Set(persons)).toEqual(expected);
  });
});

describe('a sharded run that does not end well', () => {
  const step = (sql: string, merge: string | null = null) => [gather(sql, merge)];
  const over = (steps: ShardedRunJob['steps'], sql = 'SELECT 1') => jobOver(steps, sql, ['integer']);

  it.each([
    ['a file', over(step("SELECT * FROM read_text('/galley/code/package.json')"))],
    ['a table of its own', over(step('CREATE TABLE mine AS SELECT 1'))],
    ['a second statement', over(step('SELECT 1; DROP TABLE visits'))],
    ['a statement after its own', over(step('SELECT 1) ; CREATE TABLE mine AS (SELECT 1'))],
    ['another setting', over(step('SET lock_configuration = false'))],
    ['a file in the end', over([], "SELECT count(*) FROM read_text('/galley/code/package.json')")],
    ['another table in the end', over([], 'CREATE TABLE mine AS SELECT 1')],
    [
      'what an earlier shard had',
      over([{ into: 's', sql: 'SELECT 1', keeps: 'shard', merge: null }], 'SELECT * FROM s'),
    ],
    ['to merge by what is no select', over(step('SELECT i FROM range(300000) t(i)', 'DELETE FROM g'))],
    ['more columns than declared', over([], 'SELECT 1, 2')],
  ])('fails without a word when it wants %s', async (_, job) => {
    await expect(wall.runSharded(job, LIMITS)).rejects.toMatchObject(FAILED);
  });

  it('fails as a whole when a row of a later shard does, and asks for no more', async () => {
    const asked: number[] = [];
    const [person, ...others] = visits.columns as [ShardedColumn, ...ShardedColumn[]];
    const watched = {
      ...person,
      chunksOf: (shard: number) => {
        asked.push(shard);
        return person.chunksOf(shard);
      },
    };
    const table = { ...visits, columns: [watched, ...others] };
    const failing = "SELECT if(person >= 10000, error('ana@example.com'), 1) AS x FROM visits";
    const job = { ...over(step(failing)), tables: [table], shardCount: 1_000 };
    await expect(wall.runSharded(job, LIMITS)).rejects.toMatchObject(FAILED);
    expect(asked.length).toBeLessThan(1_000);
  });

  it('passes the error of a caller whose own stream breaks', async () => {
    const [person, ...others] = visits.columns as [ShardedColumn, ...ShardedColumn[]];
    const broken = {
      ...person,
      chunksOf: (shard: number) => {
        if (shard === 3) throw new Error('the seal is broken');
        return person.chunksOf(shard);
      },
    };
    const job = { ...over(step('SELECT count(*) FROM visits')), tables: [{ ...visits, columns: [broken, ...others] }] };
    await expect(wall.runSharded(job, LIMITS)).rejects.toThrow('the seal is broken');
  });

  /** A job whose third shard never comes; settles `isThere` when that is asked for. */
  function endless() {
    const { promise: isThere, resolve } = Promise.withResolvers<void>();
    const never = Promise.withResolvers<void>();
    const [person, ...others] = visits.columns as [ShardedColumn, ...ShardedColumn[]];
    const stuck: ShardedColumn = {
      ...person,
      chunksOf: async function* (shard: number) {
        yield* person.chunksOf(shard);
        if (shard < 3) return;
        resolve();
        await never.promise;
      },
    };
    const job = { ...over(step('SELECT count(*) FROM visits')), tables: [{ ...visits, columns: [stuck, ...others] }] };
    return { job, isThere };
  }

  it('ends when it is cancelled in the middle of a shard, and the next runs', async () => {
    const { job, isThere } = endless();
    const controller = new AbortController();
    const run = wall.runSharded(job, { ...LIMITS, signal: controller.signal });
    void isThere.then(() => controller.abort());
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await wall.runSharded(over(step('SELECT 1 AS x'), 'SELECT count(*) FROM g'), LIMITS)).toEqual([[5n]]);
  });

  it('ends at its deadline in the middle of a shard', async () => {
    await expect(wall.runSharded(endless().job, SHORT_LIMITS)).rejects.toMatchObject(FAILED);
  });

  it('is a mistake of ours without shards, or with a name twice', async () => {
    await expect(wall.runSharded({ ...over([]), shardCount: 0 }, LIMITS)).rejects.toThrow(TypeError);
    const twice = { ...gather('SELECT 1'), into: 'visits' };
    await expect(wall.runSharded(over([twice]), LIMITS)).rejects.toThrow(TypeError);
    await expect(wall.runSharded(over([{ ...twice, into: 'galley next visits' }]), LIMITS)).rejects.toThrow(TypeError);
  });
});

describe('a scoring function', () => {
  it('is called while the next shard is read', async () => {
    const score: ScoringFunction = {
      name: 'galley_f0',
      language: 'javascript',
      code: new TextEncoder().encode('function score(s) { return s * 2; }'),
      parameters: [{ name: 's', kind: 'integer', values: null }],
      returns: { kind: 'number', scale: 0, min: 0n, max: 10_000n },
    };
    const step = gather('SELECT CAST(sum(galley_f0(spend)) AS BIGINT) AS x FROM visits');
    const job = { ...jobOver([step], 'SELECT CAST(sum(x) AS BIGINT) FROM g', ['integer']), functions: [score] };
    const total = shards.flat(2).reduce((sum, { spend }) => sum + spend, 0n);
    expect(await wall.runSharded(job, LIMITS)).toEqual([[2n * total]]);
  });
});

describe('a dictionary', () => {
  it.each([1, 255, 256, 65_535])('of %i texts gives every code its text', async (count) => {
    const dictionary = Array.from({ length: count }, (_, at) => `word ${String(at).padStart(6, '0')}`);
    const codes = dictionary.map((_, at) => BigInt(at));
    const table = {
      name: 'visits',
      isWhole: false,
      columns: [sharded('c', { kind: 'code' }, [[codes]], dictionary), sharded('i', { kind: 'integer' }, [[codes]])],
    };
    const step = gather(
      'SELECT count(*) AS n, sum(CAST(substr(CAST(c AS VARCHAR), 6) AS BIGINT) - i) AS d FROM visits',
    );
    const job = { ...jobOver([step], 'SELECT n, d FROM g', ['integer', 'integer']), tables: [table], shardCount: 1 };
    expect(await wall.runSharded(job, LIMITS)).toEqual([[BigInt(count), 0n]]);
  });

  it.each([
    ['out of order', ['b', 'a'], [0n]],
    ['with a text twice', ['a', 'a'], [0n]],
    ['in the order of UTF-16', ['😀', '\uFB01'], [0n]],
    ['with a code beyond it', ['a', 'b'], [2n]],
    ['of no text, with a code', [], [0n]],
  ])('%s fails the run', async (_, dictionary, codes) => {
    const table = { name: 'visits', isWhole: false, columns: [sharded('c', { kind: 'code' }, [[codes]], dictionary)] };
    const job = { ...jobOver([], 'SELECT 1', ['integer']), tables: [table], shardCount: 1 };
    await expect(wall.runSharded(job, LIMITS)).rejects.toMatchObject(FAILED);
  });

  it('of no text is that of a column of missing values', async () => {
    const table = { name: 'visits', columns: [{ ...column('c', { kind: 'code' } as never, [null]), dictionary: [] }] };
    expect(
      await wall.run(jobOf('SELECT count(*), count(c) FROM visits', ['integer', 'integer'], table), LIMITS),
    ).toEqual([[1n, 0n]]);
  });
});
