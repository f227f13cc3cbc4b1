import { describe, expect, it } from 'vitest';
import { assertAllowsAudience } from '../../test/support/policy-assertions.ts';
import { campaign, catalogue, events, goodRules, outcomes, rulesDocument, tables } from '../../test/support/tables.ts';
import type { TableView } from '../collaboration/table-view.ts';
import { addressTable, checkAudienceSize, checkDestination, type DestinationTerms } from './check-destination.ts';

const joined =
  "select o.email from market.outcomes o join brand.campaign c using (email) where o.visit = 1 and c.arm = 'gift'";
const terms: DestinationTerms = {
  purpose: 'shop-front',
  minSize: 0,
  allowedMembers: [],
  approvedBy: ['market', 'brand'],
  isClosed: false,
};
const shop = { destination: 'shop-front', owner: 'market', identifier: 'email', terms } as const;
const of = { audienceOwner: 'brand', blurEpsilon: null } as const;
const withTerms = (fields: Partial<DestinationTerms>) => ({ ...shop, terms: { ...terms, ...fields } });

/** A test table whose owner permits audiences in another way. */
function permitting(view: TableView, audience: Record<string, unknown>): TableView {
  const { columns, minSize, destinations } = view.rules.audience ?? { columns: [], minSize: 50, destinations: [] };
  const rule = goodRules(rulesDocument({ audience: { columns, minSize, destinations, ...audience } }), view.columns);
  return { ...view, rules: { ...view.rules, audience: rule.audience } };
}

describe('audience-is-large-enough', () => {
  it('denies a protected size under the strictest minimum, with its owner', async () => {
    const violations = checkAudienceSize(await assertAllowsAudience(joined), 199n, shop);
    expect(violations.map((v) => [v.rule, v.owner])).toEqual([['audience-is-large-enough', 'brand']]);
  });
  it('allows the minimum itself', async () => {
    expect(checkAudienceSize(await assertAllowsAudience(joined), 200n, shop)).toEqual([]);
  });
  it('denies what the destination finds too small, with the owner of the destination', async () => {
    const to = withTerms({ minSize: 1_000 });
    const violations = checkAudienceSize(await assertAllowsAudience(joined), 999n, to);
    expect(violations.map((v) => [v.rule, v.owner])).toEqual([['audience-is-large-enough', 'market']]);
    expect(checkAudienceSize(await assertAllowsAudience(joined), 1_000n, to)).toEqual([]);
  });
});

describe('destination-is-permitted', () => {
  it('denies a destination that one owner does not name', async () => {
    const to = { ...shop, destination: 'feed' };
    const violations = checkDestination(await assertAllowsAudience(joined), to, of);
    expect(violations.map((v) => [v.rule, v.owner])).toEqual([['destination-is-permitted', 'market']]);
  });
  it('allows a destination that all name', async () => {
    expect(checkDestination(await assertAllowsAudience(joined), shop, of)).toEqual([]);
  });
});

describe('destination-knows-the-person', () => {
  it('denies where no table is of the owner of the destination', async () => {
    const audience = await assertAllowsAudience("select email from brand.campaign where arm = 'gift'");
    expect(checkDestination(audience, shop, of).map((v) => v.rule)).toEqual(['destination-knows-the-person']);
    expect(addressTable(audience, shop)).toBe(null);
  });
  it('denies where its owner names persons in another way', async () => {
    const violations = checkDestination(await assertAllowsAudience(joined), { ...shop, identifier: 'phone' }, of);
    expect(violations.map((v) => v.rule)).toEqual(['destination-knows-the-person']);
  });
  it('allows, and takes the names from the table of the owner of the destination', async () => {
    const audience = await assertAllowsAudience(joined, [campaign, outcomes, events]);
    expect(addressTable(audience, shop)?.view).toBe(tables[0]);
  });
});

describe('destination-is-approved', () => {
  it.each([
    [['market'], ['brand']],
    [['brand'], ['market']],
    [[], ['market', 'brand']],
    [['market', 'other'], ['brand']],
  ])('denies where only %s approved', async (approvedBy, missing) => {
    const violations = checkDestination(await assertAllowsAudience(joined), withTerms({ approvedBy }), of);
    expect(violations.map((v) => [v.rule, v.owner])).toEqual(missing.map((one) => ['destination-is-approved', one]));
  });
  it('asks the member whose audience it is, although no table is its own', async () => {
    const to = withTerms({ approvedBy: ['market'] });
    const audience = await assertAllowsAudience('select email from market.outcomes where visit = 1');
    expect(checkDestination(audience, to, of).map((v) => v.owner)).toEqual(['brand']);
    expect(checkDestination(audience, to, { ...of, audienceOwner: 'market' })).toEqual([]);
  });
  it('does not ask the owner of a public table', async () => {
    const foreign = { ...catalogue, member: 'statistics' };
    const sql = `${joined.replace(' where', ' join statistics.catalogue k on k.category = c.arm where')}`;
    const checked = await assertAllowsAudience(sql, [outcomes, campaign, foreign]);
    expect(checked.tables.map((t) => t.view.member)).toContain('statistics');
    expect(checkDestination(checked, shop, of)).toEqual([]);
  });
});

describe('destination-is-open', () => {
  it('denies a closed one, and says nothing else of its terms', async () => {
    const to = withTerms({ isClosed: true, approvedBy: [], allowedMembers: ['other'] });
    const violations = checkDestination(await assertAllowsAudience(joined), to, of);
    expect(violations.map((v) => v.rule)).toEqual(['destination-is-open']);
  });
});

describe('destination-takes-the-member', () => {
  it('denies audiences of members that the terms do not name', async () => {
    const audience = await assertAllowsAudience(joined);
    const rules = (allowedMembers: string[]) =>
      checkDestination(audience, withTerms({ allowedMembers }), of).map((v) => [v.rule, v.owner]);
    expect(rules(['market'])).toEqual([['destination-takes-the-member', 'market']]);
    expect(rules(['brand'])).toEqual([]);
    expect(rules([])).toEqual([]);
  });
});

describe('purpose-is-permitted', () => {
  it.each([
    [{ purposes: ['feed', 'cart'] }, ['brand']],
    [{ purposes: [] }, ['brand']],
    [{ purposes: ['shop-front'] }, []],
    [{}, []],
  ])('where an owner says %o', async (audience, owners) => {
    const checked = await assertAllowsAudience(joined, [outcomes, permitting(campaign, audience)]);
    const violations = checkDestination(checked, shop, of);
    expect(violations.map((v) => [v.rule, v.owner])).toEqual(owners.map((one) => ['purpose-is-permitted', one]));
  });
});

describe('audience-is-blurred', () => {
  it.each([
    [null, false],
    [2.1, false],
    [2, true],
    [0.5, true],
  ])('holds an epsilon of %s against the owner that demands 2', async (blurEpsilon, isGood) => {
    const checked = await assertAllowsAudience(joined, [outcomes, permitting(campaign, { blurred: { epsilon: 2 } })]);
    const violations = checkDestination(checked, shop, { ...of, blurEpsilon });
    const expected = isGood ? [] : [['audience-is-blurred', 'brand']];
    expect(violations.map((v) => [v.rule, v.owner])).toEqual(expected);
  });
});

describe('blur-is-left', () => {
  it.each([
    ['nobody has told anything yet', 0, 2, undefined, true],
    ['the last of four', 6, 2, undefined, true],
    ['a fifth', 8, 2, undefined, false],
    ['what goes beyond a total of its own', 2, 1.1, 3, false],
    ['what is just within it, as tenths add up', 0.1 + 0.2, 0.1, 2.4, true],
  ])('holds %s against the total of the owner', async (_, epsilon, blurEpsilon, total, isGood) => {
    const blurred = total === undefined ? { epsilon: 2 } : { epsilon: 2, total };
    const checked = await assertAllowsAudience(joined, [outcomes, permitting(campaign, { blurred })]);
    const blurSpent = [{ datasetId: campaign.datasetId, epsilon }];
    const violations = checkDestination(checked, shop, { ...of, blurEpsilon, blurSpent });
    expect(violations.map((v) => [v.rule, v.owner])).toEqual(isGood ? [] : [['blur-is-left', 'brand']]);
  });

  it('is nobody’s to hold who demands no blur', async () => {
    const blurSpent = [{ datasetId: campaign.datasetId, epsilon: 1_000 }];
    const checked = await assertAllowsAudience(joined);
    expect(checkDestination(checked, shop, { ...of, blurEpsilon: 8, blurSpent })).toEqual([]);
  });
});
