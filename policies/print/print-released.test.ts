import { describe, expect, it } from 'vitest';
import { runSql } from '../../test/support/engine.ts';
import { assertAllows } from '../../test/support/policy-assertions.ts';
import { RELEASED_AGGREGATES, WINDOW_FUNCTIONS } from '../check/released-aggregates.ts';
import { RELEASED_FUNCTIONS } from '../check/released-functions.ts';
import { FunctionNames } from './function-names.ts';
import { printExpression } from './print-expression.ts';
import { printOuter, releaseTable } from './print-outer.ts';

/**
 * How a function is called over a text g, a day d and a whole number n, where it takes another thing than the number.
 */
const CALLS: Readonly<Record<string, string>> = {
  ...of(
    'g',
    'ascii bit_length hex length_grapheme ltrim md5 nfc_normalize ord reverse rtrim sha256 strip_accents strlen unicode url_decode url_encode',
  ),
  ...of(
    "g, 'x'",
    'damerau_levenshtein instr jaccard jaro_similarity jaro_winkler_similarity levenshtein prefix regexp_extract regexp_full_match regexp_matches strpos suffix',
  ),
  ...of(
    'd',
    'century dayname dayofmonth dayofyear decade epoch epoch_ms isodow isoyear last_day microsecond millennium millisecond minute monthname second weekday weekofyear yearweek',
  ),
  ...of('n / 100', 'acos asin atanh'),
  ...of('n, 3', 'atan2 gcd lcm mod pow'),
  ...of('n * 1.0', 'isfinite isinf isnan'),
  ...of("'month', d, date '2026-01-01'", 'date_sub datediff datesub'),
  acosh: 'acosh(abs(n) + 1)',
  age: "age(timestamp '2026-01-01', d::timestamp)",
  bar: 'bar(n, 0, 60, 8)',
  concat_ws: "concat_ws('/', g, g)",
  chr: 'chr((n + 64)::int)',
  cot: 'cot(n + 1)',
  datepart: "datepart('year', d)",
  datetrunc: "datetrunc('month', d::timestamp)",
  factorial: 'factorial(5)',
  format: "format('{} of {}', g, n)",
  gamma: 'gamma(abs(n) + 1)',
  lgamma: 'lgamma(abs(n) + 1)',
  grouping: '0',
  hamming: "hamming('xyz', 'xxz')",
  ifnull: 'ifnull(n, 0)',
  left_grapheme: 'left_grapheme(g, 1)',
  log: 'log(abs(n) + 1)',
  log2: 'log2(abs(n) + 1)',
  lpad: "lpad(g, n::int, '*')",
  rpad: "rpad(g, 4, '*')",
  make_date: 'make_date(2024, 2, 5)',
  make_timestamp: 'make_timestamp(2024, 2, 5, 1, 2, 3.5)',
  pi: 'pi()',
  printf: "printf('%s is %d', g, n)",
  regexp_replace: "regexp_replace(g, '[a-z]', '_', 'g')",
  right_grapheme: 'right_grapheme(g, 1)',
  split_part: "split_part('a-b-c', '-', 2)",
  strftime: "strftime(d, '%d.%m.%Y')",
  strptime: "strptime('2024-02-05', '%Y-%m-%d')",
  try_strptime: "try_strptime('2024-02-05', '%Y-%m-%d')",
  substring_grapheme: 'substring_grapheme(g, 1, 2)',
  time_bucket: 'time_bucket(interval 7 day, d::timestamp)',
  to_base: 'to_base(abs(n), 16)',
  translate: "translate(g, 'xy', 'ab')",
};

function of(args: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, `${name}(${args})`]));
}

const AGGREGATES: Readonly<Record<string, string>> = {
  ...of('n, s', 'arg_min arg_max min_by max_by corr covar_samp covar_pop regr_slope regr_intercept regr_r2'),
  ...of('n, 0.3', 'quantile quantile_cont quantile_disc approx_quantile'),
  ...of('n > 10', 'bool_and bool_or count_if'),
  ...of('g order by n, g', 'first last any_value'),
  ...of("g, '/' order by n, g", 'string_agg group_concat listagg'),
  count_star: 'count(*)',
  mode: 'mode(n > 10)',
};

const WINDOWS: Readonly<Record<string, string>> = {
  ...of('', 'row_number rank dense_rank percent_rank cume_dist'),
  ntile: 'ntile(3)',
  nth_value: 'nth_value(n, 2)',
};

const ROWS = [
  "('x', date '2024-01-01', 5, 0.5)",
  "('yx', date '2024-02-29', 12, 2.25)",
  "('上海', date '2023-12-31', 40, -7)",
  "('xyz', null, 3, null)",
  "(null, date '2024-01-03', 0, 9.75)",
];

const MEASURES = 'n AS m0, n AS m0_ci95_low, n AS m0_ci95_high, s AS m1, s AS m1_ci95_low, s AS m1_ci95_high';

const sources =
  'with a as (select category as g, day as d, count(*) as n, sum(amount) as s from market.events group by category, day) ';

function asCell(value: unknown): unknown {
  if (value === null || typeof value === 'boolean') return value;
  const text = String(value);
  return /^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text) ? Number(Number(text).toPrecision(9)) : text;
}

async function expectSame(sql: string): Promise<void> {
  await runSql(`CREATE OR REPLACE TEMP TABLE a AS SELECT * FROM (VALUES ${ROWS.join(', ')}) v(g, d, n, s)`);
  await runSql('CREATE OR REPLACE TEMP TABLE a AS SELECT g, d, n::BIGINT AS n, s::DOUBLE AS s FROM a');
  const { outer } = await assertAllows(sources + sql);
  await runSql(`CREATE OR REPLACE TEMP VIEW ${releaseTable(0)} AS SELECT g AS k0, d AS k1, ${MEASURES} FROM a`);
  const theirs = (await runSql(sql)).map((row) => row.map(asCell));
  expect((await runSql(printOuter(outer))).map((row) => row.map(asCell))).toEqual(theirs);
  expect(theirs.flat().some((cell) => cell !== null)).toBe(true);
}

describe('what is called over released values', () => {
  it.each(RELEASED_FUNCTIONS.map((name) => CALLS[name] ?? `${name}(n)`))(
    'means what DuckDB means by it: %s',
    async (call) => {
      const text = /^(?:to_[a-z]+s|age)\(/.test(call) ? `cast(${call} as text)` : call;
      await expectSame(`select ${text} as x from (select g, d, n, s from a) a order by g`);
    },
  );

  it.each(RELEASED_AGGREGATES.map((name) => AGGREGATES[name] ?? `${name}(n)`))(
    'is added up as by DuckDB: %s',
    async (call) => {
      await expectSame(`select ${call} as x from (select n, g, s from a) a where n > 0`);
    },
  );

  it.each(WINDOW_FUNCTIONS.map((name) => WINDOWS[name] ?? `${name}(n)`))(
    'sees the rows that it sees in DuckDB: %s',
    async (call) => {
      await expectSame(`select ${call} over (order by n desc) as x from (select n from a) a order by n`);
    },
  );

  it.each(['lag', 'lead', 'first_value', 'last_value'])(
    'passes over NULL with %s, when it is told to',
    async (name) => {
      await expectSame(`select ${name}(s ignore nulls) over (order by n) as x from (select n, s from a) a order by n`);
    },
  );

  it.each(['sqrt(min(n) - 9)', 'ln(-max(n))', 'acos(sum(n))', 'log(0 * sum(n))', '9223372036854775807 * sum(n)'])(
    'is NULL where it would be an error after the charge: %s',
    async (call) => {
      const { outer } = await assertAllows(`${sources} select ${call} as x, 1 as y from a`);
      await runSql(
        `CREATE OR REPLACE TEMP VIEW ${releaseTable(0)} AS SELECT 'a' AS k0, NULL::DATE AS k1, ${MEASURES} FROM (SELECT 3 AS n, 1.5 AS s)`,
      );
      expect((await runSql(printOuter(outer)))[0]?.[0]).toBeNull();
    },
  );
});

describe('an expression over protected rows', () => {
  it('cannot be printed with what only released values may be given to', async () => {
    const { outer } = await assertAllows(`${sources} select md5(g) as x from a`);
    const expression = outer.kind === 'select' ? outer.items[0]?.expression : undefined;
    expect(
      () => expression && printExpression(expression, { literals: 'value', functions: new FunctionNames() }),
    ).toThrow(TypeError);
  });
});
