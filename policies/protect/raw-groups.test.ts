import { describe, expect, it } from 'vitest';
import { columnOf, draftOf, planDraft } from '../../test/support/drafts.ts';
import { outcomes } from '../../test/support/tables.ts';
import type { Statistic } from '../plan/question-tree.ts';
import { RawGroups } from './raw-groups.ts';

const spend = columnOf('t0', 'spend', outcomes);
const histogram: Statistic = {
  kind: 'histogram',
  of: spend,
  bins: { scale: 2, lower: 0n, upper: 50_000n, count: 256 },
  upper: 1n,
};
const plan = planDraft(draftOf([outcomes], [], [histogram]));

describe('a histogram from the engine', () => {
  it('is its bins with their rows, or none', () => {
    const [group] = RawGroups.open(RawGroups.read(plan, [['9', '0:4,7:1,255:4']]));
    const bins = new Map([
      [0, 4n],
      [7, 1n],
      [255, 4n],
    ]);
    expect(group?.statistics).toEqual([9n, bins]);
    expect(RawGroups.open(RawGroups.read(plan, [['0', null]]))[0]?.statistics).toEqual([0n, new Map()]);
  });

  it.each([
    ['a bin twice', '7:1,7:1'],
    ['bins out of order', '8:1,7:1'],
    ['a bin that there is not', '256:1'],
    ['a count below zero', '7:-1'],
    ['a count that is not whole', '7:1.5'],
    ['a count beyond all rows', `7:${'9'.repeat(19)}`],
    ['a bin below zero', '-1:1'],
    ['no count', '7:'],
    ['an empty text', ''],
    ['an end too many', '7:1,'],
    ['spaces', '7: 1'],
    ['a text longer than all bins', '0:1,'.repeat(10_000)],
    ['a number', 7n],
    ['a truth', true],
  ])('is refused with %s, without a word of it', (_, cell) => {
    expect(() => RawGroups.read(plan, [['9', cell]])).toThrow(/^a histogram is not bins with whole numbers$/);
  });

  it('is refused where a number belongs', () => {
    expect(() => RawGroups.read(plan, [['7:1', '7:1']])).toThrow(TypeError);
  });
});
