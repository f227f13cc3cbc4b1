import { describe, expect, it } from 'vitest';
import { readSql } from '../../test/support/engine.ts';
import { assertAllows, assertDenies, assertDeniesAudience, verdictOn } from '../../test/support/policy-assertions.ts';
import { scoringFunctions } from '../../test/support/scoring.ts';
import { campaign, catalogue, events, outcomes, tables } from '../../test/support/tables.ts';
import { checkQuestion, type FunctionView, functionsUsed, planQuestion } from '../index.ts';
import type { AggregateDraft } from '../plan/question-tree.ts';

/** A campaign whose owner permits all functions of the provider. */
const open = { ...campaign, rules: { ...campaign.rules, functions: ['standard', 'isv/*'] } };

async function draftOf(sql: string): Promise<AggregateDraft> {
  const [draft] = (await assertAllows(sql)).aggregates;
  return draft ?? expect.fail('a question without an aggregation');
}

describe('a call of a scoring function', () => {
  it.each([
    ['whole numbers where numbers are taken', 'select sum(isv.risk(1)) from market.events'],
    ['decimals where numbers are taken', 'select sum(isv.risk(amount)) from market.events'],
    ['a date written as text', "select count(*) from market.events where isv.season('2024-02-01') = 1"],
    ['NULL for anything', 'select sum(isv.churn(null, null)) from market.events'],
    ['what another of them gives', 'select sum(isv.risk(isv.steps(length(category)))) from market.events'],
    ['a name in capitals', 'select sum(ISV.Risk(amount)) from market.events'],
    [
      'a column of a public table',
      'select sum(isv.risk(p.price)) from market.events e join market.catalogue p using (category)',
    ],
  ])('takes %s', async (_, sql) => {
    await assertAllows(sql);
  });

  it.each([
    ['a text for a number', 'select sum(isv.risk(category)) from market.events'],
    ['a fraction for a whole number', 'select sum(isv.steps(amount)) from market.events'],
    ['a text that is no date', "select count(*) from market.events where isv.season('spring') = 1"],
    ['a truth value for a number', 'select sum(isv.risk(amount > 1)) from market.events'],
    ['a span of time', 'select sum(isv.risk(interval 1 day)) from market.events'],
    ['too few', 'select sum(isv.churn(1)) from market.events'],
    ['too many', 'select sum(isv.risk(1, 2)) from market.events'],
    ['none', 'select sum(isv.risk()) from market.events'],
    ['a star', 'select sum(isv.risk(*)) from market.events'],
  ])('is denied %s, with its signature', async (_, sql) => {
    await assertDenies(sql, 'types-match', { owner: null });
    const [violation] = await verdictOn(sql);
    expect(violation?.help).toMatch(/^write isv\.\w+\(\w+ \w+/);
  });

  it.each([
    'select isv.risk(distinct amount) from market.events',
    'select isv.risk(amount) filter (where amount > 1) from market.events',
    'select isv.risk(amount order by day) from market.events',
    'select isv.risk(amount) over () from market.events',
    'select isv.risk(x := 1) from market.events',
    'select other.isv.risk(amount) from market.events',
    'select "is-v".risk(amount) from market.events',
    'select main.risk(amount) from market.events',
  ])('is a plain call: %s is not', async (sql) => {
    await assertDenies(sql, 'syntax-is-known');
  });

  it('of a name that nobody submitted names those there are, the nearest first', async () => {
    const [violation] = await verdictOn('select sum(isv.rusk(amount)) from market.events');
    expect(violation).toMatchObject({ rule: 'function-is-permitted', owner: null, facts: { function: 'isv.rusk' } });
    expect(violation?.facts.functions).toBe('isv.risk, isv.churn, isv.steps, isv.tier, isv.season');
    expect(violation?.help).toContain('isv.risk');
    expect(violation?.place).toMatchObject({ line: 1, column: 12 });
  });

  it('is never a function or an aggregate of ours that has the same name', async () => {
    for (const name of ['lower', 'sum', 'count', 'grouping', 'row', 'to_days', 'auto_clamp', 'mode']) {
      await assertDenies(
        `select count(*) from market.outcomes where brand.${name}(zip) = 'a'`,
        'function-is-permitted',
      );
    }
  });

  it('is denied above the noise, where it would be called with what no bound was reckoned for', async () => {
    const released = '(select zip, count(*) as n from market.outcomes group by zip) s';
    for (const sql of [
      `select isv.steps(n) from ${released}`,
      `select n from ${released} where isv.tier(zip) = 'low'`,
      'select zip, isv.steps(count(*)) from market.outcomes group by zip',
      'select zip, count(*) from market.outcomes group by zip having isv.steps(count(*)) > 1',
      'select zip, count(*) from market.outcomes group by zip order by isv.tier(zip)',
      'select isv.steps(1)',
    ]) {
      await assertDenies(sql, 'syntax-is-known');
    }
  });

  it('is found again as the key it is written as', async () => {
    await assertAllows('select isv.tier(zip), count(*) from market.outcomes group by 1 order by isv.tier(zip)');
    await assertDenies('select isv.tier(zip), count(*) from market.outcomes', 'output-is-aggregated');
  });
});

describe('the number of scoring functions in a question', () => {
  const functions = Array.from({ length: 9 }, (_, i): FunctionView => {
    const view = scoringFunctions.find((f) => f.name === 'risk');
    return { ...(view as FunctionView), name: `risk${i}`, digest: `digest-${i}` };
  });
  const permitted = { ...events, rules: { ...events.rules, functions: ['standard', 'isv/*'] } };
  const verdict = async (count: number, calls: number): Promise<readonly string[]> => {
    const names = Array.from({ length: calls }, (_, i) => `sum(isv.risk${i % count}(amount + ${i}))`);
    const read = await readSql(`select ${names.join(', ')} from market.events`);
    if (!read.ok) return expect.fail('not read');
    const checked = checkQuestion(read.value, [permitted], { epsilon: 1, omitIntervals: true, functions });
    return checked.ok ? [] : checked.violations.map((v) => v.facts.construct ?? v.rule);
  };

  it('is at most eight, each counted once however often it is called', async () => {
    expect(await verdict(8, 16)).toEqual([]);
    expect(await verdict(9, 9)).toEqual(['more than 8 scoring functions']);
  });
});

describe('the number of calls in a question', () => {
  // Calls that are slow for one person alone would add up to a time that tells of that person.
  it.each([
    ['written out', (n: number) => `select ${Array(n).fill('sum(isv.risk(amount))').join(', ')} from market.events`],
    [
      'within each other',
      (n: number) => `select sum(${'isv.risk('.repeat(n)}amount${')'.repeat(n)}) from market.events`,
    ],
  ])('is a few dozen at most, %s', async (_, write) => {
    await assertAllows(write(8));
    await assertDenies(write(64), 'syntax-is-known');
  });
});

describe('a function with many long labels', () => {
  it('weighs what its labels take in print, so that no question becomes an endless text', async () => {
    const labels = Array.from({ length: 256 }, (_, i) => `${i}`.padEnd(64, 'x'));
    const view: FunctionView = {
      member: 'isv',
      name: 'wordy',
      digest: 'digest-of-wordy',
      parameters: [{ name: 't', kind: 'text', values: null }],
      returns: { kind: 'label', labels },
    };
    const verdict = async (calls: number): Promise<readonly string[]> => {
      const conditions = Array.from({ length: calls }, (_, i) => `isv.wordy(category) = '${i}'`).join(' or ');
      const read = await readSql(`select count(*) from market.events where ${conditions}`);
      if (!read.ok) return expect.fail('not read');
      const checked = checkQuestion(read.value, [events], { epsilon: 1, omitIntervals: true, functions: [view] });
      return checked.ok ? [] : checked.violations.map((v) => v.facts.construct ?? v.rule);
    };
    expect(await verdict(20)).toEqual([]);
    expect(await verdict(200)).toEqual(['question of this size']);
  });
});

describe('what a scoring function gives', () => {
  it('needs no clamp: its declared ends bound a sum', async () => {
    const { statistics } = await draftOf('select sum(isv.risk(amount)) from market.events');
    expect(statistics[1]).toMatchObject({ kind: 'sum', scale: 2, row: { lower: -300n, upper: 450n } });
  });

  it.each([
    [
      'its labels and NULL',
      'select isv.tier(category), count(*) from market.events group by 1',
      ['low', 'high', 'a', null],
    ],
    [
      'few whole numbers and NULL',
      'select isv.season(day), count(*) from market.events group by 1',
      [1n, 2n, 3n, null],
    ],
    [
      'no list where it is a fraction',
      'select isv.risk(length(category)), count(*) from market.events group by 1',
      null,
    ],
  ])('has public values: %s', async (_, sql, values) => {
    expect((await draftOf(sql)).keys[0]?.values).toEqual(values);
  });

  it('has public values also where a subquery hands it on, and a left join may find none', async () => {
    const scored = '(select email, isv.season(day) as s from market.events)';
    const sql = `select e.s, count(*) from market.outcomes o left join ${scored} e using (email) group by 1`;
    expect((await draftOf(sql)).keys[0]?.values).toEqual([1n, 2n, 3n, null]);
  });

  it('costs no delta as a key, as every group is shown', async () => {
    const query = await assertAllows('select isv.tier(zip), count(*) from market.outcomes group by 1');
    const [aggregate] = planQuestion(query, { epsilon: 1, delta: 1e-6 }).aggregates;
    expect(aggregate?.charge.deltaSelection).toBe(0);
    expect(aggregate?.publicGroups).toHaveLength(4);
  });
});

describe('an owner whose rules do not name a scoring function', () => {
  it('is asked for every table that is given to it, and told what to write', async () => {
    const [violation, ...others] = await verdictOn('select sum(isv.risk(spend)) from market.outcomes');
    expect(others).toEqual([]);
    expect(violation).toMatchObject({ rule: 'function-is-permitted', owner: 'market' });
    expect(violation?.help).toBe(
      'ask market to write `"functions": ["standard", "isv/churn", "isv/tier", "isv/risk"]` in the rules of market.outcomes',
    );
  });

  it.each([
    ['a key', 'select isv.tier(arm), count(*) from brand.campaign group by 1'],
    ['a filter', "select count(*) from brand.campaign where isv.tier(arm) = 'low'"],
    ['a measure', 'select count(distinct isv.tier(arm)) from brand.campaign'],
    [
      'the condition of a join',
      "select count(*) from brand.campaign c left join market.events e on c.email = e.email and isv.tier(c.arm) = 'low'",
    ],
    ['a condition within an argument', 'select sum(isv.steps(case when mens then 1 end)) from brand.campaign'],
    [
      'an argument beside a permitted one',
      'select sum(isv.churn(length(c.arm), e.amount)) from brand.campaign c join market.events e using (email)',
    ],
    [
      'what a subquery computes',
      "select count(*) from (select email, upper(arm) as a from brand.campaign) s where isv.tier(a) = 'low'",
    ],
    [
      'what a union puts together',
      "select count(*) from (select email, category as a from market.events union all select email, arm from brand.campaign) s where isv.tier(a) = 'low'",
    ],
    [
      'the number of rows of a person',
      'select sum(isv.steps(n)) from (select email, count(*) as n from brand.campaign group by email) s',
    ],
    [
      'whether a person is there',
      'select sum(isv.steps(cast(c.email is null as bigint))) from market.events e left join brand.campaign c using (email)',
    ],
    [
      'whether a person is in a subquery',
      'select sum(isv.steps(cast(email in (select email from brand.campaign) as bigint))) from market.events',
    ],
  ])('refuses it as %s', async (_, sql) => {
    await assertDenies(sql, 'function-is-permitted', { owner: 'brand' });
    await assertAllows(sql, { tables: [outcomes, open, events, catalogue] });
  });

  it('refuses it in audiences too, and its leave is no leave to define them by a column', async () => {
    const sql = "select email from brand.campaign where isv.tier(arm) = 'low'";
    await assertDeniesAudience(sql, 'function-is-permitted', { owner: 'brand' });
    const narrow = {
      ...open,
      rules: {
        ...open.rules,
        audience: { columns: ['mens'], minSize: 200, destinations: [], purposes: null, blurred: null },
      },
    };
    await assertDeniesAudience(sql, 'audience-column-is-permitted', { owner: 'brand' }, [narrow]);
  });

  it('does not forbid what another owner permits of its own columns', async () => {
    await assertAllows(
      'select c.arm, sum(isv.risk(e.amount)) from brand.campaign c join market.events e using (email) group by 1',
    );
  });
});

describe('the functions that run', () => {
  it('are told of a question by member, name and digest, each once', async () => {
    const sql =
      'select isv.tier(category), sum(isv.risk(amount)), avg(isv.risk(amount)) from market.events where isv.season(day) = 1 group by 1';
    const used = functionsUsed(...(await assertAllows(sql)).aggregates);
    const told = ['risk', 'season', 'tier'].map((name) => ({ member: 'isv', name, digest: `digest-of-${name}` }));
    expect(used).toEqual(told);
    expect(functionsUsed(...(await assertAllows('select count(*) from market.events')).aggregates)).toEqual([]);
  });

  it('are those that are read, and not those that a subquery computes for nobody', async () => {
    const sql = 'select count(*) from (select email, isv.risk(amount) as r from market.events) s';
    expect(functionsUsed(...(await assertAllows(sql)).aggregates)).toEqual([]);
  });

  it('are other functions where the digest is another: nothing kept for the one answers for the other', async () => {
    const sql = 'select sum(isv.risk(amount)) from market.events';
    const read = await readSql(sql);
    if (!read.ok) return expect.fail('not read');
    const [first, second] = ['one', 'two'].map((digest) => {
      const functions = scoringFunctions.map((f) => ({ ...f, digest }));
      const checked = checkQuestion(read.value, tables, { epsilon: 1, omitIntervals: true, functions });
      return checked.ok ? checked.value.aggregates : expect.fail('refused');
    });
    expect(first).not.toEqual(second);
  });
});
