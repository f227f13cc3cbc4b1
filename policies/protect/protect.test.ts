import { describe, expect, it } from 'vitest';
import { loadTable } from '../../test/support/load-table.ts';
import { assertReleases, planOf, releaseOf, systemBits } from '../../test/support/run-plan.ts';
import { campaign, events, outcomes } from '../../test/support/tables.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import { protect, releaseColumns } from './protect.ts';
import { type Cell, RawGroups } from './raw-groups.ts';

/** `count` persons from `first` on, with the same values. */
const persons = (first: number, count: number, ...values: (string | null)[]): (string | null)[][] =>
  Array.from({ length: count }, (_, i) => [String(first + i), ...values]);

async function firstAggregate(sql: string, epsilon?: number): Promise<PlannedAggregate> {
  const [aggregate] = (await planOf(sql, epsilon)).aggregates;
  return aggregate ?? expect.fail('no aggregation');
}

describe('a release without noise', () => {
  it('counts persons and rows, sums and averages, bounded a person', async () => {
    await loadTable(outcomes, [
      ...persons(1, 60, '1', '10.50', "'a'", null),
      ...persons(101, 55, '0', '900', "'b'", null),
      ...persons(201, 20, '1', '1', "'c'", null),
      // A second row of persons who should have one: it is cut.
      ...persons(1, 60, '1', '10.50', "'a'", null),
    ]);
    await assertReleases(
      'select zip, count(*) as n, count(distinct email) as p, sum(spend) as s, avg(spend) as a, sum(visit) as v from market.outcomes group by zip order by zip',
      [
        ['a', 60, 60, 630, 10.5, 60],
        ['b', 55, 55, 27_500, 500, 0],
      ],
    );
  });

  it('keeps each person to the groups it may reach', async () => {
    const categories = ["'a'", "'b'", "'c'", "'d'", "'e'"];
    await loadTable(
      events,
      categories.flatMap((c) => persons(1, 300, c, null, '2')),
    );
    await assertReleases(
      'select sum(n) as n, sum(s) as s from (select category, count(*) as n, sum(amount) as s from market.events group by category) g',
      [[900, 1_800]],
    );
  });

  it('counts only persons of all the joined tables', async () => {
    await loadTable(outcomes, persons(1, 80, '1', '1', "'a'", null));
    await loadTable(campaign, [...persons(1, 30, "'gift'", 'true'), ...persons(31, 100, "'coupon'", 'false')]);
    await assertReleases(
      'select arm, count(distinct email) as p from brand.campaign join market.outcomes using (email) group by arm having p > 0 order by p',
      // gift has 30 persons, under the minimum of 50; control has none. All three are drawn, and one passes.
      [['coupon', 50]],
    );
  });

  it('shows HAVING, ORDER BY, LIMIT and arithmetic of released values', async () => {
    await loadTable(outcomes, [...persons(1, 70, '1', '2', "'a'", null), ...persons(101, 90, '0', '2', "'b'", null)]);
    await assertReleases(
      "select zip || '!' as z, count(*) * 2 as n, sum(visit) / count(*) as r from market.outcomes group by zip having count(*) > 60 order by n desc limit 1",
      [['b!', 180, 0]],
    );
  });

  it('counts by condition, and holds dates, booleans and fractions as keys', async () => {
    await loadTable(events, persons(1, 60, "'a'", "'2024-11-11'", '3'));
    await assertReleases(
      "select day, amount_class, count(distinct email) filter (where category = 'a') as a, count(distinct email) filter (where category = 'b') as b from (select email, day, category, round(1.5, 1) as amount_class from market.events) e group by day, amount_class",
      [['2024-11-11', '1.5', 60, 0]],
    );
  });
});

describe('a condition', () => {
  it('and its opposite count other persons', async () => {
    await loadTable(outcomes, [...persons(1, 60, '1', '1', "'a'", null), ...persons(101, 70, '0', '1', "'b'", null)]);
    const counts = [
      "zip in ('a', 'c')",
      "zip not in ('a', 'c')",
      'zip is null',
      'zip is not null',
      "zip = 'a'",
      "zip <> 'a'",
    ];
    const columns = counts.map((c, i) => `count(distinct email) filter (where ${c}) as n${i}`);
    await assertReleases(`select ${columns.join(', ')} from market.outcomes`, [[60, 70, 0, 130, 60, 70]]);
  });
});

describe('a person with many rows', () => {
  it('is counted once for a condition that holds on several of them', async () => {
    await loadTable(events, [...persons(1, 60, "'a'", null, '3'), ...persons(1, 60, "'a'", null, '4')]);
    await assertReleases(
      "select count(distinct email) filter (where category = 'a') as a, count(*) filter (where category = 'a') as n from market.events",
      [[60, 120]],
    );
  });
});

describe('suppression', () => {
  const sql = 'select zip, count(*) from market.outcomes group by zip';
  const groups = (...sizes: number[]): readonly (readonly Cell[])[] => sizes.map((s, i) => [`z${i}`, `${s}`, `${s}`]);

  it('never shows a protected group under minGroupSize, whatever the engine returns and the noise does', async () => {
    const aggregate = await firstAggregate(sql, 0.01);
    for (let i = 0; i < 300; i += 1) {
      const release = protect(aggregate, RawGroups.read(aggregate, groups(49, 1, 0)), systemBits);
      expect(release.rows).toEqual([]);
    }
  });

  it('shows groups in the order of their keys, not of the engine', async () => {
    const aggregate = { ...(await firstAggregate(sql, 1e40)), minGroupSize: 0, releaseThreshold: 0n };
    const rows = [
      ['b', '90', '90'],
      [null, '90', '90'],
      ['a', '90', '90'],
    ] as const;
    const keys = protect(aggregate, RawGroups.read(aggregate, rows), systemBits).rows.map((r) => r[0]);
    expect(keys).toEqual(
      protect(aggregate, RawGroups.read(aggregate, rows.toReversed()), systemBits).rows.map((r) => r[0]),
    );
  });

  it('draws every public group, those without a person too, and shows none that nobody listed', async () => {
    const aggregate = {
      ...(await firstAggregate('select arm, count(*) from brand.campaign group by arm')),
      releaseThreshold: -1_000_000n,
    };
    const raw = RawGroups.read(aggregate, [
      ['gift', '10', '10'],
      ['stolen', '999', '999'],
    ]);
    expect(protect(aggregate, raw, systemBits).rows.map((r) => r[0])).toEqual(['gift', 'coupon', 'control']);
  });
});

describe('what leaves', () => {
  it('fits 64 bits, whatever the data holds', async () => {
    const aggregate = { ...(await firstAggregate('select sum(visit) from market.outcomes')), releaseThreshold: 0n };
    const raw = RawGroups.read(aggregate, [['99', `${10n ** 30n}`]]);
    const [row] = protect(aggregate, raw, systemBits).rows;
    expect(row).toEqual([2n ** 63n - 1n, 2n ** 63n - 1n, 2n ** 63n - 1n]);
    const debts = RawGroups.read(aggregate, [['99', `${-(10n ** 30n)}`]]);
    const [lowest] = protect(aggregate, debts, systemBits).rows;
    expect(lowest).toEqual([1n - 2n ** 63n, 1n - 2n ** 63n, 1n - 2n ** 63n]);
  });

  it('has a cell for each of its columns', async () => {
    await loadTable(outcomes, persons(1, 500, '1', '10.50', "'a'", null));
    const aggregate = await firstAggregate(
      'select zip, count(*), sum(spend), avg(spend) from market.outcomes group by zip',
    );
    const release = await releaseOf(aggregate);
    expect(release.rows.map((r) => r.length)).toEqual([releaseColumns(aggregate).length]);
  });

  it('is refused when a statistic is no whole number, or one is missing', async () => {
    const aggregate = await firstAggregate('select sum(visit) from market.outcomes');
    for (const row of [['1.5', '1'], ['1', 1], ['1'], ['1', '1', '1'], ['0x10', '1'], ['1e3', '1'], ['', '1']]) {
      expect(() => RawGroups.read(aggregate, [row])).toThrow(TypeError);
    }
  });
});

/** Share of intervals that hold the truth; 5 standard errors below 95 % over 4,000 are 1.7 %. */
const TRIALS = 4_000;

async function coverage(sql: string, row: readonly string[], truth: number): Promise<number> {
  const aggregate = { ...(await firstAggregate(sql)), releaseThreshold: -(1n << 60n) };
  let held = 0;
  for (let i = 0; i < TRIALS; i += 1) {
    const [cells = []] = protect(aggregate, RawGroups.read(aggregate, [row]), systemBits).rows;
    const [value, low, high] = cells.map((c) => (c === null ? null : Number(c)));
    // An average that is lost in its noise is NULL and claims nothing.
    if (value === null || low == null || high == null) continue;
    if (low <= truth && truth <= high) held += 1;
  }
  return held / TRIALS;
}

describe('95 % intervals', () => {
  it('of counts hold the truth that often, near zero too', async () => {
    expect(await coverage('select count(*) from market.outcomes', ['1000', '1000'], 1_000)).toBeGreaterThan(0.933);
    expect(await coverage('select count(*) from market.outcomes', ['2', '2'], 2)).toBeGreaterThan(0.933);
  });
  it('of sums in fixed point hold it', async () => {
    expect(await coverage('select sum(spend) from market.outcomes', ['1000', '1234567'], 12_345.67)).toBeGreaterThan(
      0.933,
    );
  });
  it.each([
    [1_000, 123.45],
    [120, 499],
    [60, 3],
  ])('of averages of %i rows hold it', async (count, average) => {
    const sum = Math.round(count * average * 100);
    const share = await coverage(
      'select avg(spend) from market.outcomes',
      [`${count}`, `${sum}`, `${count}`],
      sum / 100 / count,
    );
    expect(share).toBeGreaterThan(0.93);
  });
});

describe('raw groups', () => {
  it('give nothing away in text, JSON, printing, cloning or listing', async () => {
    const { inspect } = await import('node:util');
    const aggregate = await firstAggregate('select zip, count(*) from market.outcomes group by zip');
    const raw = RawGroups.read(aggregate, [['SECRETZIP', '4711', '4711']]);
    expect(() => JSON.stringify(raw)).toThrow(TypeError);
    expect(() => JSON.stringify({ deep: [raw] })).toThrow(TypeError);
    const shown = [
      `${raw}`,
      String(raw),
      inspect(raw, { showHidden: true, depth: 9 }),
      inspect(raw, { customInspect: false, showHidden: true, depth: 9 }),
      inspect({ raw }),
      JSON.stringify(Object.entries(raw)),
      JSON.stringify(Object.getOwnPropertyNames(raw)),
      JSON.stringify(structuredClone(raw)),
      JSON.stringify({ ...raw }),
    ].join();
    expect(shown).not.toMatch(/SECRETZIP|4711/);
  });

  it('give nothing away in the error for a row that is none', async () => {
    const aggregate = await firstAggregate('select zip, count(*) from market.outcomes group by zip');
    expect(() => RawGroups.read(aggregate, [['SECRETZIP', 'x4711', '1']])).toThrow(/^a count is not a whole number$/);
  });
});
