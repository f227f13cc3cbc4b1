// A question that is asked again in other words is answered from the stored release; the price of missing that is paid
// by the merchant, and the price of finding too much alike by everybody: two questions under one key.
import { describe, expect, it } from 'vitest';
import { planOf } from '../../test/support/run-plan.ts';
import { canonicalText } from './expression.ts';
import { chargeOf } from './protected-plan.ts';

async function keysOf(sql: string): Promise<readonly string[]> {
  return (await planOf(sql)).aggregates.map((a) => canonicalText(a));
}

const from = 'from market.outcomes o join brand.campaign c on c.email = o.email';

describe('one question in two texts', () => {
  it.each([
    [
      `select count(*) ${from} where o.visit = 1 and c.mens`,
      `select count(*) as n ${from} where c.mens and 1 = o.visit`,
    ],
    [`select count(*) ${from}`, 'select count(*) from brand.campaign b join market.outcomes x on x.email = b.email'],
    [`select count(*) ${from} where o.visit > 0`, `select count(*) ${from} where 0 < o.visit`],
    [`select count(*) ${from} where o.zip in ('a', 'b')`, `SELECT count(*) ${from} WHERE zip IN ('b', 'a')`],
    [
      'with v as (select email from market.outcomes where visit = 1) select count(*) from v',
      'select count(*) from market.outcomes where visit = 1',
    ],
    [
      'select count(*) from brand.campaign where email in (select email from market.events)',
      'select count(*) from brand.campaign c semi join market.events e on e.email = c.email',
    ],
  ])('is one aggregation: %s', async (one, other) => {
    expect(await keysOf(one)).toEqual(await keysOf(other));
  });

  it('is charged once where a query names it twice', async () => {
    const sql = `with z as (select zip, count(*) as n from market.outcomes group by zip)
      select zip, n, n / (select sum(n) from z) as share from z`;
    const { aggregates } = await planOf(sql);
    expect(new Set(aggregates.map((a) => canonicalText(a))).size).toBe(1);
    const [alone] = (await planOf('select zip, count(*) as n from market.outcomes group by zip')).aggregates;
    expect(chargeOf(aggregates).rho).toBe(alone?.charge.rho);
  });
});

describe('two questions', () => {
  it.each([
    [`select count(*) ${from} where o.visit > 0`, `select count(*) ${from} where o.visit < 0`],
    [`select count(*) ${from} where o.zip = 'a'`, `select count(*) ${from} where o.zip = 'b'`],
    [
      'select count(*) from market.events a join market.events b using (email) where a.category = b.category and a.amount > 1',
      'select count(*) from market.events a join market.events b using (email) where a.category = b.category and b.amount > a.amount',
    ],
    [
      "select count(*) from brand.campaign where email in (select email from market.events where category = 't0')",
      "select count(*) from brand.campaign where email in (select email from market.events where category = 't1')",
    ],
    [
      'select count(*) from brand.campaign c left join market.outcomes o using (email) where o.visit = 1',
      'select count(*) from brand.campaign c join market.outcomes o using (email) where o.visit = 1',
    ],
  ])('are two aggregations: %s', async (one, other) => {
    expect(await keysOf(one)).not.toEqual(await keysOf(other));
  });
});
