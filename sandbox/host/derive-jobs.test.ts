import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { DerivedTable, DeriveEvent, DeriveJob } from '../sharded-jobs.ts';
import { cellsOf, column, takeAll } from '../testkit/tables.ts';
import type { ColumnSource, Wall } from '../wall.ts';
import type { Cell, ColumnType, LayoutType } from '../wire/column-type.ts';
import { openWall } from './open-wall.ts';

const LIMITS = { deadlineMs: 60_000 };
const FAILED = { name: 'WallError', code: 'RUN_FAILED', message: 'the job did not finish' };
const SHOPS = ['north', 'south', 'é'];
/** More than a chunk of rows in a shard, and a number of them that fills no vector. */
const ROWS_COUNT = 150_001;
const LAST_PERSON = (1n << 64n) - 1n;
const HALF = 1n << 63n;

let wall: Wall;
beforeAll(async () => {
  wall = await openWall({ engineMemoryMib: 1_024 });
});
afterAll(() => wall.close());

/** Rows whose persons are spread over all 64 bits, in no order; every few miss a value. */
function rowsOf(row: number): Cell[] {
  const person = BigInt.asUintN(64, BigInt(row >> 1) * 0x9e37_79b9_7f4a_7c15n);
  const isMissing = row % 5 === 0;
  return [
    person,
    isMissing ? null : BigInt(row % SHOPS.length),
    isMissing ? null : BigInt(row) - 70_000n,
    row % 3 === 0,
    isMissing ? null : BigInt(row % 20_000) - 10_000n,
    1_700_000_000_000_000n + BigInt(row),
    BigInt(row * 7) - 500_000n,
  ];
}

const TYPES: readonly (readonly [string, ColumnType | LayoutType])[] = [
  ['person', { kind: 'person' }],
  ['shop', { kind: 'code' }],
  ['n', { kind: 'integer' }],
  ['b', { kind: 'boolean' }],
  ['day', { kind: 'date' }],
  ['at', { kind: 'timestamp' }],
  ['spend', { kind: 'decimal', scale: 2 }],
];
const rows = Array.from({ length: ROWS_COUNT }, (_, row) => rowsOf(row));

function source(name: string, type: ColumnType | LayoutType, at: number): ColumnSource {
  const cells = rows.map((row) => row[at] as Cell);
  const made = column(
    name,
    type as ColumnType,
    cells.slice(0, 60_000),
    cells.slice(60_000, 120_000),
    cells.slice(120_000),
  );
  return type.kind === 'code' ? { ...made, dictionary: SHOPS } : made;
}

const visits = { name: 'visits', columns: TYPES.map(([name, type], at) => source(name, type, at)) };
const OF_SHARD = 'FROM visits WHERE person BETWEEN $2 AND $3 AND hash($1) IS NOT NULL ORDER BY person, n';

const everything: DerivedTable = {
  sql: `SELECT * ${OF_SHARD}`,
  columns: TYPES.map(([name, type]) => (type.kind === 'code' ? { name, type, dictionary: SHOPS } : { name, type })),
  maxRows: ROWS_COUNT,
};

const table = (sql: string, ...types: (ColumnType | LayoutType)[]): DerivedTable => ({
  sql: `SELECT person, ${sql} ${OF_SHARD}`,
  columns: [{ kind: 'person' as const }, ...types].map((type, at) => ({ name: `c${at}`, type })),
  maxRows: ROWS_COUNT,
});

const jobOf = (...outputs: DerivedTable[]): DeriveJob => ({
  tables: [visits],
  salt: 7n,
  shards: [
    { first: 0n, last: HALF - 1n },
    { first: HALF, last: HALF },
    { first: HALF + 1n, last: LAST_PERSON },
  ],
  outputs,
});

/** The rows of one output, shard by shard, once it is known that blocks come whole and are told as long as they are. */
function rowsByShard(events: readonly DeriveEvent[], output: number, columnCount: number): Cell[][][] {
  const found: Cell[][][] = [];
  let block: Cell[][] = [];
  let ofShard: Cell[][] = [];
  for (const event of events) {
    if (event.output !== output) continue;
    expect(event.shard).toBe(found.length);
    if (event.kind === 'part') {
      expect(block).toEqual([]);
      expect(event.rows).toBe(ofShard.length);
      found.push(ofShard);
      ofShard = [];
      continue;
    }
    expect(event.column).toBe(block.length);
    const cells = cellsOf(event.bytes);
    expect(cells).toHaveLength(event.rows);
    block.push(cells);
    if (block.length < columnCount) continue;
    const [first] = block as [Cell[]];
    for (let row = 0; row < first.length; row += 1) ofShard.push(block.map((one) => one[row] as Cell));
    block = [];
  }
  return found;
}

const expectedOf = (of: (row: Cell[]) => Cell[], { first, last }: { first: bigint; last: bigint }) =>
  rows
    .filter(([person]) => (person as bigint) >= first && (person as bigint) <= last)
    .toSorted((a, b) => compare(a[0] as bigint, b[0] as bigint) || compareMissingLast(a[2] as Cell, b[2] as Cell))
    .map(of);

const compare = (a: bigint, b: bigint) => (a < b ? -1 : Number(a > b));
const compareMissingLast = (a: Cell, b: Cell) =>
  a === null || b === null ? Number(a === null) - Number(b === null) : compare(a as bigint, b as bigint);

function numbersOf(n: bigint): bigint[] {
  const positive = n + 70_000n;
  return [n, n, positive, positive, positive % 60_000n, positive % 200n, n % 100n, n % 100n];
}

describe('a derived table', () => {
  it('has every type as it was, missing values included, shard by shard in blocks', async () => {
    const job = jobOf(everything);
    const shards = rowsByShard(await takeAll(wall.derive(job, LIMITS)), 0, TYPES.length);
    for (const [at, span] of job.shards.entries()) {
      // Compared as one text: a hundred thousand rows are told apart slowly one by one.
      const texts = (of: readonly Cell[][]) => of.map((row) => row.join()).join('\n');
      expect(texts(shards[at] ?? []) === texts(expectedOf((row) => row, span))).toBe(true);
    }
    expect(shards.map(({ length }) => length)).toEqual(job.shards.map((s) => expectedOf((row) => row, s).length));
  });

  it('makes integers, ordinals and ranks of whatever integers fit them, and units of decimals', async () => {
    const sql = `CAST(spend AS DECIMAL(9, 2)), CAST(spend AS DECIMAL(38, 2)), CAST(n AS HUGEINT), CAST(n AS INTEGER),
      n + 70000, CAST(n + 70000 AS UINTEGER), (n + 70000) % 60000, CAST((n + 70000) % 200 AS UTINYINT),
      CAST(n % 100 AS TINYINT), CAST(n % 100 AS SMALLINT), CAST(spend % 1 AS DECIMAL(3, 2))`;
    const [integer, ordinal, rank] = [{ kind: 'integer' }, { kind: 'ordinal' }, { kind: 'rank' }] as const;
    const types = [integer, integer, integer, integer, ordinal, ordinal, rank, rank, integer, integer, integer];
    const events = await takeAll(wall.derive(jobOf(table(sql, ...types)), LIMITS));
    const of = ([person, , n, , , , spend]: Cell[]): Cell[] => {
      const numbers = n === null ? new Array<null>(8).fill(null) : numbersOf(n as bigint);
      return [person as bigint, spend as bigint, spend as bigint, ...numbers, (spend as bigint) % 100n];
    };
    const shards = rowsByShard(events, 0, types.length + 1);
    const texts = (all: readonly Cell[][]) => all.map((row) => row.join()).join('\n');
    expect(texts(shards[0] ?? []) === texts(expectedOf(of, { first: 0n, last: HALF - 1n }))).toBe(true);
  });

  it('is one of several of a job, each with its own end', async () => {
    const texts = table("CASE WHEN n % 2 = 0 THEN 'even' ELSE 'odd and a text that is long' END", { kind: 'text' });
    const none = table('n', { kind: 'integer' });
    const job = jobOf(texts, { ...none, sql: none.sql.replace('ORDER', 'AND false ORDER') });
    const events = await takeAll(wall.derive(job, LIMITS));
    expect(rowsByShard(events, 1, 2)).toEqual([[], [], []]);
    const words = rowsByShard(events, 0, 2)
      .flat()
      .map(([, word]) => word);
    expect(new Set(words)).toEqual(new Set(['even', 'odd and a text that is long']));
    expect(words).toHaveLength(expectedOf((row) => row, { first: 0n, last: LAST_PERSON }).length);
  });

  it('is made from tables of its shard, which are there from the first that reads them to the last', async () => {
    const within = { into: 'within', sql: `SELECT person, n ${OF_SHARD}` };
    const tallied = {
      into: 'tallied of it',
      sql: 'SELECT person, count(n) AS n FROM within GROUP BY person ORDER BY person',
    };
    const whole = table('n', { kind: 'integer' });
    const outputs = [
      { ...whole, sql: 'SELECT person, n FROM within', reads: ['within'] },
      { ...whole, sql: 'SELECT person, n FROM "tallied of it"', reads: ['within', 'tallied of it'] },
      // What was made of the shard before would be of its persons.
      {
        ...whole,
        sql: `SELECT person, (SELECT count(*) FROM duckdb_tables() WHERE table_name IN ('within', 'tallied of it')) ${OF_SHARD}`,
      },
    ];
    const job = { ...jobOf(...outputs), steps: [within, tallied] };
    const events = await takeAll(wall.derive(job, LIMITS));
    const [rowsWithin = [], tallies = [], tables = []] = [0, 1, 2].map((output) => rowsByShard(events, output, 2));
    for (const [at, span] of job.shards.entries()) {
      const expected = expectedOf(([person, , n]) => [person as bigint, n as Cell], span);
      const counts = new Map<bigint, bigint>();
      for (const [person, n] of expected) {
        counts.set(person as bigint, (counts.get(person as bigint) ?? 0n) + (n === null ? 0n : 1n));
      }
      const texts = (of: readonly Cell[][]) => of.map((row) => row.join()).join('\n');
      expect(texts(rowsWithin[at] ?? []) === texts(expected)).toBe(true);
      expect(texts(tallies[at] ?? []) === texts([...counts].map((pair) => [...pair]))).toBe(true);
      expect(new Set(tables[at]?.map(([, n]) => n))).toEqual(new Set(expected.length > 0 ? [0n] : []));
    }
  });

  it.each([
    ['more than one statement', 'SELECT 1 AS person; SELECT 2'],
    ['a change of what is there', 'DROP TABLE visits'],
    ['a table that is not there', 'SELECT * FROM "another step"'],
  ])('fails without a word where a step is %s', async (_, sql) => {
    const output = { ...table('n', { kind: 'integer' }), reads: ['within'] };
    const job = { ...jobOf(output), steps: [{ into: 'within', sql }] };
    await expect(takeAll(wall.derive(job, LIMITS))).rejects.toMatchObject(FAILED);
  });

  const select = (sql: string, ...types: (ColumnType | LayoutType)[]) => ({ ...table('n', ...types), sql });
  it.each([
    ['a number beyond its column', table('n', { kind: 'rank' })],
    ['a number below its column', table('CAST(-1 AS BIGINT)', { kind: 'ordinal' })],
    ['a number of 64 bits that has no sign', table('person', { kind: 'integer' })],
    ['a number of 128 bits', table('CAST(n AS HUGEINT) * 9223372036854775807', { kind: 'integer' })],
    ['a text for a number', table("'1'", { kind: 'integer' })],
    ['another scale', table('spend', { kind: 'decimal', scale: 3 })],
    ['a column more', table('n, n', { kind: 'integer' })],
    ['more rows than allowed', { ...everything, maxRows: 1_000 }],
    ['persons in no order', select(`SELECT person, n ${OF_SHARD.split('ORDER')[0]}`, { kind: 'integer' })],
    ['all persons in each shard', select('SELECT person, n FROM visits ORDER BY person', { kind: 'integer' })],
    ['a person that is missing', select('SELECT NULL::UBIGINT, n FROM visits', { kind: 'integer' })],
    ['two statements', select(`SELECT person, n ${OF_SHARD}; SELECT 1`, { kind: 'integer' })],
    ['a table of its own', select('CREATE TABLE t AS SELECT 1', { kind: 'integer' })],
  ] as const)('fails without a word on %s', async (_, output) => {
    await expect(takeAll(wall.derive(jobOf(output as DerivedTable), LIMITS))).rejects.toMatchObject(FAILED);
  });

  it('of shards that overlap, or without its persons, is a mistake of ours', async () => {
    const overlapping = {
      ...jobOf(everything),
      shards: [
        { first: 0n, last: 5n },
        { first: 5n, last: 9n },
      ],
    };
    await expect(takeAll(wall.derive(overlapping, LIMITS))).rejects.toThrow(TypeError);
    const nobody = { ...everything, columns: everything.columns.slice(1) };
    await expect(takeAll(wall.derive(jobOf(nobody), LIMITS))).rejects.toThrow(TypeError);
  });
});
