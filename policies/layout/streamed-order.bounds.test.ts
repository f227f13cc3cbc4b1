// That bounds can be read from the order of storage rests on how the engine hands on rows, which it promises nowhere. So
// the order is proven on the very rows of each run, and here it is shown that the proof bites, that the engine still
// streams, and that persons who are made to break the bounds are counted as everywhere.
import { beforeAll, describe, expect, it } from 'vitest';
import { effortOf } from '../../test/support/effort.ts';
import { runSql } from '../../test/support/engine.ts';
import { assertAllows } from '../../test/support/policy-assertions.ts';
import { rangesOf, runPath, storeLayouts } from '../../test/support/run-sharded.ts';
import { goodRules, rulesDocument } from '../../test/support/tables.ts';
import {
  choosePath,
  layoutsOf,
  type PathQuery,
  planQuestion,
  printAggregate,
  printPath,
  type StoredLayout,
  type TableColumn,
  type TableView,
} from '../index.ts';

const SALT = 77n;
/** The most rows of a person that an owner may declare: those of whoever has more are counted apart, in no order. */
const MAX_ROWS = 10_000;
/** More than a block of rows that the engine hands on at once, in two rows each. */
const MANY_PAIRS = MAX_ROWS / 2;
const ROWS = effortOf(20_000, 300_000, 300_000);
const FILTERS = [
  '',
  'where v.day < 60',
  'where v.day between 3 and 3',
  'where v.amount < 0',
  'where v.day < 0',
] as const;

const columns: readonly TableColumn[] = [
  { name: 'email', type: { kind: 'person' } },
  { name: 'a', type: { kind: 'integer' } },
  { name: 'b', type: { kind: 'text' } },
  { name: 'day', type: { kind: 'integer' } },
  { name: 'amount', type: { kind: 'decimal', scale: 2 } },
];

function visitsWith(maxGroupsPerPerson: number): TableView {
  const rules = rulesDocument({
    rowsPerPerson: MAX_ROWS,
    maxGroupsPerPerson,
    minGroupSize: 10,
    groupKeys: { a: {}, b: {} },
    plannedGroups: [['a', 'b']],
    filters: ['day', 'amount'],
    measures: { amount: { min: -20, max: 30, perPerson: { min: -25, max: 60 } } },
  });
  return {
    member: 'shop',
    alias: 'visits',
    datasetId: 'ds',
    columns,
    identifiers: ['email'],
    rules: goodRules(rules, columns),
  };
}

const MOST = new Map([['shop.visits', MAX_ROWS]]);
const layoutTable = (query: PathQuery): string => `"all ${query.tables[0]?.name ?? ''}"`;
const sorted = (rows: readonly (readonly unknown[])[]): readonly string[] =>
  rows.map((row) => row.map(String).join('|')).toSorted();

let stored: readonly StoredLayout[];

beforeAll(async () => {
  const number = (seed: number, below: number): string => `CAST(hash(i, ${seed}) % ${below} AS BIGINT)`;
  const amount = `CAST(CAST(${number(4, 8_000)} - 3_000 AS DOUBLE) / 100 AS DECIMAL(18, 2))`;
  const few = `SELECT CAST(10 + ${number(6, 1_000)} AS UBIGINT), nullif(${number(7, 30)}, 0), nullif('y' || ${number(8, 4)}, 'y0'), ${number(9, 90)}, if(i % 17 = 0, NULL, ${amount}) FROM range(${ROWS}) t(i)`;
  await runSql(
    `CREATE OR REPLACE TABLE "shop.visits" (email UBIGINT, a BIGINT, b VARCHAR, day BIGINT, amount DECIMAL(18, 2))`,
  );
  // Nobody, a person of very many pairs, of many rows in one, of as many in none, and of pairs with NULL for keys.
  for (const rows of [
    `SELECT 0, i, NULL, ${number(2, 90)}, ${amount} FROM range(${MANY_PAIRS}) t(i), range(2)`,
    `SELECT 1, i % 300, if(i % 7 = 0, NULL, 'x' || (i % 2)), ${number(3, 90)}, ${amount} FROM range(${MAX_ROWS / 2}) t(i)`,
    `SELECT 2, 5, 'z', i % 90, ${amount} FROM range(${MAX_ROWS}) t(i)`,
    `SELECT 3, NULL, NULL, i % 90, -3 FROM range(10) t(i)`,
    `SELECT NULL, 1, 'z', 3, 4.5 FROM range(20) t(i)`,
    few,
  ]) {
    await runSql(`INSERT INTO "shop.visits" ${rows}`);
  }
  stored = await storeLayouts(
    layoutsOf([visitsWith(8)]).filter((s) => s.form === 'rows' || s.form === 'over'),
    SALT,
    rangesOf(2),
  );
});

async function ask(where: string, most: number, measures = 'count(*), sum(v.amount), count(distinct v.email)') {
  const views = [visitsWith(most)];
  const sql = `select v.b, v.a, ${measures} from shop.visits v ${where} group by 1, 2`;
  const [aggregate] = planQuestion(await assertAllows(sql, { tables: views }), { epsilon: 1, delta: 1e-6 }).aggregates;
  if (aggregate === undefined) throw new Error('a question has an aggregation');
  const path = choosePath({ ...aggregate, minGroupSize: 1 }, MOST, stored);
  const query = printPath({ ...aggregate, minGroupSize: 1 }, path);
  if (query === null) throw new Error('the question runs over layouts');
  return { aggregate: { ...aggregate, minGroupSize: 1 }, path, query };
}

describe('bounds by the order of storage', () => {
  it.each([
    'sum(cast(v.amount as double))',
    'avg(clamp(cast(v.amount as double), 0.5, 3))',
    'sum(case when v.day > 45 then v.amount else 7 end)',
    'sum(-v.amount)',
  ])('add up %s in the units of the general program', async (measure) => {
    const { aggregate, path, query } = await ask('where v.day < 60', 8, measure);
    expect(path.kind).toBe('streamed');
    const general = sorted(await runSql(printAggregate(aggregate, 'value', path.choice).sql, [SALT]));
    expect(sorted(await runPath(query, SALT, rangesOf(2)))).toEqual(general);
  });

  it('count what the general program counts, of persons who are made to break them', async () => {
    for (const [index, where] of FILTERS.entries()) {
      const { aggregate, path, query } = await ask(where, [1, 8, 64, 1_000, 8][index] ?? 8);
      expect(path.kind, where).toBe(where === '' ? path.kind : 'streamed');
      const general = sorted(await runSql(printAggregate(aggregate).sql, [SALT]));
      for (const count of index === 1 ? [1, 2, 128] : [1, 2]) {
        const ranges = rangesOf(count);
        expect(sorted(await runPath(query, SALT, ranges)), `${where}, ${count} shards`).toEqual(general);
      }
    }
  });

  it('are read in streams: the engine sorts and groups nothing by persons', async () => {
    const { query } = await ask('where v.day < 60', 8);
    await runPath(query, SALT, rangesOf(1));
    const [[, plan] = []] = await runSql(`EXPLAIN ${query.steps[0]?.sql ?? ''}`);
    expect(String(plan).match(/STREAMING_WINDOW/g)).toHaveLength(2);
    expect(String(plan).replaceAll('STREAMING_WINDOW', '')).not.toContain('WINDOW');
  });

  it.each([
    ['rows in any order', 'hash("pair ordinal", day, amount)'],
    ['two blocks exchanged', 'if("pair ordinal" BETWEEN 1000 AND 1999, 3000, "pair ordinal"), "pair ordinal"'],
    ['one person at the end', '"the person" = 2, "pair ordinal"'],
    ['backwards', '"pair ordinal" DESC'],
  ])('fail the run over %s', async (_, order) => {
    const { query } = await ask('where v.day < 60', 8);
    const table = layoutTable(query);
    await runSql(`CREATE OR REPLACE TABLE kept_layout AS FROM ${table}`);
    try {
      await runSql(`CREATE OR REPLACE TABLE ${table} AS FROM kept_layout ORDER BY ${order}`);
      await expect(runPath(query, SALT, rangesOf(1))).rejects.toThrow('rows are out of order');
    } finally {
      await runSql(`CREATE OR REPLACE TABLE ${table} AS FROM kept_layout ORDER BY "pair ordinal"`);
    }
    await expect(runPath(query, SALT, rangesOf(1))).resolves.toBeDefined();
  });

  it.each([
    ['rows', /SELECT [^()]*(?:lead|row_number)[\s\S]*? FROM v(?=\))/, 'unit'],
    [
      'last rows',
      /SELECT [^()]*lag\(place\)[\s\S]*? FROM r WHERE next IS DISTINCT FROM unit AND .*? END(?=\))/,
      'unit',
    ],
  ])('fail the run where %s come in two streams, each in order', async (_, step, unit) => {
    const { query } = await ask('where v.day < 60', 8);
    const inTwo = query.steps.map((s) => {
      const stream = step.exec(s.sql)?.[0];
      if (stream === undefined) return s;
      const of = (half: string): string =>
        stream.replace(/ FROM (\w)(?= WHERE|$)/, ` FROM (FROM $1 WHERE ${half}) AS $1`);
      return { ...s, sql: s.sql.replace(stream, `${of(`${unit} < 1000`)} UNION ALL ${of(`${unit} >= 1000`)}`) };
    });
    expect(inTwo.filter((s) => s.sql.includes('< 1000'))).toHaveLength(1);
    await expect(runPath({ ...query, steps: inTwo }, SALT, rangesOf(1))).rejects.toThrow('rows are out of order');
  });

  it('leave to other paths what rows in order do not tell', async () => {
    for (const measure of ['median(v.amount)', 'count(distinct v.day)']) {
      await expect(
        ask('where v.day < 60', 8, measure).then((a) => a.path.kind),
        measure,
      ).resolves.toBe('sharded');
    }
  });
});
