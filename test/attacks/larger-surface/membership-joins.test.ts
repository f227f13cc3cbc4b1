// The join as a test of membership: a member that may choose its own rows uploads a table of one person, and joins it
// to another member's: with a left join the person comes back with or without values, with an anti join or NOT IN only
// if it is not there, with EXISTS only if it is.
//
// The wall: such joins may run, as every count of what they leave gets noise for a whole person; no exact count, no
// value of a row and no person named by a literal leaves by them.
import { describe, it } from 'vitest';
import { expectFate } from '../../support/person-loss.ts';
import { neighbours, VICTIM } from './neighbours.ts';

const both = 'from market.outcomes o left join brand.campaign c on o.email = c.email';

describe('a join that keeps who has no partner', () => {
  it.each([
    `select count(*), count(c.arm) ${both}`,
    `select count(distinct o.email) filter (where c.email is null) ${both}`,
    `select c.email is null as missing, count(*) ${both} group by 1`,
    `select c.arm, count(*), sum(o.spend) ${both} group by c.arm`,
    `select coalesce(c.arm, 'none'), count(*) ${both} group by 1`,
    'select count(*) from market.outcomes o right join brand.campaign c on o.email = c.email',
    'select count(*) from market.outcomes o semi join brand.campaign c on o.email = c.email',
    'select count(*) from market.outcomes o anti join brand.campaign c on o.email = c.email',
    'select count(*) from market.events e left join brand.campaign c on e.email = c.email left join market.outcomes o on o.email = c.email',
    'select sum(e.amount) from market.events e anti join market.outcomes o on e.email = o.email',
  ])('costs no more than is charged: %s', async (sql) => {
    await expectFate(sql, 'bounded', neighbours);
  });

  it('is refused where either side may be missing', async () => {
    const sql = 'select count(*), sum(o.spend) from market.outcomes o full join brand.campaign c on o.email = c.email';
    await expectFate(sql, 'refused', neighbours);
  });

  it.each([
    `select o.email, c.arm ${both}`,
    `select c.email, count(*) ${both} group by c.email`,
    `select count(*) ${both} where c.email = '${VICTIM}'`,
    `select count(*) ${both} and o.email = '${VICTIM}'`,
    `select count(*) from market.outcomes o left join brand.campaign c on o.zip = c.arm`,
    `select count(*) from market.outcomes o left join brand.campaign c on o.email <> c.email`,
    `select count(*) from market.outcomes o left join brand.campaign c on true`,
    `select count(*) from market.outcomes o anti join brand.campaign c on o.zip = c.arm`,
  ])('names nobody, and meets nobody else: %s', async (sql) => {
    await expectFate(sql, 'refused', neighbours);
  });
});

describe('a membership in a subquery', () => {
  it.each([
    'select count(*) from market.outcomes where email in (select email from brand.campaign)',
    'select count(*) from market.outcomes where email not in (select email from brand.campaign where mens)',
    'select count(*) from market.outcomes o where exists (select 1 from brand.campaign c where c.email = o.email)',
    'select count(*) from market.outcomes o where not exists (select 1 from market.events e where e.email = o.email)',
    'select count(*) filter (where email in (select email from brand.campaign)) from market.outcomes',
    "select zip, count(*) from market.outcomes where email in (select email from market.events where category = 'a') group by zip",
  ])('of the same person costs no more than is charged: %s', async (sql) => {
    await expectFate(sql, 'bounded', neighbours);
  });

  it.each([
    `select count(*) from market.outcomes where email in ('${VICTIM}', '1')`,
    `select count(*) from market.outcomes where email = '${VICTIM}'`,
    `select count(*) from market.outcomes where exists (select 1 from brand.campaign c where c.email = '${VICTIM}')`,
    'select count(*) from market.outcomes where exists (select 1 from brand.campaign c where c.mens)',
    `select count(*) from market.outcomes where '${VICTIM}' in (select email from brand.campaign)`,
    'select count(*) from market.outcomes where zip in (select arm from brand.campaign)',
    `select count(*) from market.outcomes where email in (select email from brand.campaign where email = '${VICTIM}')`,
    'select count(*) from market.outcomes where email in (select email from brand.campaign limit 1)',
    'select count(*) from market.outcomes where email in (select min(email) from brand.campaign)',
    `select count(*) from market.outcomes where email in (select '${VICTIM}')`,
    `select count(*) from market.outcomes where email in (values ('${VICTIM}'))`,
    `select count(*) from market.outcomes o join (values ('${VICTIM}')) v(email) on o.email = v.email`,
  ])('of anybody else, or of who is named, is refused: %s', async (sql) => {
    await expectFate(sql, 'refused', neighbours);
  });
});
