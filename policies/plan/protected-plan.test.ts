import { describe, expect, it } from 'vitest';
import { assertAllows, assertAllowsAudience } from '../../test/support/policy-assertions.ts';
import { planOf, systemBits } from '../../test/support/run-plan.ts';
import { tables } from '../../test/support/tables.ts';
import { wide } from '../../test/support/wide-table.ts';
import { conversionDelta } from '../account/ledger-account.ts';
import { epsilonOf } from '../account/zcdp.ts';
import { protect } from '../protect/protect.ts';
import { RawGroups } from '../protect/raw-groups.ts';
import { contributionOf } from './contribution.ts';
import { expectedErrors } from './explain-plan.ts';
import { varianceOf } from './noise-variance.ts';
import { planAudienceSize } from './plan-audience.ts';
import { chargeOf, type PlannedAggregate, planQuestion } from './protected-plan.ts';

async function aggregateOf(sql: string): Promise<PlannedAggregate> {
  const [aggregate] = (await planOf(sql)).aggregates;
  return aggregate ?? expect.fail('no aggregation');
}

describe('what one person can change', () => {
  it.each([
    ['without keys', 'select count(*) from market.events', 1],
    ['by a key of one row a person', 'select zip, count(*) from market.outcomes group by zip', 1],
    ['by a key that varies within a person', 'select category, count(*) from market.events group by category', 3],
    [
      'by keys of both',
      'select category, zip, count(*) from market.events join market.outcomes using (email) group by 1, 2',
      3,
    ],
    [
      'by a key of one row a person in a join with many',
      'select zip, count(*) from market.events join market.outcomes using (email) group by 1',
      1,
    ],
    ['by a constant', "select 'x', count(*) from market.events group by 1", 1],
  ])('reaches as many groups as declared: %s', async (_, sql, groups) => {
    expect((await aggregateOf(sql)).maxGroupsPerPerson).toBe(groups);
  });

  it('reaches no more groups than the strictest of the owners whose keys vary allows', async () => {
    const query = await assertAllows(
      'select e.category, w.label, count(*) from market.events e join market.wide w using (email) group by 1, 2',
      { tables: [...tables, wide] },
    );
    const [aggregate] = planQuestion(query, { epsilon: 1, delta: 1e-6 }).aggregates;
    expect(aggregate?.maxGroupsPerPerson).toBe(2);
  });

  it('is as much below nothing as above', async () => {
    const [aggregate] = (await planOf('select sum(-spend), sum(visit - 1) from market.outcomes')).aggregates;
    expect(aggregate && contributionOf(aggregate).linf).toEqual([1n, 50_000n, 1n]);
  });

  it('is the strictest group size of all owners', async () => {
    expect(
      (await aggregateOf('select count(*) from market.outcomes join brand.campaign using (email)')).minGroupSize,
    ).toBe(50);
  });

  it('lists public groups in the order of the owner, and none where one key is protected', async () => {
    expect(
      contributionOf(await aggregateOf('select arm, count(*) from brand.campaign group by arm')).publicGroups,
    ).toEqual([['gift'], ['coupon'], ['control']]);
    const mixed = await aggregateOf('select arm, mens, count(*) from brand.campaign group by 1, 2');
    expect(mixed.publicGroups).toBe(null);
    expect(mixed.charge.deltaSelection).toBeGreaterThan(0);
    const lowered = await aggregateOf('select lower(arm), count(*) from brand.campaign group by 1');
    expect(lowered.publicGroups).toBe(null);
  });
});

describe('a plan', () => {
  it('shares its loss among aggregations and statistics, and asks for no delta where groups are public', async () => {
    const sql =
      'select a.n, b.s from (select count(*) as n from market.outcomes) a cross join (select sum(spend) as s from market.outcomes) b';
    const { aggregates } = await planOf(sql, 2);
    const { rho, deltaSelection } = chargeOf(aggregates);
    expect(deltaSelection).toBe(0);
    expect(epsilonOf(rho, conversionDelta(1e-6))).toBeLessThanOrEqual(2);
    expect(aggregates.map((a) => a.charge.rho)).toEqual([rho / 2, rho / 2]);
  });

  it('has noise that follows from declared facts alone, so that explain can tell it before', async () => {
    const plan = await planOf(
      'select zip, count(*) as n, sum(spend) as s, avg(spend) as a, count(*) * 2 as twice from market.outcomes group by zip',
    );
    const errors = expectedErrors(plan);
    expect(errors.map((e) => [e.column, e.bound])).toEqual([
      ['n', 'each person counts at most 1 in one group'],
      ['s', 'each person counts at most 500 in one group'],
    ]);
    const [aggregate] = plan.aggregates;
    const deviation = Math.sqrt(varianceOf(aggregate?.noise[2] ?? { numerator: 1n, denominator: 1n })) / 100;
    expect(errors[1]?.halfWidth95).toBeGreaterThan(1.95 * deviation);
    expect(errors[1]?.halfWidth95).toBeLessThan(2.1 * deviation);
  });
});

describe('the size of an audience', () => {
  it('is always released, costs its epsilon and no more, and has the noise of one person', async () => {
    const audience = await assertAllowsAudience('select email from market.outcomes where visit = 1');
    const size = planAudienceSize(audience, { epsilon: 0.5, delta: 1e-6 });
    expect(epsilonOf(size.charge.rho, conversionDelta(1e-6))).toBeLessThanOrEqual(0.5);
    expect(size.charge.deltaSelection).toBe(0);
    expect(1 / (2 * varianceOf(size.noise[0] ?? { numerator: 0n, denominator: 1n }))).toBeLessThanOrEqual(
      size.charge.rho,
    );
    for (let trial = 0; trial < 50; trial += 1) {
      expect(protect(size, RawGroups.read(size, [['0']]), systemBits).rows).toHaveLength(1);
    }
  });
});
