// Consent by the back door: threshold mode has no guarantee, so that it needs the word of every owner whose persons are
// counted. A join, a subquery or an EXISTS with a table whose owner has said nothing must not get it on the others'
// word.
import { describe, expect, it } from 'vitest';
import { printThreshold, protect, RawGroups } from '../../policies/index.ts';
import { systemBits } from '../support/run-plan.ts';
import { thresholdVerdict } from '../support/run-threshold.ts';
import { catalogue, events, orders, outcomes } from '../support/tables.ts';

const tables = [orders, outcomes, events, catalogue];
const rulesOf = async (sql: string) => (await thresholdVerdict(sql, tables)).violations.map((v) => [v.rule, v.owner]);
const refused = [['threshold-is-permitted', 'market']];

describe('an owner who has permitted nothing', () => {
  it('is asked for by every question over the table, joined or alone', async () => {
    expect(await rulesOf('select count(*) from market.outcomes')).toEqual(refused);
    const join = 'from market.orders a join market.outcomes b on a.email = b.email';
    expect(await rulesOf(`select count(distinct a.email) ${join}`)).toEqual(refused);
  });

  it('is asked for where the table only decides who is counted', async () => {
    const within =
      'select count(*) from market.orders where email in (select email from market.outcomes where visit = 1)';
    expect(await rulesOf(within)).toEqual(refused);
  });

  it('is none where a table names nobody', async () => {
    const named = {
      ...events,
      rules: { ...events.rules, threshold: orders.rules.threshold && { ...orders.rules.threshold, stores: null } },
    };
    const join =
      'select c.department, count(*) from market.events e join market.catalogue c on e.category = c.category group by 1';
    expect((await thresholdVerdict(join, [named, catalogue])).violations).toEqual([]);
  });
});

describe('what cannot be compared with what left before', () => {
  it('is refused, with what to ask instead', async () => {
    const ask = async (sql: string) => (await thresholdVerdict(sql, tables)).violations;
    for (const aggregate of ['median(amount)', 'stddev(amount)', 'count(distinct shop)', 'max(amount)']) {
      const violations = await ask(`select ${aggregate} from market.orders`);
      expect(violations.length, aggregate).toBeGreaterThan(0);
    }
    const byFour = "select count(*) from market.orders group by city, tier, city || 'a', tier || 'a'";
    expect((await ask(byFour)).map((v) => v.rule)).toEqual(['threshold-can-protect']);
    const sums = Array.from({ length: 9 }, (_, i) => `sum(clamp(amount, 0, ${i + 1}))`).join(', ');
    expect((await ask(`select ${sums} from market.orders`)).map((v) => v.rule)).toEqual(['threshold-can-protect']);
  });
});

describe('an exact aggregation', () => {
  it('cannot be passed off as a private one: there is no noise to protect it with', async () => {
    const { aggregates } = await thresholdVerdict('select count(*) from market.orders', [orders]);
    const [aggregate] = aggregates;
    if (aggregate === undefined) return expect.fail('no aggregation');
    expect(printThreshold(aggregate).sql).not.toEqual('');
    expect(() => protect(aggregate, RawGroups.read(aggregate, [['200', '200']]), systemBits)).toThrow();
  });
});
