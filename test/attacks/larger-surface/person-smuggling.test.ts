// Smuggling a person through a query of its own: a subquery grouped by the person may compute one value for each, and
// an outer query may group by that value. So let the value be the identity, or anything that only one person has: the
// least address, the column beside the largest one, a sum that nobody else reaches.
//
// The wall: what a person's own query yields is a value of that person like any other. The identity is never one of
// them, columns that are no keys or filters do not become so by an aggregate, and who is left counts once.
import { describe, it } from 'vitest';
import { expectFate } from '../../support/person-loss.ts';
import { neighbours } from './neighbours.ts';

const own = (columns: string, more = ''): string =>
  `(select email, ${columns} from market.events group by email${more})`;

describe('a value of each person', () => {
  it.each([
    `select m, count(*) from ${own('min(email) as m')} s group by m`,
    `select m, count(*) from ${own('max(email) as m')} s group by m`,
    `select m, count(*) from ${own('any_value(email) as m')} s group by m`,
    `select m, count(*) from ${own('cast(email as text) as m')} s group by m`,
    `select m, count(*) from ${own('string_agg(category) as m')} s group by m`,
    `select m, count(*) from ${own('list(category) as m')} s group by m`,
    `select email, n from ${own('count(*) as n')} s`,
    `select s.email, count(*) from ${own('count(*) as n')} s group by s.email`,
    `select count(*) from ${own('count(*) as n')} s where s.email = 'ana@example.com'`,
    `select m, count(*) from (select email, max(secret_score) as m from market.outcomes group by email) s group by m`,
    `select m, count(*) from (select email, arg_max(secret_score, spend) as m from market.outcomes group by email) s group by m`,
    `select m, count(*) from (select email, sum(spend) as m from market.outcomes group by email) s group by m`,
    `select m, count(*) from (select email, max(spend) as m from market.outcomes group by email) s group by m`,
    `select count(*) from (select email, max(secret_score) as m from market.outcomes group by email having max(secret_score) > 5) s`,
    `select count(*) from (select email, count(*) as n from market.outcomes group by email having sum(spend) = 10) s`,
    `select count(*) from (select email, count(*) as n from market.outcomes group by email having min(email) > 'b') s`,
    `select email, count(*) from market.events group by email having count(*) > 100`,
    `select count(*) from (select zip, email, count(*) as n from market.outcomes group by zip, email) s group by s.email`,
  ])('is not the identity, nor a column that is no key: %s', async (sql) => {
    await expectFate(sql, 'refused', neighbours);
  });

  it.each([
    `select n, count(*) from ${own('count(*) as n')} s group by n`,
    `select count(*) from ${own('count(*) as n')} s where n > 10`,
    `select count(*) from ${own('count(*) as n', ' having count(*) > 10')} s`,
    `select sum(n) from ${own('count(*) as n')} s`,
    `select avg(n), sum(clamp(n, 0, 5)) from ${own('count(*) as n')} s`,
    `select sum(a) from ${own('sum(amount) as a')} s`,
    `select sum(clamp(a, 0, 10)) from ${own('max(amount) as a')} s`,
    `select m, count(*) from ${own('max(category) as m')} s group by m`,
    `select m, count(*) from ${own('arg_max(category, day) as m')} s group by m`,
    `select m, count(*) from ${own('count(distinct category) as m')} s group by m`,
    `select category, count(*) from (select email, category, count(*) as n from market.events group by email, category) s group by category`,
    `select category, sum(n) from (select email, category, count(*) as n from market.events group by email, category) s group by category`,
    `select o.zip, sum(s.n) from ${own('count(*) as n')} s join market.outcomes o on s.email = o.email group by o.zip`,
  ])('costs no more than is charged where it is one: %s', async (sql) => {
    await expectFate(sql, 'bounded', neighbours);
  });
});
