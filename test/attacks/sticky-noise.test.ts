// A3, exploiting sticky noise: where noise follows from the question or from the set of persons, two questions over the
// same persons carry the same noise, and their difference is exact (Gadotti and others, "When the signal is in the
// noise", 2019). So ask the same in other words, or ask for two cells that must be equal, and regress.
//
// The wall: every release draws afresh. The noise of two releases, and of two cells of one release, is independent.
import { describe, expect, it } from 'vitest';
import { correlationOf, expectNotOver, isLongCampaign, outcomeOf } from '../support/games.ts';
import { campaign, outcomes } from '../support/tables.ts';
import { crowd, firstNumber, worldOf } from '../support/worlds.ts';

const RELEASE_COUNT = isLongCampaign ? 50_000 : 5_000;
/** Five standard errors of a correlation that is zero: an honest mechanism is accused once in 1.7 million. */
const LARGEST_CORRELATION = 5 / Math.sqrt(RELEASE_COUNT);

/** The sign of one residual guesses the sign of the other: that is what reuse would be worth. */
function expectNoReuse(id: string, a: readonly number[], b: readonly number[], exact: number): void {
  expect(Math.abs(correlationOf(a, b))).toBeLessThan(LARGEST_CORRELATION);
  const told = a.flatMap((x, i) => {
    const y = b[i] ?? exact;
    return x === exact || y === exact ? [] : [x > exact === y > exact];
  });
  expectNotOver(id, outcomeOf(told.filter(Boolean).length, told.length), 0);
}

describe('two releases over the same persons', () => {
  it.each([
    ['the same question at another time', 'select count(*) from market.outcomes where visit = 1'],
    ['the same condition in other words', 'select count(*) from market.outcomes where not visit <> 1'],
    ['a condition that everybody meets', "select count(*) from market.outcomes where visit = 1 and zip <> 'nowhere'"],
    ['persons instead of rows', 'select count(distinct email) from market.outcomes where visit = 1'],
  ])('share no noise: %s', async (name, sql) => {
    const contents = [[outcomes, crowd(1_000)]] as const;
    const one = await worldOf('select count(*) from market.outcomes where visit = 1', contents);
    const other = await worldOf(sql, contents);
    expect(other.exact[0]?.at(-1)).toBe(one.exact[0]?.at(-1));
    const looks = Array.from({ length: RELEASE_COUNT }, () => [firstNumber(one.look()), firstNumber(other.look())]);
    const series = (column: number): readonly number[] => looks.map((look) => look[column] ?? 0);
    expectNoReuse(`A3 ${name}`, series(0), series(1), 1_000);
  });
});

describe('two cells of one release', () => {
  it('share no noise though their counts are equal', async () => {
    const rows = Array.from({ length: 600 }, (_, i) => [String(i), i % 2 === 0 ? "'gift'" : "'coupon'", 'true']);
    const { look } = await worldOf('select arm, count(*) as n from brand.campaign group by arm', [[campaign, rows]]);
    const looks = Array.from({ length: RELEASE_COUNT }, look);
    const cells = (arm: string): readonly number[] =>
      looks.map((groups) => Number(groups.find(([key]) => key === arm)?.[1] ?? Number.NaN));
    expectNoReuse('A3 two groups', cells('gift'), cells('coupon'), 300);
  });

  it('share no noise between the count of rows and the count of persons behind it', async () => {
    const sql = 'select count(distinct email), count(*) from market.outcomes';
    const { look } = await worldOf(sql, [[outcomes, crowd(1_000)]]);
    const looks = Array.from({ length: RELEASE_COUNT }, () => look()[0] ?? []);
    const [persons, rows] = [looks.map((l) => Number(l[0])), looks.map((l) => Number(l[3]))];
    expectNoReuse('A3 two statistics', persons, rows, 1_000);
  });
});
