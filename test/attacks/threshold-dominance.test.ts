// Dominance: a sum over a hundred persons of whom one spent more than all others is that person's spending, give or
// take; a competitor who is one of two shops in a city subtracts its own turnover and has the other's. Such sums do not
// leave, however many persons they are over.
import { beforeEach, describe, expect, it } from 'vitest';
import { order, orders } from '../support/orders.ts';
import { ThresholdGame, thresholdVerdict } from '../support/run-threshold.ts';
import { events, goodRules, orders as ordersTable, rulesDocument } from '../support/tables.ts';

let game: ThresholdGame;
beforeEach(() => {
  game = new ThresholdGame(ordersTable);
});

const total = 'select sum(amount) from market.orders';

describe('a sum', () => {
  it('does not leave when one person is most of it', async () => {
    await game.load([...orders(0, 90, 'berlin', { amount: 100 }), order(99, 'berlin', { amount: 10_000 })]);
    expect((await game.ask(total)).rows).toEqual([]);
  });

  it('leaves when that person is no more than half of it', async () => {
    const spread = [0, 1, 2, 3].map((shop) => order(999, 'berlin', { amount: 2_500, shop: `shop-${shop}` }));
    await game.load([...orders(0, 100, 'berlin', { amount: 100 }), ...spread]);
    expect((await game.ask(total)).rows).toEqual([[20_000]]);
  });

  it('does not leave when one store is most of it', async () => {
    await game.load([...orders(0, 60, 'berlin', { shop: 'ours' }), ...orders(60, 40, 'berlin', { shop: 'theirs' })]);
    expect((await game.ask(total)).rows).toEqual([]);
    expect((await game.ask('select count(*) from market.orders')).rows).toEqual([]);
  });

  it('leaves when two stores share it, as far as the rule goes', async () => {
    await game.load([...orders(0, 50, 'berlin', { shop: 'ours' }), ...orders(50, 50, 'berlin', { shop: 'theirs' })]);
    expect((await game.ask(total)).rows).toEqual([[10_000]]);
  });

  it('of few persons among many does not leave, however large the group', async () => {
    await game.load([...orders(0, 200, 'berlin', { amount: 0 }), ...orders(300, 9, 'berlin', { amount: 500 })]);
    expect((await game.ask(total)).rows).toEqual([]);
  });

  it('leaves with the digits that its owner allows, and an average follows from rounded parts', async () => {
    await game.load(orders(0, 123, 'berlin', { amount: 123.45 }));
    expect((await game.ask(total)).rows).toEqual([[15_200]]);
    const [[average = 0] = []] = (await game.ask('select avg(amount) from market.orders')).rows;
    expect(average).toBe(15_200 / 125);
  });
});

describe('a store column', () => {
  it('must be where its rows are counted, or the question is refused', async () => {
    const within = 'select sum(s.total) from (select email, sum(amount) as total from market.orders group by email) s';
    const { violations } = await thresholdVerdict(within, [ordersTable]);
    expect(violations.map((v) => v.rule)).toContain('threshold-can-protect');
  });

  it('is none for an owner who names none', async () => {
    const rules = goodRules(
      rulesDocument({ rowsPerPerson: 2, measures: { amount: { min: 0, max: 9 } }, threshold: {} }),
      events.columns,
    );
    const { aggregates } = await thresholdVerdict('select sum(amount) from market.events', [{ ...events, rules }]);
    expect(aggregates[0]?.threshold).toEqual({ dominanceRatio: 0.5, roundTo: 5, sumDigits: 3, stores: [] });
  });
});
