import { describe, expect, it } from 'vitest';
import { assertAllowsAudience } from '../../test/support/policy-assertions.ts';
import { taggedTables, tags } from '../../test/support/tagged-tables.ts';
import { chargeOfEvents } from '../account/charge-of-events.ts';
import { conversionDelta } from '../account/ledger-account.ts';
import { rhoFor } from '../account/zcdp.ts';
import { checkDestination } from '../check/check-destination.ts';
import { declaredPriceOf, SENSITIVE_BLUR_EPSILON, tagsTouched } from './tag-terms.ts';

const to = { destination: 'shop-front', owner: 'market', identifier: 'email' } as const;
const overVip = 'select p.email from market.people p join brand.customers c using (email) where c.vip';
const audienceOf = (sql: string) => assertAllowsAudience(sql, taggedTables);
const namesOf = (found: typeof tags) => found.map(({ owner, name }) => `${owner}/${name}`);

describe('the tags of an audience', () => {
  it('are those of the columns that it reads, also where it names none', async () => {
    expect(namesOf(tagsTouched(await audienceOf(overVip), tags))).toEqual(['brand/vip']);
    const bought =
      "select email from market.people where email in (select email from market.purchases where category = 'a')";
    expect(namesOf(tagsTouched(await audienceOf(bought), tags))).toEqual(['market/bought']);
    expect(tagsTouched(await audienceOf('select email from market.people'), tags)).toEqual([]);
  });

  it('demand that it is published blurred, where one of them is sensitive', async () => {
    const audience = await audienceOf(overVip);
    const refused = (blurEpsilon: number | null) =>
      checkDestination(audience, to, { audienceOwner: 'brand', blurEpsilon, tags }).map(({ rule, owner }) => [
        rule,
        owner,
      ]);
    expect(refused(null)).toEqual([['audience-is-blurred', 'brand']]);
    expect(refused(SENSITIVE_BLUR_EPSILON + 0.1)).toEqual([['audience-is-blurred', 'brand']]);
    expect(refused(SENSITIVE_BLUR_EPSILON)).toEqual([]);
    const blurSpent = audience.tables.map(({ view: { datasetId } }) => ({ datasetId, epsilon: 10 }));
    const of = { audienceOwner: 'brand', blurEpsilon: SENSITIVE_BLUR_EPSILON, tags, blurSpent };
    expect(checkDestination(audience, to, of).map(({ rule, owner }) => [rule, owner])).toEqual([
      ['blur-is-left', 'brand'],
    ]);
  });

  it('cost their dataset what was declared for each of them, and nothing where nothing was', () => {
    const delta = 1e-6;
    const customers = tags.filter(({ table }) => table === 'brand.customers');
    const rhoOf = (priced: typeof tags) => {
      const event = declaredPriceOf(priced, delta);
      expect(event?.kind).toBe('declared');
      const { rho, deltaSelection } = chargeOfEvents(event === null ? [] : [event]);
      expect(deltaSelection).toBe(0);
      return rho;
    };
    const single = rhoFor(0.2, conversionDelta(delta));
    expect(rhoOf(customers)).toBeCloseTo(single, 10);
    expect(rhoOf([...customers, ...customers])).toBeCloseTo(2 * single, 10);
    expect(
      declaredPriceOf(
        tags.filter((tag) => !customers.includes(tag)),
        delta,
      ),
    ).toBe(null);
  });
});
