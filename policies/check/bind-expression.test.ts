import { describe, it } from 'vitest';
import { assertAllows, assertDenies } from '../../test/support/policy-assertions.ts';

const where = (condition: string): string => `select count(*) from market.outcomes where ${condition}`;

describe('column-is-known', () => {
  it('denies a column that no table has, behind Chinese characters too', async () => {
    await assertDenies(where("zip = '上海' and age > 1"), 'column-is-known', { owner: null, line: 1, column: 59 });
  });
  it('denies a name that two tables have', async () => {
    const sql = 'select count(*) from market.events a join market.events b using (email) where day is null';
    await assertDenies(sql, 'column-is-known', { line: 1, column: 79 });
  });
  it('denies a column that a subquery did not hand on', async () => {
    await assertDenies('select count(*) from (select email from market.outcomes) s where zip = 1', 'column-is-known');
  });
  it('allows full names, short names and names of another case', async () => {
    await assertAllows("select count(*) from market.outcomes where market.outcomes.zip = outcomes.zip and ZIP = 'a'");
  });
});

describe('function-is-permitted', () => {
  it('denies a function that may fail on some row or tell of the machine', async () => {
    await assertDenies(where("zip = getenv('HOME')"), 'function-is-permitted', { owner: null, line: 1, column: 50 });
    await assertDenies(where('error(zip) is null'), 'function-is-permitted', { line: 1, column: 44 });
  });
  it('denies names that every object has in JavaScript', async () => {
    for (const name of ['constructor', 'tostring', '__proto__', 'hasownproperty']) {
      await assertDenies(where(`"${name}"(zip) is null`), 'function-is-permitted', { line: 1, column: 44 });
    }
  });
  it('denies FILTER and DISTINCT in a function that aggregates nothing', async () => {
    await assertDenies(where("lower(distinct zip) = 'a'"), 'function-is-permitted');
    await assertDenies(where("lower(zip) filter (where true) = 'a'"), 'function-is-permitted');
  });
  it('denies an aggregate in WHERE', async () => {
    await assertDenies(where('count(*) > 3'), 'function-is-permitted');
  });
  it('allows a total function', async () => {
    await assertAllows(where("lower(zip) = 'a'"));
  });
});

describe('types-match', () => {
  it('denies items of IN that fit what is looked for and not each other: the engine would cast on some row', async () => {
    await assertDenies(where('null in (visit, zip)'), 'types-match');
    await assertDenies(where('null in (zip, visit = 1)'), 'types-match');
    await assertDenies("select count(*) from market.events where '2024-01-01' in (day, category)", 'types-match');
    await assertAllows("select count(*) from market.events where '2024-01-01' in (day, '2024-01-02', null)");
    await assertAllows(where('visit in (1, 2.5, 1e0, null, true)'));
  });
  it.each([
    ['zip > 1', 44],
    ['visit', 44],
    ["visit + 'a' = 2", 50],
    ['lower(visit) is null', 44],
    ["case when visit = 1 then 1 else 'a' end = 1", 44],
    ["visit in (1, 'a')", 57],
    ['date_trunc(zip, cast(zip as date)) is null', 44],
    ['round(visit, visit) = 1', 44],
    ['clamp(visit, visit, 2) = 1', 44],
    ['clamp(visit, 3, 2) = 1', 44],
  ])('denies %s', async (condition, column) => {
    await assertDenies(where(condition), 'types-match', { owner: null, line: 1, column });
  });

  it('denies a sum of text', async () => {
    await assertDenies('select sum(zip) from market.outcomes', 'types-match', { line: 1, column: 12 });
  });

  it.each([
    'zip > cast(1 as text)',
    'visit = 1',
    "cast(zip as date) = '2024-01-01'",
    'visit = true',
    'null',
    'visit = 1.5',
  ])('allows %s', async (condition) => {
    await assertAllows(where(condition));
  });
});

describe('identity-stays-inside', () => {
  it.each([
    'email = 1',
    "email = 'ana@example.com'",
    'email in (1, 2)',
    'email between 1 and 2',
    'email < email',
    'lower(email) is null',
    'coalesce(email, email) = email',
    'cast(email as text) is null',
    'case when visit = 1 then email end is null',
    'case email when 1 then true end',
    'email || zip is null',
  ])('denies a condition on the person: %s', async (condition) => {
    await assertDenies(where(condition), 'identity-stays-inside');
  });

  it('denies it as a group key of what leaves', async () => {
    const sql = 'select count(*) from market.outcomes group by email';
    await assertDenies(sql, 'identity-stays-inside', { line: 1, column: 47 });
  });
  it('denies it as a group key under another name', async () => {
    const sql = 'select x, count(*) from (select email as x from market.outcomes) s group by x';
    await assertDenies(sql, 'identity-stays-inside');
  });
  it('denies it in a FILTER', async () => {
    const sql = 'select count(*) filter (where lower(email) is not null) from market.outcomes';
    await assertDenies(sql, 'identity-stays-inside', { line: 1, column: 37 });
  });
  it('allows to ask whether a left join found anybody', async () => {
    await assertAllows(
      'select count(*) from market.outcomes o left join brand.campaign c using (email) where c.email is null',
    );
  });
  it('allows it in a join and in a count', async () => {
    await assertAllows(
      'select count(distinct o.email), count(o.email) from market.outcomes o join brand.campaign c on o.email = c.email',
    );
  });
});
