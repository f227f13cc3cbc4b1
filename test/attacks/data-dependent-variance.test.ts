// A11, noise that depends on the data: a system that scales its noise by what it finds (the largest value, the spread,
// the number of rows) tells with the size of the noise what it hides with it. So look not at the answer but at how much
// it scatters, or at the interval beside it.
//
// The wall: variances, intervals, thresholds and price follow from declared bounds alone. They are the same numbers in
// every world, and what is released scatters alike.
import { describe, expect, it } from 'vitest';
import { effortOf } from '../support/effort.ts';
import { expectBelow, expectSame, play, UNSEEN_ADVANTAGE, varianceIn } from '../support/games.ts';
import type { TestRows } from '../support/load-table.ts';
import { events, outcomes } from '../support/tables.ts';
import { crowd, firstNumber, lookAt, type World, worldOf } from '../support/worlds.ts';

const RELEASE_COUNT = effortOf(3_000, 10_000, 50_000);
/** Five standard errors of the logarithm of a ratio of two variances of normal series. */
const LARGEST_LOG_RATIO = 5 * Math.sqrt(4 / RELEASE_COUNT);

const plain = crowd(1_000);
const rich: TestRows = plain.map(([p], i) => [
  p ?? null,
  '1',
  i % 2 === 0 ? '9999999999999999.99' : '-5',
  "'94100'",
  null,
]);
const empty: TestRows = [];
const heavy: TestRows = [...plain, ...Array.from({ length: 5_000 }, () => ['7', '1', '500', "'94100'", null])];
const worlds: readonly (readonly [string, TestRows])[] = [
  ['values out of all bounds', rich],
  ['nobody', empty],
  ['one person with five thousand rows', heavy],
];
const questions = [
  'select count(distinct email) from market.outcomes',
  'select sum(spend) from market.outcomes',
  'select count(*) from market.outcomes',
];

const shape = ({ aggregate }: World): unknown => {
  const { noise, releaseThreshold, charge, maxGroupsPerPerson, minGroupSize } = aggregate;
  return { noise, releaseThreshold, charge, maxGroupsPerPerson, minGroupSize };
};
const widths = (world: World): readonly number[] => {
  const [value = 0, low = 0, high = 0] = (world.look()[0] ?? []).map(Number);
  return [value - low, high - value];
};

/** The world as it is counted, and with a threshold that withholds nothing: an empty one must show to be measured. */
async function shown(sql: string, rows: TestRows): Promise<World> {
  const world = await worldOf(sql, [[outcomes, rows]]);
  const aggregate = { ...world.aggregate, releaseThreshold: -(1n << 60n) };
  return { ...world, aggregate, look: () => lookAt(aggregate, world.exact) };
}

describe.each(questions)('the noise of %s', (sql) => {
  it.each(worlds)('is the same in a world of %s', async (name, rows) => {
    const [one, other] = [await shown(sql, plain), await shown(sql, rows)];
    expectSame(`A11 parameters, ${name}`, shape(other), shape(one));
    if (sql.includes('sum'))
      expectSame(`A11 interval, ${name}`, widths(other).map(Math.round), widths(one).map(Math.round));
    const series = (world: World): readonly number[] =>
      Array.from({ length: RELEASE_COUNT }, () => firstNumber(world.look()));
    const ratio = varianceIn(series(one)) / varianceIn(series(other));
    expect(Math.abs(Math.log(ratio))).toBeLessThan(LARGEST_LOG_RATIO);
  });
});

describe('an adversary who looks at the scatter alone', () => {
  it('does not tell two worlds apart in which only the spread differs', async () => {
    const perPerson = (amount: (i: number) => string): TestRows =>
      Array.from({ length: 1_000 }, (_, i) => [String(i), "'a'", null, amount(i)]);
    const sql = 'select sum(amount) from market.events';
    const even = await worldOf(sql, [[events, perPerson(() => '50')]]);
    const spread = await worldOf(sql, [[events, perPerson((i) => (i % 2 === 0 ? '0' : '100'))]]);
    expect(even.exact).toEqual(spread.exact);
    const deviation = Math.sqrt(varianceIn(Array.from({ length: 2_000 }, () => firstNumber(even.look()))));
    const scatter = (world: World) => (): number => Math.abs(firstNumber(world.look()) - 50_000);
    // Half of a normal's draws lie within two thirds of its deviation.
    const guess = (seen: number): boolean => seen > 0.6745 * deviation;
    expectBelow('A11 scatter', await play({ with: scatter(spread), without: scatter(even), guess }), UNSEEN_ADVANTAGE);
  });
});
