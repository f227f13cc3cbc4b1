// A5 and A6, a group of one: group by something that only one person has (a rare value, a fraction of a second, the
// identity itself) and read the person's other columns off the group. Groups under minGroupSize never leave the engine;
// the identity is no key; and loading one person fifty times does not make it fifty persons.
import { describe, expect, it } from 'vitest';
import { loadTable } from '../support/load-table.ts';
import { assertDenies } from '../support/policy-assertions.ts';
import { planOf, releaseOf, rowsOf } from '../support/run-plan.ts';
import { events, outcomes } from '../support/tables.ts';

describe('a key that only one person has', () => {
  it('leaves neither the engine nor the release', async () => {
    const persons = Array.from({ length: 400 }, (_, i) => [String(i), '1', '10', `'only-${i}'`, null]);
    await loadTable(outcomes, persons);
    const [aggregate] = (await planOf('select zip, count(*), sum(spend) from market.outcomes group by zip', 4))
      .aggregates;
    if (aggregate === undefined) return expect.fail('no aggregation');
    expect(await rowsOf(aggregate)).toEqual([]);
    expect((await releaseOf(aggregate)).rows).toEqual([]);
  });

  it('does not become a group by being loaded many times', async () => {
    await loadTable(
      events,
      Array.from({ length: 500 }, () => ['7', "'rare'", "'2024-01-01'", '1']),
    );
    const [aggregate] = (await planOf('select category, count(*) from market.events group by category', 4)).aggregates;
    expect(aggregate && (await rowsOf(aggregate))).toEqual([]);
  });

  it('is not the identity, under any name', async () => {
    for (const key of ['email', 'cast(email as text)', 'case when visit = 1 then email end', 'o.email || zip']) {
      await assertDenies(`select count(*) from market.outcomes o group by ${key}`, 'identity-stays-inside');
    }
  });
});
