import { describe, expect, it } from 'vitest';
import { assertAllows, assertDenies, verdictOn } from '../../test/support/policy-assertions.ts';
import { campaign, goodRules, outcomes, rulesDocument } from '../../test/support/tables.ts';

/** The mailing's outcomes under other rules. */
function withRules(overrides: Record<string, unknown>) {
  const document = rulesDocument({
    filters: ['visit'],
    groupKeys: { zip: {} },
    measures: { spend: { min: 0, max: 500 } },
    ...overrides,
  });
  return { tables: [{ ...outcomes, rules: goodRules(document, outcomes.columns) }, campaign] };
}

describe('group-key-is-permitted', () => {
  it('denies another column, with its owner and place', async () => {
    const sql = "select count(*) from market.outcomes where zip = '上海'\ngroup by secret_score";
    await assertDenies(sql, 'group-key-is-permitted', { owner: 'market', line: 2, column: 10 });
  });
  it('denies it within an expression', async () => {
    const sql = 'select count(*) from market.outcomes group by zip, secret_score % 10';
    await assertDenies(sql, 'group-key-is-permitted', { owner: 'market', line: 1, column: 52 });
  });
  it('denies a filter column as a key', async () => {
    const sql = 'select visit, count(*) from market.outcomes group by visit';
    await assertDenies(sql, 'group-key-is-permitted', { owner: 'market' });
  });
  it('denies it under the name that a subquery gave it', async () => {
    const sql = 'select z, count(*) from (select email, secret_score as z from market.outcomes) s group by z';
    await assertDenies(sql, 'group-key-is-permitted', { owner: 'market', line: 1, column: 91 });
  });
  it('allows a permitted key', async () => {
    await assertAllows('select zip, count(*) from market.outcomes group by zip');
  });
});

describe('filter-is-permitted', () => {
  it('denies another column in WHERE, with its owner and place', async () => {
    const sql = "select count(*) from market.outcomes\nwhere zip = '上海' and secret_score > 1";
    await assertDenies(sql, 'filter-is-permitted', { owner: 'market', line: 2, column: 22 });
  });
  it('denies it in FILTER, in ON and in a subquery', async () => {
    await assertDenies('select count(*) filter (where spend > 1) from market.outcomes', 'filter-is-permitted', {
      line: 1,
      column: 31,
    });
    const join = 'select count(*) from market.outcomes o join brand.campaign c on o.email = c.email and o.spend > 1';
    await assertDenies(join, 'filter-is-permitted', { owner: 'market', line: 1, column: 87 });
    const below = 'select count(*) from (select email from market.outcomes where secret_score > 1) s';
    await assertDenies(below, 'filter-is-permitted', { owner: 'market' });
  });
  it('denies a measure in the condition of CASE, which decides like a filter', async () => {
    const sql = 'select sum(case when spend > 499 then 1 else 0 end) from market.outcomes';
    await assertDenies(sql, 'filter-is-permitted', { owner: 'market', line: 1, column: 22 });
    await assertDenies('select sum(spend > 499) from market.outcomes', 'filter-is-permitted');
  });
  it('denies it in EXISTS and SEMI JOIN where it reads the rows around alone', async () => {
    const exists =
      'select count(*) from market.outcomes o where exists (select 1 from brand.campaign c where c.email = o.email and o.secret_score > 5)';
    await assertDenies(exists, 'filter-is-permitted', { owner: 'market', line: 1, column: 113 });
    const semi =
      'select count(*) from market.outcomes o semi join brand.campaign c on c.email = o.email and o.secret_score > 5';
    await assertDenies(semi, 'filter-is-permitted', { owner: 'market' });
  });
  it('denies it in a join that a left join looks into', async () => {
    const within = 'market.outcomes o join market.events e on o.email = e.email and o.secret_score > 5';
    const sql = `select count(o.email) from brand.campaign c left join (${within}) on c.email = o.email`;
    await assertDenies(sql, 'filter-is-permitted', { owner: 'market' });
  });
  it('denies it as a key of persons that nothing reads: the number of their rows tells of it', async () => {
    const parts = [
      'select email, secret_score > 5 as v from market.outcomes',
      'select email, true from market.outcomes',
    ];
    const union = `select count(*) from (${parts.join(' union ')}) s`;
    await assertDenies(union, 'filter-is-permitted', { owner: 'market' });
    const distinct = `select count(*) from (select distinct email, v from (${parts.join(' union all ')}) s) s`;
    await assertDenies(distinct, 'filter-is-permitted', { owner: 'market' });
    const grouped = 'select count(*) from (select email from market.outcomes group by email, secret_score) s';
    await assertDenies(grouped, 'filter-is-permitted', { owner: 'market' });
  });
  it('allows filters and group keys', async () => {
    await assertAllows(
      "select sum(case when visit = 1 then spend end) from market.outcomes where visit = 1 and zip = 'a'",
    );
  });
});

describe('measure-is-permitted', () => {
  it('denies another column, with its owner and place', async () => {
    const sql = 'select sum(clamp(secret_score, 0, 9)) from market.outcomes';
    await assertDenies(sql, 'measure-is-permitted', { owner: 'market', line: 1, column: 18 });
  });
  it('denies to count its values', async () => {
    await assertDenies('select count(secret_score) from market.outcomes', 'measure-is-permitted', {
      line: 1,
      column: 14,
    });
  });
  it('allows a permitted measure', async () => {
    await assertAllows('select sum(spend), avg(spend), count(spend) from market.outcomes');
  });
});

describe('aggregate-is-permitted', () => {
  it('denies what one owner of a join does not permit', async () => {
    const sql = 'select sum(o.spend)\n from market.outcomes o join brand.campaign c using (email)';
    const brandCounts = { ...campaign, rules: { ...campaign.rules, aggregates: ['count'] as const } };
    await assertDenies(
      sql,
      'aggregate-is-permitted',
      { owner: 'brand', line: 1, column: 8 },
      { tables: [outcomes, brandCounts] },
    );
  });
  it.each([
    'mode(spend)',
    'min_by(zip, visit)',
    'string_agg(zip)',
    'sum(distinct visit)',
    'any_value(zip)',
    'sum(visit, visit)',
    'histogram(spend)',
    'list(zip)',
  ])('denies %s', async (call) => {
    await assertDenies(`select ${call} from market.outcomes`, 'aggregate-is-permitted', {
      owner: null,
      line: 1,
      column: 8,
    });
  });
  it('denies a plain count where only persons may be counted', async () => {
    const rules = withRules({ aggregates: ['count-persons'] });
    await assertDenies('select count(*) from market.outcomes', 'aggregate-is-permitted', { owner: 'market' }, rules);
    await assertAllows('select count(distinct email) from market.outcomes', rules);
  });
});

describe('function-is-permitted', () => {
  it('denies a function that the owner left out, wherever the column comes from', async () => {
    const rules = withRules({ functions: ['lower'] });
    const sql = "select count(*) from (select email, upper(zip) as z from market.outcomes) s where z = 'A'";
    await assertDenies(sql, 'function-is-permitted', { owner: 'market' }, rules);
    const key = 'select upper(zip), count(*) from market.outcomes group by upper(zip)';
    await assertDenies(key, 'function-is-permitted', { owner: 'market', line: 1, column: 59 }, rules);
    await assertAllows("select count(*) from market.outcomes where lower(zip) = upper('a')", rules);
  });

  it('is not broken by a list that holds all functions of ours', async () => {
    await assertAllows(
      "select count(*) from market.outcomes where upper(zip) = 'A'",
      withRules({ functions: ['standard'] }),
    );
  });

  it('tells functions of ours and no scoring functions as what else there is', async () => {
    const sql = "select count(*) from market.outcomes where upper(zip) = 'A'";
    const [violation] = await verdictOn(sql, withRules({ functions: ['lower', 'isv/churn'] }));
    expect(violation?.facts).toMatchObject({ function: 'upper', functions: 'lower' });
  });

  it('takes a scoring function by its name, and all of a member by a star', async () => {
    const sql = "select count(*) from market.outcomes where isv.tier(zip) = 'a'";
    for (const functions of [['isv/tier'], ['isv/*'], ['lower', 'isv/tier']])
      await assertAllows(sql, withRules({ functions }));
    for (const functions of ['standard', ['standard'], [], ['tier'], ['isv/churn'], ['other/*'], ['other/tier']]) {
      await assertDenies(sql, 'function-is-permitted', { owner: 'market' }, withRules({ functions }));
    }
  });
});
