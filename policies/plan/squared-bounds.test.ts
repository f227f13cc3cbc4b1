// The bounds that noise follows from, against every way in which one person's rows can fall.
import { describe, expect, it } from 'vitest';
import { columnOf, draftOf, keyOf } from '../../test/support/drafts.ts';
import { events } from '../../test/support/tables.ts';
import { contributionOf } from './contribution.ts';
import type { Statistic } from './question-tree.ts';

const amount = columnOf('t0', 'amount', events);
const category = columnOf('t0', 'category', events);

/** Squared L2 that the plan reckons with, for a table of `rows` rows a person and `groups` groups. */
function reckoned(statistic: Statistic, rows: number, groups: number): bigint {
  const view = { ...events, rules: { ...events.rules, rowsPerPerson: rows, maxGroupsPerPerson: groups } };
  return contributionOf(draftOf([view], [keyOf(category)], [statistic])).squaredL2[1] ?? -1n;
}

/** Every way to put `rows` rows, each of one of `values`, into `groups` groups or none: totals of the groups. */
function* totals(rows: number, groups: number, values: readonly number[]): Generator<readonly number[]> {
  if (rows === 0) {
    yield new Array<number>(groups).fill(0);
    return;
  }
  for (const before of totals(rows - 1, groups, values)) {
    yield before;
    for (let group = 0; group < groups; group += 1) {
      for (const value of values) yield before.with(group, (before[group] ?? 0) + value);
    }
  }
}

/** The largest sum of squares over all data of one person, each group's total bounded by `bound`. */
function largest(rows: number, groups: number, values: readonly number[], bound: (total: number) => number): bigint {
  let most = 0;
  for (const all of totals(rows, groups, values)) {
    most = Math.max(
      most,
      all.reduce((sum, total) => sum + bound(total) ** 2, 0),
    );
  }
  return BigInt(most);
}

/** The largest sum of squares over the bins of all groups, of two bins each, with at most `upper` rows in a group. */
function largestOfBins(rows: number, groups: number, upper: number): bigint {
  let most = 0;
  for (const bins of totals(rows, groups * 2, [1])) {
    const isWithin = bins.every((n, bin) => bin % 2 === 1 || n + (bins[bin + 1] ?? 0) <= upper);
    if (isWithin)
      most = Math.max(
        most,
        bins.reduce((sum, n) => sum + n * n, 0),
      );
  }
  return BigInt(most);
}

const clamp = (lower: number, upper: number) => (total: number) => Math.max(lower, Math.min(upper, total));
const cases = [1, 2, 3, 4].flatMap((rows) => [1, 2, 3].map((groups) => [rows, groups] as const));

describe.each(cases)('with %d rows and %d groups a person', (rows, groups) => {
  it('rows and distinct values are bounded by the worst data there is, and no further', () => {
    for (const upper of [1, 2, 3, 4, 5]) {
      const worst = largest(rows, groups, [1], clamp(0, upper));
      expect(reckoned({ kind: 'rows', when: null, upper: BigInt(upper) }, rows, groups)).toBe(worst);
      expect(reckoned({ kind: 'distinct', of: amount, upper: BigInt(upper) }, rows, groups)).toBe(worst);
    }
  });

  it.each([
    [0, 2, 0, 3],
    [0, 2, 0, 100],
    [-1, 2, -4, 3],
    [-2, -1, -3, 0],
    [0, 3, 0, 4],
  ])('sums of rows in %d…%d within %d…%d are', (low, high, lower, upper) => {
    const statistic: Statistic = {
      kind: 'sum',
      of: amount,
      scale: 0,
      row: { lower: BigInt(low), upper: BigInt(high) },
      lower: BigInt(lower),
      upper: BigInt(upper),
    };
    const values = Array.from({ length: high - low + 1 }, (_, i) => low + i);
    const worst = largest(rows, groups, values, clamp(lower, upper));
    const bound = reckoned(statistic, rows, groups);
    expect(bound).toBeGreaterThanOrEqual(worst);
    // Tight wherever no clamp takes from the larger side, so that whole rows fill it.
    const [reach, side] = high >= -low ? [high, upper] : [-low, -lower];
    if (side >= rows * reach) expect(bound).toBe(worst);
  });

  it('squares are', () => {
    for (const upper of [3, 4, 8, 100]) {
      const row = { lower: 0n, upper: 3n };
      const statistic: Statistic = { kind: 'squares', of: amount, scale: 0, row, centre: 1n, upper: BigInt(upper) };
      const worst = largest(rows, groups, [0, 1, 4], clamp(0, upper));
      expect(reckoned(statistic, rows, groups)).toBeGreaterThanOrEqual(worst);
      if (upper % 4 === 0) expect(reckoned(statistic, rows, groups)).toBe(worst);
    }
  });

  it('a histogram is, level by level, by the worst data there is, and no further', () => {
    for (const upper of [1, 2, 3, 9]) {
      const worst = largestOfBins(rows, groups, upper);
      const bins = { scale: 0, lower: 0n, upper: 256n, count: 256 };
      expect(reckoned({ kind: 'histogram', of: amount, bins, upper: BigInt(upper) }, rows, groups)).toBe(2n * worst);
    }
  });
});

describe('a sum whose clamp leaves zero out', () => {
  it('is as large in every group as the clamp says, however few rows there are', () => {
    const statistic: Statistic = {
      kind: 'sum',
      of: amount,
      scale: 0,
      row: { lower: 0n, upper: 1n },
      lower: 5n,
      upper: 7n,
    };
    expect(reckoned(statistic, 3, 3)).toBe(3n * 49n);
  });
});

describe('bounds that could leave the 128 bits of the engine', () => {
  it.each<[string, Statistic]>([
    ['of a total', { kind: 'sum', of: amount, scale: 0, row: null, lower: 0n, upper: 10n ** 28n }],
    [
      'of the rows before they are clamped',
      { kind: 'sum', of: amount, scale: 0, row: { lower: 0n, upper: 10n ** 37n }, lower: 0n, upper: 1n },
    ],
    [
      'of squares',
      {
        kind: 'squares',
        of: amount,
        scale: 0,
        row: { lower: 0n, upper: 10n ** 19n },
        centre: 0n,
        upper: 1n,
      },
    ],
  ])('are refused: %s', (_, statistic) => {
    expect(() => reckoned(statistic, 20, 3)).toThrow(RangeError);
  });
});
