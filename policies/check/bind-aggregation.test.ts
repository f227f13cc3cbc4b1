import { describe, expect, it } from 'vitest';
import { readSql } from '../../test/support/engine.ts';
import { assertAllows, assertDenies } from '../../test/support/policy-assertions.ts';
import { refusalWithRewrite } from '../../test/support/refused.ts';
import { tables } from '../../test/support/tables.ts';
import { checkQuestion } from './check-question.ts';

describe('a span of time as a key', () => {
  it('is refused: equal spans differ when they are added, and the first row would decide which one stays', async () => {
    const span = "case when visit = 1 then interval '1 month' else interval '30 days' end";
    await assertDenies(`select count(*) from market.outcomes group by ${span}`, 'types-match');
    const union = `select email, ${span} as k from market.outcomes union select email, interval '30 days' from market.outcomes`;
    await assertDenies(`select count(*) from (${union}) s`, 'types-match');
  });
});

describe('output-is-aggregated', () => {
  it('denies a column that is neither aggregated nor a key, at its place', async () => {
    const sql = "select zip,\n  '北京' as city, secret_score, count(*) from market.outcomes group by zip";
    await assertDenies(sql, 'output-is-aggregated', { owner: 'market', line: 2, column: 17 });
  });
  it('denies a column beside an aggregate without keys', async () => {
    await assertDenies('select zip, count(*) from market.outcomes', 'output-is-aggregated', { line: 1, column: 8 });
  });
  it('denies a bare column in HAVING and ORDER BY', async () => {
    await assertDenies('select count(*) from market.outcomes having visit = 1', 'output-is-aggregated');
    await assertDenies('select count(*) from market.outcomes order by spend', 'output-is-aggregated');
  });
  it('denies * beside an aggregate', async () => {
    await assertDenies('select *, count(*) from market.outcomes', 'output-is-aggregated', { line: 1, column: 8 });
  });
  it('denies rows, and offers a count of persons by the permitted keys', async () => {
    const { violations, passing } = await refusalWithRewrite("select zip, visit from market.outcomes where zip = '1'");
    expect(violations.map((v) => [v.rule, v.owner, v.place.column])).toEqual([
      ['output-is-aggregated', 'market', 8],
      ['output-is-aggregated', 'market', 13],
    ]);
    expect(passing?.sql).toBe(
      "select zip, count(distinct outcomes.email) as persons from market.outcomes where zip = '1' group by zip",
    );
  });
  it('denies a key smuggled through min', async () => {
    await assertDenies('select min(email) from market.outcomes', 'identity-stays-inside', { line: 1, column: 12 });
  });
  it('allows keys, expressions of keys and aggregates', async () => {
    await assertAllows('select upper(zip) || zip, count(*) / 2 from market.outcomes group by zip, upper(zip)');
  });
  it('allows the key by alias, by position and by ALL', async () => {
    await assertAllows('select lower(zip) as z, count(*) from market.outcomes group by z');
    await assertAllows('select lower(zip) as z, count(*) from market.outcomes group by 1');
    await assertAllows('select lower(zip) as z, count(*) from market.outcomes group by all');
  });
});

async function outerOf(sql: string, omitIntervals = false) {
  const read = await readSql(sql);
  const checked = read.ok ? checkQuestion(read.value, tables, { epsilon: 1, omitIntervals }) : read;
  if (!checked.ok) return expect.fail(JSON.stringify(checked.violations));
  const { outer } = checked.value;
  return outer.kind === 'select' ? outer : expect.fail('two queries put together');
}

describe('the query over the release', () => {
  const sql = 'select zip, count(*) as n, sum(visit) as s from market.outcomes group by zip';

  it('shows the ends of the interval after each measure', async () => {
    const { items } = await outerOf(sql);
    expect(items.map((i) => i.name)).toEqual([
      'zip',
      'n',
      'n_ci95_low',
      'n_ci95_high',
      's',
      's_ci95_low',
      's_ci95_high',
    ]);
  });
  it('leaves the intervals out when asked to', async () => {
    expect((await outerOf(sql, true)).items.map((i) => i.name)).toEqual(['zip', 'n', 's']);
  });
  it('counts positions of ORDER BY in the select list as written', async () => {
    const { orderBy } = await outerOf(`${sql} order by 3 desc`);
    expect(orderBy[0]?.expression).toMatchObject({ relation: 'r0', column: 'm1' });
  });
  it('asks the engine once for a number that is asked for twice', async () => {
    const read = await assertAllows(
      'select sum(visit), sum(visit) + count(*), avg(visit) from market.outcomes order by sum(visit)',
    );
    expect(read.aggregates[0]?.statistics.map((s) => s.kind)).toEqual(['persons', 'sum', 'rows', 'rows']);
  });
  it('gives columns of one name a name each', async () => {
    const { items } = await outerOf('select count(*), count(*) from market.outcomes', true);
    expect(items.map((i) => i.name)).toEqual(['count', 'count_2']);
  });
  it('takes the names of the select list in HAVING and ORDER BY', async () => {
    const { where, orderBy } = await outerOf(`${sql} having n > 3 order by s - n`);
    expect(where).toMatchObject({ kind: 'compare', left: { column: 'm0' } });
    expect(orderBy[0]?.expression).toMatchObject({ kind: 'call', name: '-' });
  });
  it('leaves no aggregation without a column: the grand total of keys alone has its persons', async () => {
    const { aggregates } = await assertAllows('select arm from brand.campaign group by rollup (arm)');
    expect(aggregates.map((a) => a.keys.length + a.measures.length)).toEqual([1, 1]);
  });
});
