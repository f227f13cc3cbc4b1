import { describe, expect, it } from 'vitest';
import { runSql } from '../../test/support/engine.ts';
import { loadTable } from '../../test/support/load-table.ts';
import { assertAllows, assertAllowsAudience } from '../../test/support/policy-assertions.ts';
import { planOf, rowsOf } from '../../test/support/run-plan.ts';
import { campaign, events, outcomes } from '../../test/support/tables.ts';
import { columnsNeeded } from '../plan/columns-needed.ts';
import { planQuestion } from '../plan/protected-plan.ts';
import { printPersons } from './print-aggregate.ts';

const categories = Array.from({ length: 12 }, (_, i) => `'c${i}'`);

describe('the groups that a person over the bound keeps', () => {
  it('are as many as declared, follow the salt and not the order of rows, and are the same at every run', async () => {
    const [aggregate] = (await planOf('select category, count(*) from market.events group by category')).aggregates;
    if (aggregate === undefined) return expect.fail('no aggregation');
    const kept = async (rows: readonly string[], salt: bigint): Promise<readonly unknown[]> => {
      await loadTable(
        events,
        rows.map((c) => ['1', c, null, '1']),
      );
      return (await rowsOf({ ...aggregate, minGroupSize: 0 }, salt)).map((r) => r[0]).toSorted();
    };
    const first = await kept(categories, 1n);
    expect(first).toHaveLength(3);
    expect(await kept(categories.toReversed(), 1n)).toEqual(first);
    const others = await Promise.all([2n, 3n, 4n, 5n].map((salt) => kept(categories, salt)));
    expect(others.some((o) => o.join() !== first.join())).toBe(true);
  });

  it('are not used up by values that no public group has', async () => {
    const rows = ["'else'", "'gift'", "'other'"].map((arm) => ['1', arm, 'true']);
    const often = { ...campaign, rules: { ...campaign.rules, rowsPerPerson: 3 } };
    await loadTable(often, rows);
    const asked = await assertAllows('select arm, count(*) from brand.campaign group by arm', { tables: [often] });
    const [aggregate] = planQuestion(asked, { epsilon: 1, delta: 1e-6 }).aggregates;
    expect(aggregate && (await rowsOf(aggregate))).toEqual([['gift', '1', '1']]);
  });
});

describe('the persons of an audience', () => {
  it('are those of all tables for whom every condition holds, once each, and never nobody', async () => {
    await loadTable(outcomes, [
      ['1', '1', '1', "'a'", null],
      ['1', '1', '2', "'b'", null],
      ['2', '0', '1', "'a'", null],
      ['3', null, '1', "'a'", null],
      ['4', '1', '1', "'a'", null],
      [null, '1', '1', "'a'", null],
    ]);
    await loadTable(campaign, [
      ['1', "'gift'", 'true'],
      ['2', "'gift'", 'true'],
      ['3', "'gift'", 'true'],
      [null, "'gift'", 'true'],
    ]);
    const joined = await assertAllowsAudience(
      'select c.email from brand.campaign c join market.outcomes o using (email) where o.visit = 1',
    );
    expect(await runSql(printPersons(joined).sql, [1n])).toEqual([[1n]]);
    const alone = await assertAllowsAudience('select email from market.outcomes where visit = 1');
    expect((await runSql(printPersons(alone).sql, [1n])).map((r) => r[0]).toSorted()).toEqual([1n, 4n]);
  });
});

describe('the columns that the wall is given', () => {
  it('are the identity and what the question names, table by table', async () => {
    const [aggregate] = (
      await planOf(
        "select c.arm, sum(o.spend), count(*) filter (where o.zip = 'a') from brand.campaign c join market.outcomes o using (email) where o.visit = 1 group by 1",
      )
    ).aggregates;
    const needed = aggregate ? columnsNeeded(aggregate).map((n) => [n.table.view.alias, n.columns.toSorted()]) : [];
    expect(needed).toEqual([
      ['campaign', ['arm', 'email']],
      ['outcomes', ['email', 'spend', 'visit', 'zip']],
    ]);
  });
});
