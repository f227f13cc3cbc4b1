// A14 and A16, the sum of one: give one person a value so large that it shows through any noise, or so small that it
// pulls the sum of a group under what the others can have. Each person's total is clamped to what the owner declared
// before anything is added up; the noise is made for that bound.
import { describe, expect, it } from 'vitest';
import { loadTable } from '../support/load-table.ts';
import { planOf, rowsOf } from '../support/run-plan.ts';
import { events, outcomes } from '../support/tables.ts';

async function sumOf(sql: string): Promise<number> {
  const [aggregate] = (await planOf(sql)).aggregates;
  const [row] = aggregate ? await rowsOf(aggregate) : [];
  return Number(row?.at(-1) ?? Number.NaN) / 100;
}

describe('an outlier', () => {
  const crowd = Array.from({ length: 100 }, (_, i) => [String(i), '1', '10', "'a'", null]);

  it.each(['9999999999999999.99', '-9999999999999999.99', '501', '-1'])(
    'of %s adds no more than the owner declared for a person',
    async (value) => {
      await loadTable(outcomes, crowd);
      const before = await sumOf('select sum(spend) from market.outcomes');
      await loadTable(outcomes, [...crowd, ['999', '1', value, "'a'", null], ['999', '1', value, "'a'", null]]);
      const after = await sumOf('select sum(spend) from market.outcomes');
      expect(Math.abs(after - before)).toBeLessThanOrEqual(500);
    },
  );

  it('is the total of a person, not a row: many small rows are cut as well', async () => {
    await loadTable(
      events,
      Array.from({ length: 5_000 }, () => ['7', "'a'", null, '99']),
    );
    expect(await sumOf('select sum(amount) from market.events')).toBe(300);
  });

  it('is cut after the filter, so that a filter cannot make it count more', async () => {
    await loadTable(
      events,
      Array.from({ length: 20 }, (_, i) => ['7', i === 0 ? "'a'" : "'b'", null, '99999']),
    );
    expect(await sumOf("select sum(amount) from market.events where category = 'a'")).toBe(100);
  });
});
