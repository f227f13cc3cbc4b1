import { describe, expect, it } from 'vitest';
import { isOwnAlone } from './persons-decided-by.ts';

describe('exact counts over a table of its own', () => {
  it('follow from other rows too where households are the unit and another member has persons', () => {
    const owners = new Set(['jiufang', 'chenxi']);
    expect(isOwnAlone({ unit: 'household', owners }, 'jiufang')).toBe(false);
    expect(isOwnAlone({ unit: 'household', owners: new Set(['chenxi']) }, 'jiufang')).toBe(false);
  });

  it('are its own where nobody else has persons, and where each person is a unit', () => {
    expect(isOwnAlone({ unit: 'household', owners: new Set(['jiufang']) }, 'jiufang')).toBe(true);
    expect(isOwnAlone({ unit: 'person', owners: new Set(['jiufang', 'chenxi']) }, 'jiufang')).toBe(true);
  });
});
