import { describe, expect, it } from 'vitest';
import { events } from '../../test/support/tables.ts';
import { rulesOf } from './collaboration-record.ts';

describe('the rules of a binding', () => {
  it('are those that were stored', () => {
    expect(rulesOf({ rules_json: JSON.stringify(events.rules) })).toEqual(events.rules);
    const publicTable = { rowsPerKey: 3 };
    expect(rulesOf({ rules_json: JSON.stringify({ ...events.rules, publicTable }) })).toMatchObject({ publicTable });
  });

  it('never make a table public that they were stored for before there were public tables', () => {
    const { publicTable: _, ...early } = events.rules;
    expect(rulesOf({ rules_json: JSON.stringify(early) }).publicTable).toBeNull();
  });
});
