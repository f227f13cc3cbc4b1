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
    [`select sum(sum(n)) from ${groups}`, 'syntax-is-known'],
    [`select max(rank() over (order by n)) from ${groups}`, 'syntax-is-known'],
    [`select sum(rank() over (order by n)) over () from ${groups}`, 'syntax-is-known'],
    [`select zip from ${groups} where rank() over (order by n) = 1`, 'syntax-is-known'],
    [`select zip from ${groups} group by zip having rank() over (order by zip) = 1`, 'syntax-is-known'],
    [`select zip from ${groups} qualify n > 1`, 'syntax-is-known'],
    [`select zip, sum(n) over () from ${groups} group by zip`, 'output-is-aggregated'],
    [`select zip, n, sum(n) from ${groups} group by rollup (zip)`, 'output-is-aggregated'],
    [`select list(zip) from ${groups}`, 'aggregate-is-permitted'],
    [`select rank(n) over (order by n) from ${groups}`, 'types-match'],
    [`select random() over () from ${groups}`, 'function-is-permitted'],
    [`select rank() from ${groups}`, 'function-is-permitted'],
    [`select (select zip, n) from ${groups}`, 'syntax-is-known'],
    [`select (select 1, 2) from ${groups}`, 'syntax-is-known'],
    [`select zip in (select 1) from ${groups}`, 'types-match'],
    [`select zip from ${groups} union select zip, n from ${groups}`, 'syntax-is-known'],
    [`select zip from ${groups} union select n from ${groups}`, 'types-match'],
    [`select zip from ${groups} union all select zip from ${groups} order by n`, 'syntax-is-known'],
    [`select zip from ${groups} order by 2`, 'syntax-is-known'],
    [`select count(*) from ${groups} group by 9`, 'syntax-is-known'],
    [`select * from ${groups} join (values (1), ('a')) v(x) on true`, 'types-match'],
    [`select * from ${groups} join (values (1)) v(x) using (x)`, 'column-is-known'],
    [`select * from ${groups} join (values (1)) v(zip) using (zip)`, 'types-match'],
    [`select zip from ${groups} join (values ('a')) v(zip) on true`, 'column-is-known'],
    [`select x.* from ${groups}`, 'column-is-known'],
    [`select * from ${groups}, ${groups}`, 'syntax-is-known'],
    [`select age(timestamp '2024-01-01') as a from ${groups}`, 'types-match'],
    [`select interval 1 day as i from ${groups}`, 'types-match'],
    [`select zip + 1 as x from ${groups}`, 'types-match'],
    ['select 1', 'syntax-is-known'],
    ['values (1)', 'syntax-is-known'],
    [`select (select s.n from (select 1 as n) s where zip = 'a') from ${groups}`, 'syntax-is-known'],
    [`select (select email from market.outcomes) from ${groups}`, 'output-is-aggregated'],
  ] as const)('is refused before it costs anything: %s', async (sql, rule) => {
    await assertDenies(sql, rule);
  });

  it.each([
    `select zip, max(n) from ${groups} group by zip having count(*) > 1 order by max(n)`,
    `select upper(zip) as z, sum(n) / 2 as h from ${groups} group by upper(zip) order by h`,
    `select min(zip), max(zip), median(n), stddev(n), avg(n), count(zip) from ${groups}`,
    `select zip from ${groups} group by zip`,
    `select * from ${groups} where n > 10 order by 2`,
    `select count(distinct n), string_agg(zip, ',' order by n) from ${groups}`,
    `select zip, sum(count(*)) over () from ${groups} group by zip`,
    `select zip, 'none' as x from ${groups} union all select 'all', null`,
    `select zip, (select max(m) from (values (1), (2)) v(m) where m < n) as m from ${groups}`,
    `select zip, n as x, x + 1 as y from ${groups} where y > 2`,
  ])('is no such query: %s', async (sql) => {
    await assertAllows(sql);
  });
});
