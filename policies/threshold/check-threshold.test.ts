import { describe, expect, it } from 'vitest';
import { assertDenies } from '../../test/support/policy-assertions.ts';
import { thresholdVerdict } from '../../test/support/run-threshold.ts';
import { orders } from '../../test/support/tables.ts';
import { checkHistory } from './check-threshold.ts';

const sql = 'select city, count(*), avg(amount) from market.orders group by city';

describe('threshold-is-permitted', () => {
  it('lets an owner who permits both modes be asked in both', async () => {
    expect((await thresholdVerdict(sql, [orders])).violations).toEqual([]);
    await assertDenies(sql, 'epsilon-is-permitted', { owner: 'market' }, { tables: [orders], epsilon: 0 });
  });

  it('refuses rules that were set before there was a threshold mode', async () => {
    const { threshold: _, ...early } = orders.rules;
    const { violations } = await thresholdVerdict(sql, [{ ...orders, rules: early as typeof orders.rules }]);
    expect(violations.map((v) => v.rule)).toEqual(['threshold-is-permitted']);
  });

  it('holds a question to the strictest of its owners', async () => {
    const strict = { dominanceRatio: 0.2, roundTo: 50, sumDigits: 1, stores: null };
    const other = { ...orders, alias: 'returns', rules: { ...orders.rules, minGroupSize: 40, threshold: strict } };
    const join = 'select count(*) from market.orders a join market.returns b on a.email = b.email';
    const [aggregate] = (await thresholdVerdict(join, [orders, other])).aggregates;
    expect(aggregate?.threshold).toMatchObject({ dominanceRatio: 0.2, roundTo: 50, sumDigits: 1 });
    expect(aggregate?.threshold.stores).toHaveLength(1);
    expect(aggregate?.minGroupSize).toBe(40);
  });
});

describe('threshold-history-is-bounded', () => {
  const asked = { sql, aggregates: [1, 2] };
  it('refuses from the first question on that could not be compared with all before it', () => {
    expect(checkHistory(asked, { earlier: 30, maximum: 32 })).toEqual([]);
    const [violation] = checkHistory(asked, { earlier: 31, maximum: 32 });
    expect(violation).toMatchObject({ rule: 'threshold-history-is-bounded', owner: null });
  });
});
