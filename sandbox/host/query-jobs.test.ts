import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { column, jobOf } from '../testkit/tables.ts';
import type { RowCondition, RunJob, TableSource, Wall } from '../wall.ts';
import { encodeColumnChunk } from '../wire/column-chunk.ts';
import { openWall } from './open-wall.ts';

const LIMITS = { deadlineMs: 15_000 };
/** A bomb that the limit on memory does not end computes, on every core there is, until its deadline. */
const BOMB_LIMITS = { deadlineMs: 5_000 };
const ENGINE_MEMORY_MIB = 512;

let wall: Wall;
beforeAll(async () => {
  wall = await openWall({ engineMemoryMib: ENGINE_MEMORY_MIB });
});
afterAll(() => wall.close());

const FAILED = { name: 'WallError', code: 'RUN_FAILED', message: 'the job did not finish' };

async function assertFails(job: RunJob): Promise<void> {
  await expect(wall.run(job, LIMITS)).rejects.toMatchObject(FAILED);
}

describe('parse', () => {
  it('gives the tree of a select', async () => {
    const result = await wall.parse('select count(*) from orders', LIMITS);
    expect(result.ok && JSON.parse(result.tree)).toMatchObject({ error: false, statements: [{}] });
  });

  it('is answered as well by a worker that opens its engine only when it is asked', async () => {
    const cold = wall.apart({ engine: 'cold', spareCount: 1 });
    expect(await cold.parse('select 1', LIMITS)).toEqual(await wall.parse('select 1', LIMITS));
    expect(await cold.run(jobOf('select 2', ['integer']), LIMITS)).toEqual([[2n]]);
    await cold.close();
  });

  it('gives every statement of a text, for the policy to refuse', async () => {
    const result = await wall.parse('select 1; select 2', LIMITS);
    expect(result.ok && JSON.parse(result.tree).statements).toHaveLength(2);
  });

  it.each([
    ['selec 1', 0],
    ['select 1 from', 13],
    ["select '😀é', 1 +", 20],
    ["select 'open", 7],
    ['select 1\0; drop table orders', 8],
  ])('says where %j stops being sql, in bytes', async (sql, position) => {
    expect(await wall.parse(sql, LIMITS)).toEqual({ ok: false, reason: 'syntax', position });
  });

  it.each(['create table t (a int)', 'copy t to "f"', 'set threads = 1', "attach 'x.db'", 'pragma version'])(
    'refuses %j, which is no select',
    async (sql) => {
      expect(await wall.parse(sql, LIMITS)).toEqual({ ok: false, reason: 'not-select' });
    },
  );

  it.each([
    ['brackets', `select ${'('.repeat(20_000)}1${')'.repeat(20_000)}`],
    ['sums', `select ${'1+'.repeat(20_000)}1`],
    ['negations', `select ${'not '.repeat(15_000)}1`],
  ])('refuses $0 that nest too deep to have a tree', async (_, sql) => {
    expect(await wall.parse(sql, LIMITS)).toEqual({ ok: false, reason: 'too-large' });
  });

  it('refuses text that is too large to have a tree', async () => {
    expect(await wall.parse(`select ${'1+'.repeat(40_000)}1`, LIMITS)).toEqual({ ok: false, reason: 'too-large' });
    expect(await wall.parse('select 1'.padEnd(66_000), LIMITS)).toEqual({ ok: false, reason: 'too-large' });
  });
});

describe('a table with a selection', () => {
  const anything = { atLeast: null, atMost: null, among: null };
  const shops = {
    name: 'visits',
    columns: [
      column('shop', { kind: 'text' }, ['a', 'b', null], ['b', 'b'], ['a']),
      column('n', { kind: 'integer' }, [1n, 2n, 3n], [4n, 5n], [6n]),
      column('person', { kind: 'person' }, [10n, 20n, 30n], [20n, 20n], [60n]),
    ],
  };
  const selected = (condition: RowCondition, exempt: bigint[] = []) => ({
    ...shops,
    selection: { conditions: [condition], personColumn: 'person', exempt },
  });

  it('enters the wall with no other rows', async () => {
    const ofShopB = selected({ ...anything, column: 'shop', among: ['b'] });
    expect(await wall.run(jobOf('select n from visits order by n', ['integer'], ofShopB), LIMITS)).toEqual([
      [2n],
      [4n],
      [5n],
    ]);
    const none = { ...anything, column: 'n', atLeast: 7n };
    const count = (table: TableSource) => wall.run(jobOf('select count(*) from visits', ['integer'], table), LIMITS);
    expect(await count(selected(none))).toEqual([[0n]]);
    expect(await count(selected(none, [20n]))).toEqual([[3n]]);
  });

  it('on a column that the job is not given is a mistake of ours, and is said so', async () => {
    const wrong = selected({ ...anything, column: 'spend', atLeast: 7n });
    await expect(wall.run(jobOf('select count(*) from visits', ['integer'], wrong), LIMITS)).rejects.toThrow('`spend`');
  });
});

describe('run', () => {
  const everyType = {
    name: 'every "type"',
    columns: [
      column('b', { kind: 'boolean' }, [true, false, null], [true]),
      column('i', { kind: 'integer' }, [(1n << 63n) - 1n, -(1n << 63n), null], [7n]),
      column('d', { kind: 'decimal', scale: 2 }, [1234n, -5n, null], [0n]),
      column('t', { kind: 'text' }, ['é😀', '', null], ['twelve bytes and more']),
      column('day', { kind: 'date' }, [0n, -1n, null], [20_000n]),
      column('at', { kind: 'timestamp' }, [0n, -1n, null], [1_700_000_000_000_001n]),
      column('p', { kind: 'person' }, [(1n << 64n) - 1n, 0n, null], [42n]),
    ],
  };

  it('gives back every type it was given, gaps included', async () => {
    const sql = 'select b, i, cast(d * 100 as bigint), t, day, "at", p from "every ""type""" order by rowid';
    const kinds = ['boolean', 'integer', 'integer', 'text', 'date', 'timestamp', 'person'] as const;
    expect(await wall.run(jobOf(sql, [...kinds], everyType), LIMITS)).toEqual([
      [true, (1n << 63n) - 1n, 1234n, 'é😀', 0n, 0n, (1n << 64n) - 1n],
      [false, -(1n << 63n), -5n, '', -1n, -1n, 0n],
      [null, null, null, null, null, null, null],
      [true, 7n, 0n, 'twelve bytes and more', 20_000n, 1_700_000_000_000_001n, 42n],
    ]);
  });

  it('gives back texts of every length, short ones that lie in the vector and long ones that do not', async () => {
    // The same bytes as the start of longer texts, so that one of the wrong length would be found.
    const texts = Array.from({ length: 5_000 }, (_, row) =>
      row % 7 === 3 ? null : 'äbcdefghijklmnopqrst'.slice(0, row % 21),
    );
    const table = { name: 'n', columns: [column('t', { kind: 'text' as const }, texts, texts.toReversed())] };
    const sql = 'select t, count(*), min(length(t)) from n group by t order by t nulls first';
    const rows = await wall.run(jobOf(sql, ['text', 'integer', 'integer'], table), LIMITS);
    const counts = new Map<string | null, number>();
    for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 2);
    expect(new Map(rows.map(([text, count]) => [text, Number(count)]))).toEqual(counts);
    for (const [text, , length] of rows) expect(length).toBe(text === null ? null : BigInt(String(text).length));
  });

  it('loads more rows than one vector and more chunks than one, in order', async () => {
    const numbers = Array.from({ length: 5000 }, (_, index) => (index % 7 === 0 ? null : BigInt(index)));
    const labels = numbers.map((_, index) => (index % 11 === 0 ? null : `label ${index}`));
    const table = {
      name: 'n',
      columns: [column('i', { kind: 'integer' }, numbers, numbers), column('t', { kind: 'text' }, labels, labels)],
    };
    const rows = await wall.run(
      { ...jobOf('select i, t from n order by rowid', ['integer', 'text'], table), maxRows: 10_000 },
      LIMITS,
    );
    const expected = numbers.map((number, index) => [number, labels[index]]);
    expect(rows).toEqual([...expected, ...expected]);
  });

  it('groups over two tables with a parameter', async () => {
    const persons = {
      name: 'persons',
      columns: [column('p', { kind: 'person' }, [1n, 2n, 3n]), column('region', { kind: 'text' }, ['n', 's', 'n'])],
    };
    const orders = {
      name: 'orders',
      columns: [
        column('p', { kind: 'person' }, [1n, 1n, 3n, 2n]),
        column('v', { kind: 'integer' }, [10n, 20n, 5n, 1n]),
      ],
    };
    const sql =
      'select region, sum(v), count(distinct p) from orders join persons using (p) where v >= $1 group by region order by region';
    const job = { ...jobOf(sql, ['text', 'integer', 'integer'], persons, orders), parameters: [5n] };
    expect(await wall.run(job, LIMITS)).toEqual([['n', 35n, 2n]]);
  });

  it('binds a parameter above the range of a signed integer', async () => {
    const top = (1n << 64n) - 1n;
    const job = { ...jobOf('select $1, $2', ['person', 'integer']), parameters: [top, -1n] };
    expect(await wall.run(job, LIMITS)).toEqual([[top, -1n]]);
  });

  it('knows an empty table', async () => {
    const table = { name: 'none', columns: [column('i', { kind: 'integer' })] };
    expect(await wall.run(jobOf('select count(*) from none', ['integer'], table), LIMITS)).toEqual([[0n]]);
  });

  it.each([
    ["select * from read_csv('/etc/passwd')", 'a file'],
    ["select content from read_text('/galley/code/package.json')", 'its own code'],
    ["select * from glob('/*')", 'a folder'],
    ["copy (select 'x') to '/tmp/x.csv'", 'a file to write'],
    ["attach '/tmp/x.db'", 'another database'],
    ["select cast('ana@example.com' as integer)", 'an error that quotes a value'],
    ["select error('ana@example.com')", 'an error of its own'],
    ['set lock_configuration = false', 'another setting'],
    ['install httpfs', 'an extension'],
    ['load json', 'an extension that is there'],
    ['call enable_logging()', 'a log'],
    ['select 1; select 2', 'two statements'],
    ['create table mine (a integer)', 'a table of its own'],
    ['select [1, 2]', 'a list'],
    ['select 1, 2', 'more columns than declared'],
    ["select 'text'", 'another type than declared'],
    ['select 170141183460469231731687303715884105727', 'a number that does not fit'],
  ])('fails without a word at %s, which wants %s', async (sql) => {
    await assertFails(jobOf(sql, ['integer']));
  });

  it('fails rather than cut a result at its limit', async () => {
    await assertFails({ ...jobOf('select * from range(11)', ['integer']), maxRows: 10 });
    expect(await wall.run({ ...jobOf('select * from range(10)', ['integer']), maxRows: 10 }, LIMITS)).toHaveLength(10);
  });

  it('fails when a row deep in the result does, instead of ending there', async () => {
    await assertFails({
      ...jobOf("select if(i = 500000, error('x'), i) from range(600000) t(i)", ['integer']),
      maxRows: 1_000_000,
    });
  });

  it.each([
    'select len(repeat($$x$$, 2000000000))',
    'select sum(len(repeat($$x$$, 50000000 + i::integer))) from range(400) t(i)',
    'select len(range(400000000))',
  ])('survives the memory bomb %s', async (sql) => {
    const before = process.memoryUsage().rss;
    await expect(wall.run(jobOf(sql, ['integer']), BOMB_LIMITS)).rejects.toMatchObject(FAILED);
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
    expect(await wall.run(jobOf('select 1', ['integer']), LIMITS)).toEqual([[1n]]);
  });

  it('passes the error of a caller whose own stream breaks', async () => {
    const broken = { ...column('i', { kind: 'integer' }), chunks: () => breakingStream() };
    const job = jobOf('select 1', ['integer'], { name: 'b', columns: [broken] });
    await expect(wall.run(job, LIMITS)).rejects.toThrow('the seal is broken');
  });

  it('refuses columns of different lengths', async () => {
    const uneven = {
      name: 'u',
      columns: [column('a', { kind: 'integer' }, [1n]), column('b', { kind: 'integer' }, [1n], [2n])],
    };
    await expect(wall.run(jobOf('select 1', ['integer'], uneven), LIMITS)).rejects.toThrow(
      'differ in their number of chunks',
    );
    const ragged = {
      name: 'r',
      columns: [column('a', { kind: 'integer' }, [1n]), column('b', { kind: 'integer' }, [1n, 2n])],
    };
    await assertFails(jobOf('select 1', ['integer'], ragged));
  });
});

async function* breakingStream(): AsyncGenerator<Uint8Array> {
  yield encodeColumnChunk({ type: { kind: 'integer' }, rowCount: 1, validity: null, values: BigInt64Array.of(1n) });
  throw new Error('the seal is broken');
}

describe('selectPersons', () => {
  it('gives persons in result order', async () => {
    const table = { name: 't', columns: [column('p', { kind: 'person' }, [5n, (1n << 64n) - 1n, 3n])] };
    const persons = await wall.selectPersons(jobOf('select p from t order by p', ['person'], table), LIMITS);
    expect(persons).toEqual(BigUint64Array.of(3n, 5n, (1n << 64n) - 1n));
  });

  it('gives a million of them', async () => {
    const job = { ...jobOf('select i::ubigint from range(1000000) t(i)', ['person']), maxRows: 1_000_000 };
    const persons = await wall.selectPersons(job, LIMITS);
    expect(persons).toHaveLength(1_000_000);
    expect(persons.every((person, index) => person === BigInt(index))).toBe(true);
  });

  it('fails on nobody and on more than its limit', async () => {
    const nobody = jobOf('select null::ubigint', ['person']);
    await expect(wall.selectPersons(nobody, LIMITS)).rejects.toMatchObject(FAILED);
    const many = { ...jobOf('select i::ubigint from range(11) t(i)', ['person']), maxRows: 10 };
    await expect(wall.selectPersons(many, LIMITS)).rejects.toMatchObject(FAILED);
  });
});

describe('compose', () => {
  const release = {
    name: 'r0',
    columns: [
      { name: 'region', kind: 'text' },
      { name: 'n', kind: 'integer' },
      { name: 'mean', kind: 'double' },
      { name: 'day', kind: 'date' },
    ] as const,
    rows: [
      ['north', 120n, 1.5, 20_000n],
      ['south', null, Number.NaN, null],
      ['west', 80n, -0.25, 20_001n],
    ],
  };
  const tables = [{ ...release, columns: [...release.columns] }];

  it('answers names, kinds and rows of an outer query', async () => {
    const sql =
      'select region, n * 2 as twice, mean, n / 3 as third, day, n > 100 as large, 1.25 as rate from r0 order by n desc nulls last';
    expect(await wall.compose({ tables, sql, maxRows: 10 }, LIMITS)).toEqual({
      columns: [
        { name: 'region', kind: 'text' },
        { name: 'twice', kind: 'integer' },
        { name: 'mean', kind: 'double' },
        { name: 'third', kind: 'double' },
        { name: 'day', kind: 'date' },
        { name: 'large', kind: 'boolean' },
        { name: 'rate', kind: 'double' },
      ],
      rows: [
        ['north', 240n, 1.5, 40, 20_000n, true, 1.25],
        ['west', 160n, -0.25, 80 / 3, 20_001n, false, 1.25],
        ['south', null, Number.NaN, null, null, null, 1.25],
      ],
    });
  });

  it('reads no file either', async () => {
    const job = { tables, sql: "select * from read_text('/etc/passwd')", maxRows: 10 };
    await expect(wall.compose(job, LIMITS)).rejects.toMatchObject(FAILED);
  });
});
