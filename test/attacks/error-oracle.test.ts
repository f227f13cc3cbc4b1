// A7, the error oracle: an expression that fails only on the victim's row (a division by zero, an overflow, a cast, a
// far date) tells by failing that the row is there, and the engine's message even cites it. So does an expression that
// only takes long there, or fills the memory. Every expression is NULL where it would fail, and what can grow without
// limit is refused.
import { describe, expect, it } from 'vitest';
import { planQuestion } from '../../policies/index.ts';
import { loadTable } from '../support/load-table.ts';
import { assertAllows, assertDenies } from '../support/policy-assertions.ts';
import { rowsOf } from '../support/run-plan.ts';
import { wide, wideRow } from '../support/wide-table.ts';

const tables = { tables: [wide] };
const victim = wideRow('4711', {
  n: '9223372036854775807',
  m: '0',
  d: '99999999999999.9999',
  x: "'nan'::double",
  label: "'not a number'",
  flag: 'true',
  day: "'5000000-01-01'",
  moment: "'infinity'",
});
const others = [
  wideRow('1', { n: '1', m: '1', d: '1', x: '1', label: "'1'", day: "'2024-01-01'", moment: "'2024-01-01'" }),
];

const traps = [
  'n / m',
  'n // m',
  'n % m',
  'n + 1',
  'n * n',
  '-n - 5',
  'abs(-n - 1)',
  'd * d * d * d',
  'd + n',
  'cast(label as bigint)',
  'cast(x as bigint)',
  'cast(d as decimal(4, 2))',
  'cast(n as decimal(18, 9))',
  'sqrt(0 - n)',
  'ln(m)',
  'log10(m - 1)',
  'exp(n)',
  'power(n, n)',
  'power(m, -1)',
  'round(x)',
  'floor(x)',
  'length(left(label, n))',
  'length(substr(label, n, n))',
  'length(right(label, -n))',
  "date_diff('day', day, moment)",
  "date_diff('hour', moment, day)",
  'year(day + 100000)',
  'year(day + n)',
  "year(date_trunc('month', day))",
  "year(date_trunc('year', moment))",
  "day - cast('0001-01-01' as date)",
  'extract(hour from cast(day as timestamp))',
  'year(cast(label as date))',
  'case when day < moment then 1 else 2 end',
  'coalesce(n, d, x)',
  'greatest(n, x)',
  "case when label = 'not a number' then n + n else 1 end",
];

describe('an expression that fails on one row alone', () => {
  it.each(traps)('gives the answer of a row without a value: %s', async (trap) => {
    for (const sql of [
      `select sum(clamp(${trap}, -5, 5)), avg(clamp(${trap}, 0, 1)), count(*) filter (where ${trap} > 1) from market.wide`,
      `select count(*) from market.wide where ${trap} is null or ${trap} <> 3`,
      `select ${trap}, count(*) from market.wide group by 1`,
      `select count(*) from market.wide where case when flag then ${trap} in (1, 2) else true end`,
    ]) {
      const query = await assertAllows(sql, tables);
      const [aggregate] = planQuestion(query, { epsilon: 1, delta: 1e-6 }).aggregates;
      if (aggregate === undefined) return expect.fail('no aggregation');
      for (const rows of [others, [victim], [...others, victim, victim]]) {
        await loadTable(wide, rows);
        await expect(rowsOf({ ...aggregate, minGroupSize: 0 }), sql).resolves.toBeDefined();
      }
    }
  });
});

describe('an expression that takes long on one row alone', () => {
  const bait = (then: string): string =>
    `case when label = 'not a number' then '${'a'.repeat(3_000)}' else 'b' end ${then}`;

  it('is refused where the engine would try every way to match', async () => {
    for (const pattern of [
      "like '%a_%a_%a_%a_%a_%b'",
      "ilike '%a_%a_%a%b'",
      'like label',
      "not like concat('%a%', label)",
    ]) {
      await assertDenies(`select count(*) from market.wide where ${bait(pattern)}`, 'types-match', {}, tables);
    }
    const grow = `length(replace(replace(replace(label, 'a', '${'a'.repeat(900)}'), 'a', '${'a'.repeat(900)}'), 'a', 'aa')) = 1`;
    await assertDenies(`select count(*) from market.wide where ${grow}`, 'types-match', {}, tables);
  });

  it.each([
    "like '%a%a%a%a%a%a%a%a%a%a%b'",
    "not ilike '%a%A%a%A%a%A%a%b'",
    "like '%aaaaaaaaaaaaaaaaaaaaaaaaaaa_'",
    "|| label || label || label || label like '%b'",
  ])('takes no longer than others where it is allowed: %s', async (pattern) => {
    const query = await assertAllows(`select count(*) from market.wide where ${bait(pattern)}`, tables);
    const [aggregate] = planQuestion(query, { epsilon: 1, delta: 1e-6 }).aggregates;
    await loadTable(wide, [...others, victim]);
    const startedMs = performance.now();
    expect(aggregate && (await rowsOf(aggregate)).length).toBe(1);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  it('cannot grow a text by naming it again and again', async () => {
    let rows = 'select email, label as t from market.wide';
    for (let i = 0; i < 5; i += 1) rows = `select email, concat(t, t, t, t, t) as t from (${rows}) s`;
    const query = await assertAllows(`select count(*) filter (where length(t) > 1000) from (${rows}) s`, tables);
    const [aggregate] = planQuestion(query, { epsilon: 1, delta: 1e-6 }).aggregates;
    await loadTable(wide, [...others, victim]);
    expect(aggregate && (await rowsOf(aggregate))).toEqual([['2', '0']]);
  });
});
