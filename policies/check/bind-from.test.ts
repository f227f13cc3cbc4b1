import { describe, it } from 'vitest';
import { assertAllows, assertDenies } from '../../test/support/policy-assertions.ts';
import { events, goodRules, outcomes, rulesDocument } from '../../test/support/tables.ts';
import type { TableView } from '../collaboration/table-view.ts';

const phones: TableView = {
  ...events,
  alias: 'calls',
  identifiers: ['phone'],
  columns: [{ name: 'phone', type: { kind: 'person' } }],
  rules: goodRules(rulesDocument({ identity: 'phone' }), [{ name: 'phone', type: { kind: 'person' } }]),
};

describe('table-is-bound', () => {
  it('denies a table that nobody bound, at its place', async () => {
    await assertDenies('select count(*)\nfrom market.nothing', 'table-is-bound', { owner: null, line: 2, column: 6 });
  });
  it('denies a table of another member under a known name', async () => {
    await assertDenies('select count(*) from brand.outcomes', 'table-is-bound', { line: 1, column: 22 });
  });
  it('denies a table without its member', async () => {
    await assertDenies('select count(*) from outcomes', 'table-is-bound', { line: 1, column: 22 });
  });
  it('denies a table named by a CTE that is not in scope', async () => {
    const sql = 'select count(*) from (with a as (select email from market.outcomes) select email from a) s, a';
    await assertDenies(sql, 'table-is-bound', { line: 1, column: 93 });
  });
  it('allows a bound table, in any case of letters', async () => {
    await assertAllows('select count(*) from Market.OUTCOMES');
  });
});

describe('join-uses-match-key', () => {
  it('denies a join on another column, with the owner of the table that hangs loose', async () => {
    const sql = 'select count(*) from market.outcomes o join brand.campaign c on o.visit = 1';
    await assertDenies(sql, 'join-uses-match-key', { owner: 'brand', line: 1, column: 40 });
  });
  it('denies a cross join', async () => {
    await assertDenies('select count(*) from market.outcomes, brand.campaign', 'join-uses-match-key', {
      owner: 'brand',
    });
  });
  it('denies a match key under OR', async () => {
    const from = 'select count(*) from market.outcomes o join brand.campaign c on';
    await assertDenies(`${from} o.email = c.email or o.visit = 1`, 'join-uses-match-key', { owner: 'brand' });
  });
  it('denies a third table that only meets itself', async () => {
    const sql =
      'select count(*) from market.outcomes o join brand.campaign c using (email) join market.events e on e.email = e.email';
    await assertDenies(sql, 'join-uses-match-key', { owner: 'market' });
  });
  it('allows identities of two kinds: the spine says who is one person', async () => {
    const sql = 'select count(*) from market.outcomes o join market.calls p on o.email = p.phone';
    await assertAllows(sql, { tables: [outcomes, phones] });
  });
  it('denies a table whose owner permits no join, and allows it alone', async () => {
    const alone = { ...outcomes, rules: { ...outcomes.rules, joinKeys: [] } };
    const sql = 'select count(*) from market.outcomes join market.events using (email)';
    await assertDenies(sql, 'join-uses-match-key', { owner: 'market' }, { tables: [alone, events] });
    await assertAllows('select count(*) from market.outcomes', { tables: [alone] });
  });
  it('allows three tables joined in a chain, in ON, USING and WHERE', async () => {
    await assertAllows(
      'select count(*) from market.outcomes o join brand.campaign c using (email), market.events e where e.email = c.email',
    );
  });
  it('allows a table joined with itself on the person', async () => {
    await assertAllows('select count(*) from market.events a join market.events b on a.email = b.email');
  });
});

describe('join-is-bounded', () => {
  const joined = (times: number): string => {
    const more = Array.from({ length: times - 1 }, (_, i) => ` join market.events e${i + 1} using (email)`).join('');
    return `select count(*) from market.events e0${more}`;
  };
  it('denies a join in which one person may have more than 10,000 rows', async () => {
    // 20 rows a person: 400 in two, 8,000 in three, 160,000 in four.
    await assertDenies(joined(4), 'join-is-bounded', { owner: null, line: 1 });
  });
  it('allows as many as that', async () => {
    await assertAllows(joined(3));
  });
});

describe('a join of released tables', () => {
  const groups = '(select zip, count(*) as n from market.outcomes group by zip)';
  it('takes any condition, as after the noise everything is free', async () => {
    await assertAllows(`select a.n from ${groups} a join ${groups} b on a.n < b.n`);
  });
  it('is refused where two tables have one name', async () => {
    await assertDenies(`select 1 as one from ${groups} a join ${groups} a on true`, 'syntax-is-known');
  });
  it('is refused with a protected table', async () => {
    await assertDenies(`select count(*) from ${groups} a join market.outcomes o on a.zip = o.zip`, 'syntax-is-known');
  });
});
