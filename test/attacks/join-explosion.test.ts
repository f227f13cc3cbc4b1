// A16, join explosion: a person with a thousand rows in two tables has a million in their join, and a bound that was
// made for one table is worth nothing after it. Rows, totals and groups are bounded after the last join, and for the
// product of what the owners declared.
import { describe, expect, it } from 'vitest';
import { loadTable } from '../support/load-table.ts';
import { assertDenies } from '../support/policy-assertions.ts';
import { planOf, rowsOf } from '../support/run-plan.ts';
import { events, outcomes } from '../support/tables.ts';

describe('a person with many rows on both sides of a join', () => {
  it('counts for no more rows than the owners declared together', async () => {
    await loadTable(
      events,
      Array.from({ length: 300 }, () => ['7', "'a'", null, '1']),
    );
    const sql = 'select count(*), sum(a.amount * b.amount) from market.events a join market.events b using (email)';
    const [aggregate] = (await planOf(sql)).aggregates;
    if (aggregate === undefined) return expect.fail('no aggregation');
    const [row = []] = await rowsOf(aggregate);
    // 20 rows on each side are 400; the products are of 1 by 1, with four digits after the point.
    expect(row.map(Number)).toEqual([1, 400, 400 * 10_000]);
  });

  it('reaches no more groups than one of the owners allows', async () => {
    const categories = Array.from({ length: 26 }, (_, i) => `'${String.fromCharCode(97 + i)}'`);
    await loadTable(
      events,
      categories.map((c) => ['7', c, null, '1']),
    );
    await loadTable(outcomes, [['7', '1', '1', "'x'", null]]);
    const sql = 'select category, zip, count(*) from market.events join market.outcomes using (email) group by 1, 2';
    const [aggregate] = (await planOf(sql)).aggregates;
    expect(aggregate && (await rowsOf({ ...aggregate, minGroupSize: 0 })).length).toBe(3);
  });

  it('meets nobody else: a join on another column is refused', async () => {
    await assertDenies(
      'select count(*) from market.events a join market.events b on a.day = b.day',
      'join-uses-match-key',
    );
    await assertDenies('select count(*) from market.events a, market.outcomes b', 'join-uses-match-key');
  });
});
