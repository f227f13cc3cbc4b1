import { describe, expect, it } from 'vitest';
import { assertAllows, assertAllowsAudience } from '../../test/support/policy-assertions.ts';
import { planOf } from '../../test/support/run-plan.ts';
import { campaign, outcomes } from '../../test/support/tables.ts';
import type { CheckedAudience } from '../check/check-audience.ts';
import { FunctionNames } from './function-names.ts';
import { printAggregate, printPersons } from './print-aggregate.ts';
import { printBounds } from './print-bounds.ts';

const named = (...functions: readonly string[]) =>
  functions.map((name, i) => ({ name: `galley_f${i}`, digest: `digest-of-${name}` }));

async function printed(sql: string): Promise<ReturnType<typeof printAggregate>> {
  const [aggregate] = (await planOf(sql)).aggregates;
  return aggregate === undefined ? expect.fail('a question without an aggregation') : printAggregate(aggregate);
}

describe('the scoring functions of a printed query', () => {
  it('are named by us, in order of appearance, each version once', async () => {
    const { sql, functions } = await printed(
      "select isv.tier(category), sum(isv.risk(amount)), avg(isv.risk(isv.steps(length(category)))) from market.events where isv.tier(category) <> 'a' group by 1",
    );
    expect(functions).toEqual(named('tier', 'risk', 'steps'));
    for (const { name } of functions) expect(sql).toContain(`${name}(TRY_CAST(`);
    expect(sql).toContain('galley_f1(TRY_CAST(');
    expect(sql).not.toContain('isv');
  });

  it('are named where they stand below others, in subqueries and in joins', async () => {
    const { functions } = await printed(
      "select count(*) from (select email, isv.steps(count(*)) as n from market.events group by email having isv.steps(count(*)) > 1) s join market.outcomes o on o.email = s.email and isv.tier(o.zip) = 'a' where n < 5",
    );
    expect(functions.map((f) => f.digest).toSorted()).toEqual(['digest-of-steps', 'digest-of-tier']);
  });

  it('are none in a question that calls none', async () => {
    expect((await printed('select count(*) from market.events')).functions).toEqual([]);
  });

  it('are told of what runs first to find bounds, each by itself', async () => {
    const [aggregate] = (
      await planOf('select sum(isv.churn(1, amount) * 3), sum(auto_clamp(isv.risk(amount))) from market.events')
    ).aggregates;
    expect(aggregate?.bounds.map((b) => printBounds(b).functions)).toEqual([named('risk')]);
  });

  it('are told of an audience', async () => {
    const audience = { columns: ['visit', 'zip'], minSize: 100, destinations: [], purposes: null, blurred: null };
    const view = { ...outcomes, rules: { ...outcomes.rules, audience, filters: ['visit', 'spend'] } };
    const checked: CheckedAudience = await assertAllowsAudience(
      "select email from market.outcomes where isv.tier(zip) = 'a'",
      [view, campaign],
    );
    expect(printPersons(checked).functions).toEqual(named('tier'));
  });

  it('keep the names that a part of the query has already', () => {
    const names = new FunctionNames([{ name: 'galley_f0', digest: 'old' }]);
    expect([names.nameOf('new'), names.nameOf('old'), names.nameOf('new')]).toEqual([
      'galley_f1',
      'galley_f0',
      'galley_f1',
    ]);
    expect(names.list()).toHaveLength(2);
  });

  it('stand once in the text for each call, however deep scores are nested', async () => {
    // Some thirty calls are all that the weight of a question allows.
    const DEPTH = 25;
    let nested = 'amount';
    for (let depth = 0; depth < DEPTH; depth += 1) nested = `isv.risk(${nested})`;
    const { sql } = await printed(`select sum(${nested}) from market.events`);
    expect(sql.match(/galley_f0\(/g)).toHaveLength(DEPTH);
    await assertAllows(`select sum(${nested}) from market.events`);
  });
});
