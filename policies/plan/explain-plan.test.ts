import { describe, expect, it } from 'vitest';
import { columnOf, draftOf, keyOf, planDraft } from '../../test/support/drafts.ts';
import { seededBits } from '../../test/support/seeded-bits.ts';
import { campaign, events, outcomes } from '../../test/support/tables.ts';
import type { TableView } from '../collaboration/table-view.ts';
import { protect } from '../protect/protect.ts';
import { RawGroups } from '../protect/raw-groups.ts';
import { boundingPath, type ExpectedError, expectedErrors } from './explain-plan.ts';
import { PLAIN_SELECT } from './outer-query.ts';
import type { ProtectedPlan } from './protected-plan.ts';
import {
  type AggregateDraft,
  type GroupKey,
  measureColumn,
  type ReleasedMeasure,
  type Statistic,
} from './question-tree.ts';

const seed = Number(process.env.GALLEY_SEED ?? 20_111_111);
const amount = columnOf('t0', 'amount', events);
const category = keyOf(columnOf('t0', 'category', events));
const spend = columnOf('t0', 'spend', outcomes);
const sum: Statistic = {
  kind: 'sum',
  of: spend,
  scale: 2,
  row: { lower: 0n, upper: 50_000n },
  lower: 0n,
  upper: 50_000n,
};
const average: ReleasedMeasure = {
  kind: 'ratio',
  numerator: [{ statistic: 1, factor: 0.01 }],
  denominator: [{ statistic: 0, factor: 1 }],
};

/** What is told of a question that asks for every measure of a draft as it is. */
function told(draft: AggregateDraft): readonly ExpectedError[] {
  const items = draft.measures.map((_, i) => {
    const expression = { kind: 'column', relation: 'r0', column: measureColumn(i), type: { kind: 'double' }, at: null };
    return { name: `c${i}`, expression };
  });
  return expectedErrors({
    aggregates: [planDraft(draft)],
    outer: { ...PLAIN_SELECT, items, from: { kind: 'release', index: 0, alias: 'r0' } },
  } as unknown as ProtectedPlan);
}

describe('the expected error', () => {
  it('names what a person counts: in each group, or in all together where rows are fewer', () => {
    const measures: readonly ReleasedMeasure[] = [0, 1, 2].map((statistic) => ({ kind: 'count', statistic }));
    const statistics: readonly Statistic[] = [
      { kind: 'rows', when: null, upper: 20n },
      { kind: 'distinct', of: amount, upper: 2n },
    ];
    expect(told(draftOf([events], [category], statistics, measures)).map((e) => e.bound)).toEqual([
      'each person counts at most 1 in each of 3 groups',
      'each person counts at most 20 in all groups together',
      'each person counts at most 2 in each of 3 groups',
    ]);
  });

  it(`of an average over persons holds in the smallest group that shows (seed ${seed})`, () => {
    const draft = draftOf([outcomes], [keyOf(columnOf('t0', 'zip', outcomes))], [sum], [average]);
    const [error] = told(draft);
    const plan = planDraft(draft);
    const size = plan.releaseThreshold;
    expect(error?.bound).toBe(`each person counts at most 500, in a group of ${size} persons`);
    const truth = 320;
    const rows = Array.from({ length: 2_000 }, (_, i) => [`z${i}`, `${size + 40n}`, `${(size + 40n) * 32_000n}`]);
    const released = protect(plan, RawGroups.read(plan, rows), seededBits(seed)).rows;
    const near = released.filter(([, value]) => Math.abs(Number(value) - truth) <= (error?.halfWidth95 ?? 0));
    expect(near.length / released.length).toBeGreaterThan(0.95);
  });

  it('of what the rows decide is not told: other ratios, spreads and quantiles', () => {
    const bins = { scale: 2, lower: 0n, upper: 50_001n, count: 256 };
    const rows: Statistic = { kind: 'rows', when: null, upper: 1n };
    const measures: readonly ReleasedMeasure[] = [
      { ...average, denominator: [{ statistic: 2, factor: 1 }] },
      { kind: 'spread', form: 'var_pop', rows: 2, sum: 1, squares: 1, scale: 2, centre: 0n },
      { kind: 'quantile', statistic: 3, rank: 0.5, type: spend.type },
    ];
    const draft = draftOf([outcomes], [], [sum, rows, { kind: 'histogram', of: spend, bins, upper: 1n }], measures);
    expect(told(draft)).toEqual([]);
  });
});

describe('the path that bounds the groups of a person', () => {
  const label = columnOf('t0', 'category', events);
  const roomy = { ...events, rules: { ...events.rules, maxGroupsPerPerson: 50 } };
  const zip = keyOf(columnOf('t1', 'zip', outcomes));
  const cases: readonly [string, readonly TableView[], readonly GroupKey[], RegExp][] = [
    ['one-group', [events], [], /one group, of everybody/],
    ['one-row-per-person', [campaign], [keyOf(columnOf('t0', 'arm', campaign))], /one row/],
    ['group-depends-on-person', [events, outcomes], [zip], /something of the person/],
    ['public-groups', [events], [keyOf(label, ['a', 'b'])], /all 2 of their groups/],
    ['rows-per-person', [roomy], [category], /at most 20 rows/],
    ['kept-groups', [events], [category], /3 groups are kept/],
  ];

  it.each(cases)('is named and told in words: %s', (path, views, keys, words) => {
    const reach = boundingPath(planDraft(draftOf(views, keys, [])));
    expect(reach.path).toBe(path);
    expect(reach.words).toMatch(words);
  });
});
