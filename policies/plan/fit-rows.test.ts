import { describe, expect, it } from 'vitest';
import { columnOf, draftOf, keyOf, planDraft } from '../../test/support/drafts.ts';
import { events } from '../../test/support/tables.ts';
import { varianceOf } from './noise-variance.ts';
import type { GroupKey, Statistic } from './question-tree.ts';

const amount = columnOf('t0', 'amount', events);
const category = keyOf(columnOf('t0', 'category', events));
const ALL_ROWS = 10_000n;

function planned(rows: number, groups: number, keys: readonly GroupKey[], upper = ALL_ROWS) {
  const view = { ...events, rules: { ...events.rules, rowsPerPerson: rows, maxGroupsPerPerson: groups } };
  const bins = { scale: 2, lower: 0n, upper: 10_000n, count: 256 };
  const statistics: readonly Statistic[] = [{ kind: 'histogram', of: amount, bins, upper }];
  return planDraft(draftOf([view], keys, statistics));
}

function rowsTaken(...asked: Parameters<typeof planned>): bigint {
  const [, histogram] = planned(...asked).statistics;
  return histogram?.kind === 'histogram' ? histogram.upper : -1n;
}

describe('the rows of a person that a histogram takes in a group', () => {
  it('are as many as each group has where rows are spread evenly', () => {
    expect(rowsTaken(8, 8, [category])).toBe(1n);
    expect(rowsTaken(3, 8, [category])).toBe(1n);
    expect(rowsTaken(9, 8, [category])).toBe(2n);
    expect(rowsTaken(20, 8, [category])).toBe(3n);
  });

  it('are all of them where a person is in one group', () => {
    expect(rowsTaken(20, 8, [], 20n)).toBe(20n);
    expect(rowsTaken(20, 1, [category], 20n)).toBe(20n);
  });

  it('are no more than were asked for', () => {
    expect(rowsTaken(20, 8, [category], 2n)).toBe(2n);
  });

  it('are all where even shares are too many to be picked', () => {
    expect(rowsTaken(128, 8, [category])).toBe(16n);
    expect(rowsTaken(129, 8, [category])).toBe(129n);
  });

  it('are all where no more than are too many to be picked can be in a group', () => {
    expect(rowsTaken(400, 8, [category], 16n)).toBe(16n);
    expect(rowsTaken(400, 8, [category], 17n)).toBe(400n);
  });

  it('take an eighth of the variance where a person has eight rows in eight groups', () => {
    const noise = (groups: number) => varianceOf(planned(8, groups, [category], 8n).noise[1] ?? never());
    expect(noise(1) / noise(8)).toBeCloseTo(8, 4);
  });
});

function never(): never {
  throw new Error('a histogram has no noise');
}
