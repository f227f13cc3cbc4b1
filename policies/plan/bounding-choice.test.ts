import { describe, expect, it } from 'vitest';
import { columnOf, draftOf, keyOf, planDraft } from '../../test/support/drafts.ts';
import { campaign, events, outcomes } from '../../test/support/tables.ts';
import { chooseBounding, declaredChoice } from './bounding-choice.ts';

const category = keyOf(columnOf('t0', 'category', events));
const byCategory = planDraft(draftOf([events], [category], []));
const joined = planDraft(draftOf([events, outcomes], [category], []));
const { rowsPerPerson, maxGroupsPerPerson } = events.rules;
const known = (most: number) => new Map([['market.events', most]]);

describe('the program by declared facts', () => {
  it('cuts every table, groups by persons and keeps groups where persons may have more', () => {
    expect(byCategory.path).toBe('kept-groups');
    expect(declaredChoice(byCategory)).toEqual({ uncut: new Set(), persons: 'grouped', groups: 'kept' });
  });

  it('does not group by persons where each is cut to one row', () => {
    const byArm = planDraft(draftOf([campaign], [keyOf(columnOf('t0', 'arm', campaign))], []));
    expect(declaredChoice(byArm)).toEqual({ uncut: new Set(), persons: 'one-row', groups: 'all' });
  });
});

describe('the program by exact facts', () => {
  it('leaves out a cut exactly up to the declared rows', () => {
    expect(chooseBounding(byCategory, known(rowsPerPerson)).uncut).toEqual(new Set(['market.events']));
    expect(chooseBounding(byCategory, known(rowsPerPerson + 1)).uncut).toEqual(new Set());
    expect(chooseBounding(joined, known(rowsPerPerson)).uncut).toEqual(new Set(['market.events']));
  });

  it('ranks no groups exactly up to as many rows as groups', () => {
    expect(chooseBounding(byCategory, known(maxGroupsPerPerson)).groups).toBe('all');
    expect(chooseBounding(byCategory, known(maxGroupsPerPerson + 1)).groups).toBe('kept');
  });

  it('does not group by persons exactly where nobody has two rows', () => {
    expect(chooseBounding(byCategory, known(1)).persons).toBe('one-row');
    expect(chooseBounding(byCategory, known(2)).persons).toBe('grouped');
    expect(chooseBounding(byCategory, known(0)).persons).toBe('one-row');
  });

  it('groups by persons where a joined table holds nobody, as a left join keeps their rows', () => {
    const nobody = new Map([
      ['market.events', rowsPerPerson],
      ['market.outcomes', 0],
    ]);
    expect(chooseBounding(joined, nobody)).toMatchObject({ persons: 'grouped', groups: 'kept' });
  });

  it('trusts the cut, and not the data, where somebody has more rows than declared', () => {
    const few = { ...events, rules: { ...events.rules, rowsPerPerson: 1 } };
    const plan = planDraft(draftOf([few], [keyOf(columnOf('t0', 'category', few))], []));
    expect(chooseBounding(plan, known(500))).toEqual({ uncut: new Set(), persons: 'one-row', groups: 'all' });
  });
});
