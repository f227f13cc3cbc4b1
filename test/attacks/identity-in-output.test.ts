// The identity in the output: carry it out under another name, inside a text, through a subquery, an aggregate, an
// order, a condition that answers yes or no, or a comment that the parser and the printer read differently.
import { describe, expect, it } from 'vitest';
import { printAggregate, printOuter } from '../../policies/index.ts';
import { verdictOn } from '../support/policy-assertions.ts';
import { planOf } from '../support/run-plan.ts';

const attempts = [
  'select email from market.outcomes',
  'select distinct email from market.outcomes',
  'select email as zip, count(*) from market.outcomes group by zip',
  'select email as zip, count(*) from market.outcomes group by 1',
  'select email, count(*) from market.outcomes group by all',
  'select min(email), max(email) from market.outcomes',
  'select any_value(email), first(email), string_agg(email), list(email) from market.outcomes',
  'select sum(email), avg(email) from market.outcomes',
  'select count(*) from market.outcomes group by email % 1000',
  'select count(*) from market.outcomes group by hash(email)',
  "select count(*) from market.outcomes where email = 'ana@example.com'",
  "select count(*) filter (where email like 'ana%') from market.outcomes",
  'select count(*) from market.outcomes order by email',
  'select count(*) from market.outcomes having email > 1',
  'select x from (select email as x from market.outcomes) s',
  'with e as (select email as zip from market.outcomes) select zip, count(*) from e group by zip',
  'select count(*) from market.outcomes o group by o',
  'select o from market.outcomes o',
  'select *, count(*) from market.outcomes group by all',
  'select count(*) as "email" , "email" from market.outcomes',
  'select zip /* , */ , email -- from brand.campaign\n, count(*) from market.outcomes group by zip',
  'select case when count(*) > 0 then email end from market.outcomes',
  'select coalesce(email, 0), count(*) from market.outcomes group by coalesce(email, 0)',
  'select count(distinct case when visit = 1 then email end) from market.outcomes',
  'select sum(case when email > 5 then 1 else 0 end) from market.outcomes',
  'select o.email = c.email, count(*) from market.outcomes o join brand.campaign c using (email) group by 1',
  'select rowid from market.outcomes',
];

describe('the identity', () => {
  it.each(attempts)('does not leave by %j', async (sql) => {
    const violations = await verdictOn(sql);
    expect(violations).not.toEqual([]);
  });

  it('stands in the printed SQL below the aggregation only', async () => {
    const plan = await planOf(
      'select c.arm, count(distinct o.email), count(o.email) from market.outcomes o join brand.campaign c using (email) group by c.arm',
    );
    expect(printOuter(plan.outer)).not.toContain('email');
    const [aggregate] = plan.aggregates;
    const sql = aggregate ? printAggregate(aggregate).sql : '';
    const [rows = '', bounded = ''] = sql.split(', b AS (');
    expect(rows).toContain('"t0"."email" AS p');
    expect(bounded).toContain('FROM r');
    expect(bounded).not.toContain('email');
    // Above the bound the person is counted and not shown.
    expect(bounded.slice(bounded.lastIndexOf('SELECT'))).not.toMatch(/\bp\b/);
  });
});
