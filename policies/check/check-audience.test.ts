import { describe, expect, it } from 'vitest';
import { assertAllowsAudience, assertDeniesAudience } from '../../test/support/policy-assertions.ts';
import { checkSizeEpsilon } from './check-audience.ts';

const joined =
  "select o.email from market.outcomes o join brand.campaign c using (email) where o.visit = 1 and c.arm = 'gift'";

describe('audience-selects-persons', () => {
  it.each([
    'select visit from market.outcomes',
    'select email, visit from market.outcomes',
    'select * from market.outcomes',
    'select count(*) from market.outcomes',
    'select zip from market.outcomes group by zip',
  ])('denies %s', async (sql) => {
    await assertDeniesAudience(sql, 'audience-selects-persons', { owner: null, line: 1, column: 1 });
  });
  it('allows one identity column, of any of the joined tables, DISTINCT or not', async () => {
    expect((await assertAllowsAudience(joined)).minSize).toBe(200);
    await assertAllowsAudience('select distinct email from market.outcomes where visit = 1');
    await assertAllowsAudience('select p from (select email as p, visit from market.outcomes) s where visit = 1');
  });
});

describe('audience-column-is-permitted', () => {
  it('denies a filter of questions that is none of audiences', async () => {
    const sql = "select email from market.outcomes\nwhere visit = 1 and zip = '上海'";
    await assertDeniesAudience(sql, 'audience-column-is-permitted', { owner: 'market', line: 2, column: 21 });
  });
  it('denies a table whose owner permits no audiences', async () => {
    await assertDeniesAudience('select email from market.events', 'audience-column-is-permitted', { owner: 'market' });
    const sql = 'select e.email from market.events e join market.outcomes o using (email)';
    await assertDeniesAudience(sql, 'audience-column-is-permitted', { owner: 'market' });
  });
  it('allows the columns that the rules name', async () => {
    await assertAllowsAudience("select email from brand.campaign where arm in ('gift', 'coupon') and mens");
  });
});

describe('an audience', () => {
  it('is refused for the other rules of questions too', async () => {
    await assertDeniesAudience('select email from market.outcomes limit 5', 'limit-is-after-release');
    await assertDeniesAudience("select email from market.outcomes where email = 'x'", 'identity-stays-inside');
    await assertDeniesAudience('select o.email from market.outcomes o, brand.campaign c', 'join-uses-match-key');
    await assertDeniesAudience('select email from market.outcomes where visit = (select 1)', 'syntax-is-known');
  });
});

describe('epsilon-is-permitted', () => {
  it('denies a size that would spend more than an owner permits in one question', async () => {
    const audience = await assertAllowsAudience(joined);
    expect(checkSizeEpsilon(audience, 4.1, 1e-6).map((v) => v.rule)).toEqual(['epsilon-is-permitted']);
    expect(checkSizeEpsilon(audience, 0, 1e-6).map((v) => v.rule)).toEqual(['epsilon-is-permitted']);
    expect(checkSizeEpsilon(audience, 4, 1e-6)).toEqual([]);
    expect(checkSizeEpsilon(audience, 0.01, 1e-6).map((v) => v.rule)).toEqual(['epsilon-is-permitted']);
  });
});
