// Complementary suppression: a table withholds one small group, and the total less the groups that show is that group.
// So a second one is withheld with it, in every line of the table that has a total, whether that total has been asked
// for or can be asked for tomorrow.
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { orders } from '../support/orders.ts';
import { ThresholdGame } from '../support/run-threshold.ts';
import { orders as ordersTable } from '../support/tables.ts';

let game: ThresholdGame;
beforeEach(() => {
  game = new ThresholdGame(ordersTable);
});

const byCity = 'select city, count(distinct email) from market.orders group by city';
const byBoth = 'select city, tier, count(distinct email) from market.orders group by city, tier';
const total = 'select count(distinct email) from market.orders';

describe('a small group', () => {
  it('is not the total less the groups that show', async () => {
    await game.load([...orders(0, 100, 'berlin'), ...orders(100, 60, 'oulu'), ...orders(200, 3, 'lahti')]);
    expect((await game.ask(total)).rows).toEqual([[165]]);
    const { rows, suppressed } = await game.ask(byCity);
    expect(rows).toEqual([['berlin', 100]]);
    expect(suppressed).toBe(65);
  });

  it('is not told of when it stands alone', async () => {
    await game.load(orders(200, 3, 'lahti'));
    expect(await game.ask(byCity)).toEqual({ rows: [], suppressed: null });
  });

  it('has company in every row and every column of a table', async () => {
    const cell = (index: number, count: number, city: string, tier: string) =>
      orders(index * 1_000, count, city, { tier });
    await game.load([
      ...cell(0, 4, 'berlin', 'gold'),
      ...cell(1, 80, 'berlin', 'silver'),
      ...cell(2, 90, 'berlin', 'bronze'),
      ...cell(3, 70, 'rome', 'gold'),
      ...cell(4, 60, 'rome', 'silver'),
      ...cell(5, 95, 'rome', 'bronze'),
    ]);
    const { rows } = await game.ask(byBoth);
    expect(rows).toEqual([
      ['berlin', 'bronze', 90],
      ['rome', 'bronze', 95],
    ]);
  });
});

describe('whatever the table', () => {
  it('no line has one suppressed group alone, or so few persons that their sum would tell of them', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 9, maxLength: 9 });
    const cells = ['a', 'b', 'c'].flatMap((city) => ['x', 'y', 'z'].map((tier) => ({ city, tier })));
    await fc.assert(
      fc.asyncProperty(sizes, async (counts) => {
        const own = new ThresholdGame(ordersTable);
        const persons = cells.map(({ city, tier }, i) => orders(i * 100, counts[i] ?? 1, city, { tier }));
        await own.load(persons.flat());
        const shown = new Set((await own.ask(byBoth)).rows.map(([city, tier]) => `${city}${tier}`));
        const hidden = cells
          .map((c, i) => ({ ...c, count: counts[i] ?? 1 }))
          .filter((c) => !shown.has(c.city + c.tier));
        const lines = [() => 'all', (c: (typeof hidden)[number]) => c.city, (c: (typeof hidden)[number]) => c.tier];
        for (const line of lines) {
          for (const [name, part] of Map.groupBy(hidden, line)) {
            const all = line === lines[0] ? cells.length : 3;
            if (part.length === all) continue;
            expect(part.length, `${name}: ${counts}`).toBeGreaterThanOrEqual(2);
            expect(
              part.reduce((sum, c) => sum + c.count, 0),
              `${name}: ${counts}`,
            ).toBeGreaterThanOrEqual(10);
          }
        }
      }),
      { numRuns: 30 },
    );
  }, 120_000);
});
