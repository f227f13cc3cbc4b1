import { describe, it } from 'vitest';
import { assertAllows, assertDenies } from '../../test/support/policy-assertions.ts';

describe('limit-is-after-release', () => {
  it.each([
    ['order by category', 54],
    ['limit 5', 45],
    ['offset 5', 45],
  ])('denies %s below the aggregation, at its place', async (clause, column) => {
    const sql = `select count(*) from\n (select email, category from market.events ${clause}) s`;
    await assertDenies(sql, 'limit-is-after-release', { owner: null, line: 2, column });
  });
  it('denies DISTINCT without the person, which would make one row of many persons', async () => {
    await assertDenies(
      'select count(*) from (select distinct category from market.events) s',
      'limit-is-after-release',
    );
  });
  it('allows all of them over the release', async () => {
    await assertAllows(
      'select distinct zip, count(*) as n from market.outcomes group by zip order by n desc limit 5 offset 2',
    );
    await assertAllows(
      'select n from (select zip, count(*) as n from market.outcomes group by zip limit 3) s order by n limit 1',
    );
  });
});

describe('a CTE', () => {
  it('sees the ones before it and not itself', async () => {
    await assertAllows(
      'with a as (select email, zip from market.outcomes), b as (select zip, count(*) as n from a group by zip) select max(n) from b',
    );
    await assertDenies('with a as (select email from a) select count(*) from a', 'table-is-bound');
  });
  it('hides a table of the collaboration only without its member', async () => {
    await assertAllows(
      "with outcomes as (select email from market.outcomes where zip = 'a') select count(*) from outcomes",
    );
  });
});
