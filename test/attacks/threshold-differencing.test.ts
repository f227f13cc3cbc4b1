// Differencing where answers are exact: ask for a group, ask for the same group without one person, subtract. There is
// no noise to hide the difference in, so that the second question must not be answered: it is compared, person by
// person, with everything that has left before, and a group that differs from an earlier one in fewer persons than the
// minimum is withheld. This is best effort: it finds what two releases give away, not what ten give away together.
import { beforeEach, describe, expect, it } from 'vitest';
import { order, orders } from '../support/orders.ts';
import { ThresholdGame } from '../support/run-threshold.ts';
import { SCORES_PERMITTED } from '../support/scoring.ts';
import { orders as ordersTable } from '../support/tables.ts';

const countAll = 'select count(distinct email) from market.orders';

let game: ThresholdGame;
beforeEach(() => {
  game = new ThresholdGame(ordersTable);
});

describe('two exact counts', () => {
  it('do not isolate the person between them', async () => {
    await game.load([...orders(0, 200, 'berlin'), order(999, 'oulu')]);
    expect((await game.ask(countAll)).rows).toEqual([[200]]);
    expect((await game.ask(`${countAll} where city <> 'oulu'`)).rows).toEqual([]);
  });

  it('do not isolate the person either way round', async () => {
    await game.load([...orders(0, 200, 'berlin'), order(999, 'oulu')]);
    expect((await game.ask(`${countAll} where city <> 'oulu'`)).rows).toEqual([[200]]);
    expect((await game.ask(countAll)).rows).toEqual([]);
  });

  it('leave when they differ in a group that might have left itself', async () => {
    await game.load([...orders(0, 200, 'berlin'), ...orders(300, 20, 'oulu')]);
    expect((await game.ask(countAll)).rows).toEqual([[220]]);
    expect((await game.ask(`${countAll} where city <> 'oulu'`)).rows).toEqual([[200]]);
  });

  it('do not isolate a person by a FILTER in place of a WHERE, in one question or in two', async () => {
    await game.load([...orders(0, 200, 'berlin'), order(999, 'oulu')]);
    const filtered = "count(*) filter (where city <> 'oulu')";
    expect((await game.ask(`select ${filtered}, count(*) from market.orders`)).rows).toEqual([]);
    expect((await game.ask(`select ${filtered} from market.orders`)).rows).toEqual([[200]]);
    expect((await game.ask('select count(*) from market.orders')).rows).toEqual([]);
  });

  it('do not isolate one row of a person who is in both', async () => {
    await game.load([...orders(0, 200, 'berlin'), order(7, 'oulu')]);
    expect((await game.ask('select count(*) from market.orders')).rows).toEqual([[200]]);
    expect((await game.ask("select count(*) from market.orders where city <> 'oulu'")).rows).toEqual([]);
  });
});

describe('two exact sums', () => {
  it('do not isolate what one person spent', async () => {
    await game.load([...orders(0, 200, 'berlin'), order(999, 'oulu', { amount: 4321 })]);
    await game.ask('select sum(amount) from market.orders');
    const without = "from market.orders where city <> 'oulu'";
    expect((await game.ask(`select sum(amount) ${without}`)).rows).toEqual([]);
    expect((await game.ask(`select avg(amount) ${without}`)).rows).toEqual([]);
    expect((await game.ask(`select sum(2 * amount) ${without}`)).rows).toEqual([]);
  });
});

describe('the same question over a later snapshot', () => {
  it('does not tell of the person who has come', async () => {
    await game.load(orders(0, 200, 'berlin'));
    expect((await game.ask(countAll)).rows).toEqual([[200]]);
    await game.load(orders(0, 201, 'berlin'));
    expect((await game.ask(countAll)).rows).toEqual([]);
    await game.load(orders(0, 230, 'berlin'));
    expect((await game.ask(countAll)).rows).toEqual([[230]]);
  });

  it('leaves when nothing has changed', async () => {
    await game.load(orders(0, 200, 'berlin'));
    const first = await game.ask(countAll);
    await game.load(orders(0, 200, 'berlin'));
    expect(await game.ask(countAll)).toEqual(first);
  });
});

describe('the tracker', () => {
  it('finds no sum of released groups that differs from an earlier total in one person', async () => {
    await game.load([...orders(0, 100, 'berlin'), ...orders(100, 100, 'rome'), order(999, 'rome', { tier: 'bronze' })]);
    expect((await game.ask(countAll)).rows).toEqual([[200]]);
    const byCity = await game.ask(
      "select city, count(distinct email) from market.orders where tier <> 'bronze' group by city",
    );
    expect(byCity.rows).toEqual([]);
  });

  it('finds no total that differs from the sum of groups that left before in one person', async () => {
    await game.load([...orders(0, 100, 'berlin'), ...orders(100, 100, 'rome'), order(999, 'rome', { tier: 'bronze' })]);
    const byCity = await game.ask(
      "select city, count(distinct email) from market.orders where tier <> 'bronze' group by city",
    );
    expect(byCity.rows).toEqual([
      ['berlin', 100],
      ['rome', 100],
    ]);
    expect((await game.ask(countAll)).rows).toEqual([]);
  });

  it('finds no line of a table that adds up to an earlier group but for one person', async () => {
    const cells = ['gold', 'silver', 'bronze'].flatMap((tier, t) =>
      ['berlin', 'rome'].flatMap((city, c) => orders(1_000 * (2 * t + c), 50 + 10 * t, city, { tier })),
    );
    await game.load([...cells, order(9_999, 'rome', { tier: 'gold', shop: 'shop-x' })]);
    expect((await game.ask('select city, count(distinct email) from market.orders group by city')).rows).toEqual([
      ['berlin', 180],
      ['rome', 180],
    ]);
    const byBoth = 'select city, tier, count(distinct email) from market.orders';
    const table = await game.ask(`${byBoth} where shop <> 'shop-x' group by city, tier`);
    // Rome's line is short of the earlier total by that person alone; Berlin's columns still need company.
    const rome = table.rows.filter(([city]) => city === 'rome');
    expect(rome.map(([, tier]) => tier)).toEqual(['bronze']);
    expect(table.suppressed).toBeNull();
  });

  it('pads one person in a large set and gets nothing for it', async () => {
    await game.load([...orders(0, 300, 'berlin'), ...orders(300, 100, 'rome'), order(999, 'oulu', { tier: 'bronze' })]);
    const padding = "select count(distinct email) from market.orders where city = 'rome'";
    expect((await game.ask(padding)).rows).toEqual([[100]]);
    expect((await game.ask(`${padding} or (city = 'oulu' and tier = 'bronze')`)).rows).toEqual([]);
    expect((await game.ask(`${padding} or (city = 'oulu' and tier = 'gold')`)).rows).toEqual([[100]]);
  });
});

describe('two exact counts by scoring functions', () => {
  beforeEach(() => {
    game = new ThresholdGame({ ...ordersTable, rules: { ...ordersTable.rules, functions: SCORES_PERMITTED } });
  });

  it('do not isolate the person whom a function scores unlike all others', async () => {
    await game.load([...orders(0, 200, 'a'), order(999, 'x')]);
    expect((await game.ask(countAll)).rows).toEqual([[200]]);
    expect((await game.ask(`${countAll} where isv.tier(city) = 'a'`)).rows).toEqual([]);
  });

  it('are compared, though each question calls another function first', async () => {
    await game.load([...orders(0, 200, 'a'), order(999, 'x')]);
    expect((await game.ask(`${countAll} where isv.tier(city) = 'a'`)).rows).toEqual([[200]]);
    expect((await game.ask(`${countAll} where isv.steps(length(city)) = 1`)).rows).toEqual([]);
  });

  it('leave by the labels of a function, and with them no label that it only hands on', async () => {
    await game.load([...orders(0, 200, 'a'), ...orders(300, 40, 'c'), ...orders(400, 30, 'x')]);
    const sql = 'select isv.tier(city) as t, count(distinct email) from market.orders group by 1';
    const shown = (await game.ask(sql)).rows.toSorted(([a], [b]) => String(a ?? '').localeCompare(String(b ?? '')));
    expect(shown).toEqual([
      [null, 30],
      ['a', 200],
      ['high', 40],
    ]);
  });
});
