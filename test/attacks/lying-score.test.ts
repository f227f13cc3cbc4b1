// A scoring function that lies. Its submitter writes code that keeps to nothing it declares: it hands on the text it was
// given in place of a label, scores one person a million times as high as all others, or declares ends that its scores
// do not have. Behind the code stands a service provider who may also know a person's columns, and who would like to be
// given the identity, another owner's column, or whether the person is there at all.
//
// The wall: what a function can give is declared, known to everybody and held to by the SQL that calls it, whatever the
// code does, and noise is reckoned from what is declared; what a function is given takes the leave of every owner.
import { describe, expect, it } from 'vitest';
import { loadTable } from '../support/load-table.ts';
import { expectFate } from '../support/person-loss.ts';
import { assertDenies } from '../support/policy-assertions.ts';
import { releaseOf } from '../support/run-plan.ts';
import { events, outcomes, tables } from '../support/tables.ts';
import { crowd, planWorld, worldOf } from '../support/worlds.ts';

/** The one who has a name for a zip, and more of everything than anybody. */
const victim = ['4711', '-4', '999999', "'ana@example.com'", null];
const others = crowd(500);

describe('a function that hands on a text instead of a label', () => {
  const sql = 'select isv.tier(zip) as tier, count(*) as n from market.outcomes group by 1';

  it('gives NULL: the text is in no group, before the noise and after it', async () => {
    const world = await worldOf(sql, [[outcomes, [...others, victim, ['4712', '1', '1', "'b'", null]]]]);
    expect(world.exact.map(([tier]) => tier).toSorted()).toEqual(['low', null]);
    expect(world.exact.flat().map(String).join(' ')).not.toContain('ana');
    const shown = new Set(Array.from({ length: 20 }, () => world.look().map(([tier]) => tier)).flat());
    expect([...shown].filter((tier) => tier !== null && !['low', 'high', 'a'].includes(String(tier)))).toEqual([]);
  });

  it('shows the same groups whether the person is there or not', async () => {
    const groups = async (rows: typeof others): Promise<readonly unknown[]> => {
      await loadTable(outcomes, rows);
      return (await releaseOf(await planWorld(sql, { epsilon: 1e40 }))).rows.map(([tier]) => tier);
    };
    expect(await groups([...others, victim])).toEqual(await groups(others));
  });
});

describe('a function that scores one person a million times as high', () => {
  it.each([
    ['a sum', 'select sum(isv.churn(visit, spend)) as s from market.outcomes', 100n],
    ['a sum, at its other end', 'select sum(isv.churn(visit, -spend)) as s from market.outcomes', 100n],
    [
      'what a person adds up to',
      'select sum(s) from (select email, sum(isv.churn(visit, spend)) as s from market.outcomes group by email) p',
      100n,
    ],
    [
      'the count of a label that nobody declared',
      "select count_if(isv.tier(zip) = 'ana@example.com') as n from market.outcomes",
      0n,
    ],
  ])('moves %s by no more than its declared ends', async (_, sql, most) => {
    const present = await worldOf(sql, [[outcomes, [...others, victim]]]);
    const absent = await worldOf(sql, [[outcomes, others]]);
    const [more = 0n, fewer = 0n] = [present, absent].map((world) => BigInt(String(world.exact[0]?.at(-1))));
    expect(more < fewer ? fewer - more : more - fewer).toBeLessThanOrEqual(most);
  });

  it.each([
    'select category, sum(isv.risk(amount)) as s from market.events group by 1',
    'select isv.tier(category), sum(isv.risk(amount)), avg(isv.churn(1, amount)) from market.events group by 1',
    'select isv.season(day), isv.steps(length(category)), count(*) from market.events group by 1, 2',
    'select isv.steps(n), stddev(isv.risk(s)) from (select email, count(*) as n, sum(amount) as s from market.events group by email) p group by 1',
    'select median(isv.risk(amount)), count(distinct isv.risk(amount)) from market.events',
  ])('costs no more than is charged, with rows in all groups: %s', async (sql) => {
    const many = Array.from({ length: 300 }, (_, i) => ['4711', `'c${i % 9}'`, "'2024-01-01'", String(i * 1000)]);
    const few = crowd(60).map(([person = null]) => [person, "'c1'", "'2024-05-01'", '1']);
    await expectFate(sql, 'bounded', { contents: [[events, [...few, ...many]]], victim: '4711', tables });
  });
});

describe('a declaration that is not true of the code', () => {
  it('costs accuracy and nothing else: the noise follows the ends as declared', async () => {
    const { noise, statistics } = await planWorld('select sum(isv.churn(visit, spend)) as s from market.outcomes');
    const declared = await planWorld('select sum(clamp(spend / 7, 0, 1.00)) as s from market.outcomes');
    expect(statistics[1]).toMatchObject({ row: { lower: 0n, upper: 100n } });
    const variances = [noise, declared.noise].map(([, of]) => Number(of?.numerator) / Number(of?.denominator));
    // The clamp of a fraction keeps six digits, the score two: variances are in squares of their last digits.
    expect((variances[1] ?? 0) / (variances[0] ?? 1)).toBeCloseTo(1e8, -3);
  });
});

describe('a function that would be given more than owners permit', () => {
  it.each([
    ['the identity', 'select sum(isv.risk(email)) from market.events', 'identity-stays-inside'],
    [
      'the identity as a text',
      "select count(*) from market.events where isv.tier(cast(email as text)) = 'a'",
      'identity-stays-inside',
    ],
    [
      'a column that may not be measured',
      'select sum(isv.churn(secret_score, spend)) from market.outcomes',
      'measure-is-permitted',
    ],
    [
      'a column that may not be filtered by',
      'select count(*) from market.outcomes where isv.churn(visit, spend) > 0.5',
      'filter-is-permitted',
    ],
    [
      'a column that may not be a key',
      'select isv.tier(cast(spend as text)), count(*) from market.outcomes group by 1',
      'group-key-is-permitted',
    ],
    [
      'a column that may only decide, as a value',
      'select isv.tier(case when visit = 1 then cast(secret_score as text) end), count(*) from market.outcomes group by 1',
      'group-key-is-permitted',
    ],
    [
      "another table's row of somebody else",
      'select sum(isv.churn(o.visit, e.amount)) from market.outcomes o, market.events e',
      'join-uses-match-key',
    ],
    [
      "another owner's column",
      "select count(*) from market.outcomes o join brand.campaign c using (email) where isv.tier(c.arm) = 'a'",
      'function-is-permitted',
    ],
    [
      "whether a person is among another owner's",
      'select sum(isv.churn(cast(c.email is null as bigint), o.spend)) from market.outcomes o left join brand.campaign c using (email)',
      'function-is-permitted',
    ],
  ] as const)('is refused %s', async (_, sql, rule) => {
    await assertDenies(sql, rule);
  });
});
