import { describe, it } from 'vitest';
import { assertAllows, assertDenies } from '../../test/support/policy-assertions.ts';

const groups = '(select zip, count(*) as n from market.outcomes group by zip) s';

describe('a query over the release that the engine would not take', () => {
  it.each([
    [`select zip, max(n) from ${groups}`, 'output-is-aggregated'],
    [`select zip, max(n) from ${groups} group by n`, 'output-is-aggregated'],
    [`select max(n) from ${groups} order by zip`, 'output-is-aggregated'],
    [`select max(n) from ${groups} having n > 1`, 'output-is-aggregated'],
    [`select max(n) from ${groups} where max(n) > 1`, 'syntax-is-known'],
    [`select max(n) from ${groups} group by max(n)`, 'syntax-is-known'],
    [`select distinct zip from ${groups} order by n`, 'syntax-is-known'],
    ['select distinct zip from market.outcomes group by zip order by count(*)', 'syntax-is-known'],
    [`select sum(zip) from ${groups}`, 'types-match'],
    [`select sum() from ${groups}`, 'types-match'],
    [`select sum(sum(n)) from ${groups}`, 'function-is-permitted'],
    [`select count(distinct n) from ${groups}`, 'aggregate-is-permitted'],
    [`select string_agg(zip) from ${groups}`, 'aggregate-is-permitted'],
  ] as const)('is refused before it costs anything: %s', async (sql, rule) => {
    await assertDenies(sql, rule);
  });

  it.each([
    `select zip, max(n) from ${groups} group by zip having count(*) > 1 order by max(n)`,
    `select upper(zip) as z, sum(n) / 2 as h from ${groups} group by upper(zip) order by h`,
    `select min(zip), max(zip), median(n), stddev(n), avg(n), count(zip) from ${groups}`,
    `select zip from ${groups} group by zip`,
    `select * from ${groups} where n > 10 order by 2`,
  ])('is no such query: %s', async (sql) => {
    await assertAllows(sql);
  });
});
