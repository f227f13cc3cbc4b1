// What measurements ask is allowed by the rules that its page names, and bounded as it says; whatever stands in names.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertAllows, verdictOn } from '../../test/support/policy-assertions.ts';
import { campaign, events, outcomes } from '../../test/support/tables.ts';
import { attributionSql } from './attribution-sql.ts';
import { cohortSql } from './cohort-sql.ts';
import { reachSql } from './reach-sql.ts';
import { type UpliftQuestion, upliftSql } from './uplift-sql.ts';

const all = (view: typeof outcomes) => ({ view, conditions: [] });

const uplift: UpliftQuestion = {
  assignment: all(campaign),
  armColumn: 'arm',
  segmentColumns: ['mens'],
  outcome: all(outcomes),
  outcomeColumn: 'visit',
  outcomeSegmentColumns: [],
  isKnownOnly: false,
  cap: 0,
};

describe('the question of a measurement', () => {
  it('is allowed: uplift of a flag, with persons and a total and nothing else', async () => {
    const { aggregates } = await assertAllows(upliftSql(uplift).sql);
    expect(aggregates.map(({ statistics }) => statistics.map(({ kind }) => kind))).toEqual([['persons', 'sum']]);
  });

  it('is allowed: uplift of an amount, whose squares are asked too, held within the cap', async () => {
    const asked = upliftSql({ ...uplift, outcomeColumn: 'spend', cap: 120 });
    expect(asked).toMatchObject({ bounds: { low: 0, high: 120 }, hasSquares: true });
    const { aggregates } = await assertAllows(asked.sql);
    const uppers = aggregates[0]?.statistics.flatMap((s) => (s.kind === 'sum' ? [s.upper] : []));
    expect(uppers).toEqual([12_000n, 144_000_000n]);
  });

  it('is allowed: uplift over events, where a person is in several arms and counts once in each', async () => {
    const conditions = [{ column: 'category', values: ['shoes', "o'hara", '1'] }];
    const asked = upliftSql({
      ...uplift,
      assignment: { view: events, conditions },
      armColumn: 'category',
      segmentColumns: [],
      outcome: { view: events, conditions },
      outcomeColumn: null,
    });
    const { aggregates } = await assertAllows(asked.sql);
    expect(aggregates[0]?.statistics.map(({ kind }) => kind)).toEqual(['persons', 'persons-where']);
    const amounts = upliftSql({
      ...uplift,
      assignment: all(events),
      armColumn: 'category',
      segmentColumns: [],
      outcomeColumn: 'spend',
    });
    const bounded = await assertAllows(amounts.sql);
    const total = bounded.aggregates[0]?.statistics.find((s) => s.kind === 'sum');
    expect(total, 'one row a person and arm is bounded by one row').toMatchObject({ upper: 50_000n });
  });

  it('is allowed: cohort, reach and attribution by every model', async () => {
    const purchases = {
      purchases: all(events),
      dateColumn: 'day',
      amountColumn: 'amount',
      afterDays: [30, 90],
      cap: 0,
    };
    const cohort = cohortSql({ ...purchases, from: '2024-01-01', to: '2024-01-31' });
    // The owner's own bound of a person, not all of its rows at their largest.
    expect(cohort.bounds).toEqual({ low: 0, high: 300 });
    await assertAllows(cohort.sql);
    for (const segmentColumn of [null, 'category']) {
      await assertAllows(reachSql({ exposures: all(events), segmentColumn, maxFrequency: 4 }));
    }
    for (const model of ['last', 'first', 'linear'] as const) {
      for (const valueColumn of [null, 'amount']) {
        const asked = { touches: all(events), channelColumn: 'category', touchTimeColumn: 'day', model, valueColumn };
        const from = { conversions: all(events), conversionTimeColumn: 'day', withinDays: 30, cap: 0 };
        const { aggregates } = await assertAllows(attributionSql({ ...asked, ...from }));
        const sums = aggregates[0]?.statistics.flatMap((s) =>
          s.kind === 'sum' ? [Number(s.upper) / 10 ** s.scale] : [],
        );
        // A whole conversion at most in each channel, whatever the number of touches.
        expect(sums).toEqual(valueColumn === null ? (model === 'linear' ? [1] : []) : [100]);
      }
    }
  });

  it('is refused by the rules of the owner whose column it names', async () => {
    const secret = upliftSql({ ...uplift, outcomeColumn: 'secret_score' });
    expect((await verdictOn(secret.sql)).map(({ rule, owner }) => [rule, owner])).toContainEqual([
      'measure-is-permitted',
      'market',
    ]);
    const named = upliftSql({ ...uplift, segmentColumns: ['email'] });
    expect((await verdictOn(named.sql)).map(({ rule }) => rule)).toContain('identity-stays-inside');
  });

  const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
  const sneaky = fc.constantFrom(
    '"',
    "'",
    '";--',
    "' or '1'='1",
    "''",
    '") from market.outcomes --',
    '\\',
    '/*',
    "\\' or 1",
  );

  it('holds every value as a value: none ends its quotes, and each is compared as it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(word, sneaky), async (value) => {
        const conditions = [{ column: 'category', values: [value] }];
        const { sql } = upliftSql({ ...uplift, outcome: { view: events, conditions }, outcomeColumn: null });
        const checked = await assertAllows(sql);
        const literals = JSON.stringify(checked.aggregates, (_, v: unknown) => (typeof v === 'bigint' ? `${v}` : v));
        expect(literals).toContain(JSON.stringify(value));
      }),
      { numRuns: 60 },
    );
  });

  it('holds every name as a name: one that no column has is refused, and nothing else comes of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(word, sneaky), async (name) => {
        fc.pre(!outcomes.columns.some((c) => c.name === name.toLowerCase()));
        const outcome = { view: outcomes, conditions: [{ column: name, values: ['1'] }] };
        const rules = (await verdictOn(upliftSql({ ...uplift, outcome }).sql)).map(({ rule }) => rule);
        expect(rules).toHaveLength(1);
        expect(['column-is-known', 'syntax-is-known']).toContain(rules[0]);
      }),
      { numRuns: 60 },
    );
  });
});
