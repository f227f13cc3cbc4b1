import { describe, expect, it } from 'vitest';
import { assertAllows, assertDenies, verdictOn } from '../../test/support/policy-assertions.ts';
import { campaign, outcomes } from '../../test/support/tables.ts';

describe('epsilon-is-permitted', () => {
  const sql = 'select count(*) from market.outcomes o join brand.campaign c using (email)';
  const strict = { ...campaign, rules: { ...campaign.rules, maxEpsilonPerQuestion: 0.5 } };

  it('denies more than the strictest owner permits in one question', async () => {
    await assertDenies(
      sql,
      'epsilon-is-permitted',
      { owner: 'brand', line: 1, column: 1 },
      { tables: [outcomes, strict], epsilon: 0.6 },
    );
  });
  it.each([0, -1, 1e-9, Number.NaN, Number.POSITIVE_INFINITY])('denies an epsilon of %s', async (epsilon) => {
    await assertDenies(sql, 'epsilon-is-permitted', {}, { epsilon });
  });
  it('allows as much as the strictest permits', async () => {
    await assertAllows(sql, { tables: [outcomes, strict], epsilon: 0.5 });
  });
});

describe('a refusal', () => {
  it('tells every violation at once, in the order of their places', async () => {
    const violations = await verdictOn(
      "select secret_score, sum(zip)\nfrom market.outcomes\nwhere secret_score > 1 and zip = '上海' and nothing = 1",
    );
    expect(violations.map((v) => [v.rule, v.place.line, v.place.column])).toEqual([
      ['output-is-aggregated', 1, 8],
      ['types-match', 1, 26],
      ['filter-is-permitted', 3, 7],
      ['column-is-known', 3, 43],
    ]);
  });

  it('tells one violation at one place once', async () => {
    const violations = await verdictOn('select count(*), lower(zip) from market.outcomes group by secret_score');
    expect(new Set(violations.map((v) => JSON.stringify(v))).size).toBe(violations.length);
  });

  it('depends on nothing but the text and the rules', async () => {
    const sql = 'select zip, median(spend) from market.outcomes where email = 1';
    expect(await verdictOn(sql)).toEqual(await verdictOn(sql));
  });
});
