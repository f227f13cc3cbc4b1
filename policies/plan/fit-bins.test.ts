import { describe, expect, it } from 'vitest';
import { columnOf, draftOf, keyOf, planDraft } from '../../test/support/drafts.ts';
import { events } from '../../test/support/tables.ts';
import type { GroupKey, Statistic } from './question-tree.ts';

const amount = columnOf('t0', 'amount', events);
const category = columnOf('t0', 'category', events);
const texts = (count: number): readonly string[] => Array.from({ length: count }, (_, i) => `c${i}`);

function binsOf(keys: readonly GroupKey[], count: number): number {
  const bins = { scale: 2, lower: 0n, upper: 10_000n, count };
  const statistics: readonly Statistic[] = [{ kind: 'histogram', of: amount, bins, upper: 20n }];
  const [, histogram] = planDraft(draftOf([events], keys, statistics)).statistics;
  return histogram?.kind === 'histogram' ? histogram.bins.count : 0;
}

describe('the bins of a histogram', () => {
  it('are as fine as asked for where there are few groups', () => {
    expect(binsOf([], 4_096)).toBe(4_096);
    expect(binsOf([keyOf(category, texts(256))], 4_096)).toBe(4_096);
  });

  it('are coarse where there are many groups, or where nobody knows', () => {
    expect(binsOf([keyOf(category, texts(257))], 4_096)).toBe(256);
    expect(binsOf([keyOf(category)], 4_096)).toBe(256);
    expect(binsOf([keyOf(category)], 16)).toBe(16);
  });
});
