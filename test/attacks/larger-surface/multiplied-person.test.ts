// One person, many times: unite a table with itself a thousand times, bring ten thousand distinct values, one extreme
// value for a quantile, or join a table that repeats each row, and be more than one person to a bound that was made for
// one.
//
// The wall: bounds of all parts add up and hold for the person over all of them together; what repeats rows is
// declared, and where nothing is declared the question is refused.
import { describe, expect, it } from 'vitest';
import { expectFate } from '../../support/person-loss.ts';
import { planWorld } from '../../support/worlds.ts';
import { neighbours } from './neighbours.ts';

const united = (part: string, count: number): string => Array.from({ length: count }, () => part).join(' union all ');

describe('a person who is united with itself', () => {
  it.each([2, 3, 20])('%d times costs no more than is charged', async (count) => {
    const rows = united('select email, spend, zip from market.outcomes', count);
    for (const sql of [
      `select count(*) from (${rows}) u`,
      `select count(distinct email), sum(spend) from (${rows}) u`,
      `select zip, count(*), sum(spend) from (${rows}) u group by zip`,
      `select sum(clamp(spend, 0, 100)) from (${rows}) u`,
    ]) {
      await expectFate(sql, 'bounded', neighbours);
    }
  });

  // A check whose work doubles with each part would not come back before the limit of this test.
  it('1,000 times runs, as 1,000 rows of that person', async () => {
    const aggregate = await planWorld(`select count(*) from (${united('select email from market.outcomes', 1_000)}) u`);
    expect(aggregate.statistics).toContainEqual({ kind: 'rows', when: null, upper: 1_000n });
  });

  it.each([
    'select count(*) from (select email from market.outcomes union all select email from brand.campaign) u',
    'select count(distinct email) from (select email from market.events union all select email from brand.campaign) u',
    'select count(*) from (select email, zip from market.outcomes union select email, zip from market.outcomes) u',
    'select count(*) from market.outcomes union all select count(*) from market.outcomes',
  ])('or with another table costs no more than is charged: %s', async (sql) => {
    await expectFate(sql, 'bounded', neighbours);
  });

  it.each([
    'select count(*) from (select email from market.outcomes except select email from brand.campaign) u',
    'select count(*) from (select email from market.outcomes intersect select email from brand.campaign) u',
  ])('is not compared row by row with another table: %s', async (sql) => {
    await expectFate(sql, 'refused', neighbours);
  });
});

describe('a person with many values', () => {
  it.each([
    'select count(distinct category) from market.events',
    'select count(distinct day) from market.events',
    'select count(distinct zip) from market.outcomes',
    'select category, count(distinct day) from market.events group by category',
    'select count(distinct category || cast(day as text)) from market.events',
  ])('adds no more distinct values than is charged: %s', async (sql) => {
    await expectFate(sql, 'bounded', neighbours);
  });

  it.each([
    'select median(spend) from market.outcomes',
    'select quantile_cont(spend, 0.99) from market.outcomes',
    'select zip, median(spend) from market.outcomes group by zip',
    'select min(spend), max(spend) from market.outcomes',
    'select stddev(spend) from market.outcomes',
    'select var_pop(spend), avg(spend) from market.outcomes',
  ])('moves a quantile or a spread no further than is charged: %s', async (sql) => {
    await expectFate(sql, 'bounded', neighbours);
  });

  it.each(['first(spend)', 'mode(zip)', 'arg_max(zip, spend)', 'histogram(zip)', 'list(spend)'])(
    'is not read off by %s',
    async (call) => {
      await expectFate(`select ${call} from market.outcomes`, 'refused', neighbours);
    },
  );
});

describe('another person beside', () => {
  it.each([
    'select count(*) from (select email, row_number() over (order by spend) as n from market.outcomes) s where n = 1',
    'select sum(spend) over (order by email) from market.outcomes',
    'select count(*) from (select email, lag(spend) over (order by email) as previous from market.outcomes) s where previous = 10',
    'select count(*) from (select email, avg(spend) over () as mean, spend from market.outcomes) s where spend > mean',
    'select count(*) from (select email, rank() over (partition by zip order by spend) as r from market.outcomes) s where r = 1',
    'select count(*) from market.outcomes qualify row_number() over (order by spend) = 1',
    'select count(*) from market.outcomes o where spend > (select avg(spend) from market.outcomes)',
    'select count(*) from market.outcomes o where spend > (select max(x.spend) from market.outcomes x where x.email <> o.email)',
    'select count(*) from market.outcomes o where spend = (select spend from market.outcomes x where x.zip = o.zip)',
    'select count(*) from market.outcomes o where (select count(*) from market.outcomes x where x.spend > o.spend) = 0',
    'select count(*) from market.outcomes o, lateral (select max(spend) as m from market.outcomes x) l where o.spend = l.m',
    'select count(*) from market.outcomes o join market.outcomes x on o.zip = x.zip',
    'select count(*) from market.outcomes o join market.outcomes x on o.email > x.email',
    'select count(*) from market.outcomes o cross join market.outcomes x',
  ])('is not what a row is compared with: %s', async (sql) => {
    await expectFate(sql, 'refused', neighbours);
  });

  it('is counted beside, and both counts are charged', async () => {
    const sql = 'select (select count(*) from market.outcomes), count(*) from market.outcomes';
    await expectFate(sql, 'bounded', neighbours);
  });
});
