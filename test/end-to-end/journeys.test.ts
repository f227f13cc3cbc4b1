import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { effects } from '../../proto/index.ts';
import { dayText, type MadeTouch, purchases, purchasesCsv, touches, touchesCsv } from '../support/made-journeys.ts';
import { entriesOf } from '../support/service-questions.ts';
import { mailingsRules, outcomesRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, createDataset, upload } from '../support/service-table.ts';

const { LAST_TOUCH, FIRST_TOUCH, LINEAR } = effects.AttributionModel;
/** Half widths of a 95 % interval beyond which an honest answer lies once in a hundred million. */
const SURE_HALF_WIDTHS = 3;

let stage: ServiceStage;
let collaborationId: string;

beforeAll(async () => {
  stage = await ServiceStage.open();
  collaborationId = await agree(stage, { epsilon: 20 });
  const bring = async (
    owner: 'brand' | 'platform',
    columns: string[],
    csv: string,
    alias: string,
    rulesJson: string,
  ) => {
    const { datasetId } = await createDataset(stage, owner, columns);
    await upload(stage, owner, datasetId, csv);
    await stage.as(owner).collaborations.bind({ collaborationId, datasetId, alias, rulesJson });
  };
  const shared = { rowsPerPerson: 4, maxGroupsPerPerson: 3, audience: null };
  await bring(
    'platform',
    ['email:email', 'channel:text', 'day:date'],
    touchesCsv(),
    'touches',
    outcomesRules({
      ...shared,
      groupKeys: { channel: { values: ['feed', 'search', 'mail'] } },
      filters: ['day'],
      measures: {},
    }),
  );
  await bring(
    'brand',
    ['email:email', 'day:date', 'amount:integer'],
    purchasesCsv(),
    'purchases',
    mailingsRules({ ...shared, groupKeys: {}, filters: ['day'], measures: { amount: { min: 0, max: 100 } } }),
  );
});

afterAll(() => stage[Symbol.asyncDispose]());

const ask = (epsilon: number): effects.EffectAsk => ({
  collaborationId,
  epsilon,
  onBehalfOf: '',
  requestId: '',
  dry: false,
});

/** The truth lies within what the interval says, and the interval says something. */
function expectHeld(estimate: effects.Estimate | undefined, truth: number, what: string): void {
  expect(estimate, what).toBeDefined();
  const { value, ci95Low, ci95High } = estimate as effects.Estimate;
  const width = Math.max(value - ci95Low, ci95High - value);
  expect(width, what).toBeGreaterThan(0);
  expect(Math.abs(value - truth), what).toBeLessThan(SURE_HALF_WIDTHS * width);
}

/** Each measurement is a question like any other: submitted, charged, admitted, released and read, in the log. */
async function expectLogged(source: effects.EffectSource | undefined): Promise<void> {
  const entries = await entriesOf(stage);
  expect(source?.queryIds).toHaveLength(1);
  for (const queryId of source?.queryIds ?? []) {
    const kinds = entries.filter(({ subject }) => JSON.stringify(subject).includes(queryId)).map(({ kind }) => kind);
    for (const kind of ['question-submitted', 'budget-reserved', 'question-admitted', 'release-made', 'release-read'])
      expect(kinds).toContain(kind);
  }
}

const firstDays = new Map<number, number>();
for (const { person, day } of purchases) firstDays.set(person, Math.min(day, firstDays.get(person) ?? day));

describe('a cohort', () => {
  it('is worth what its persons spent within so many days of their first purchase', async () => {
    const members = [...firstDays].filter(([, day]) => day >= 8 && day <= 20);
    const { values, source } = await stage.as('brand').effects.cohort({
      ask: ask(4),
      purchases: { table: 'chenxi.purchases', conditions: [] },
      dateColumn: 'day',
      amountColumn: 'amount',
      from: dayText(8),
      to: dayText(20),
      afterDays: [60, 30],
      valueCap: 300,
    });
    await expectLogged(source);
    expect(values.map(({ afterDays }) => afterDays)).toEqual([30, 60]);
    for (const { afterDays, persons, valuePerPerson, repeatRate } of values) {
      const counted = members.map(([person, first]) =>
        purchases.filter((p) => p.person === person && p.day <= first + afterDays),
      );
      const spent = counted.flat().reduce((sum, { amount }) => sum + amount, 0);
      expectHeld(persons, members.length, 'persons');
      expectHeld(valuePerPerson, spent / members.length, 'value');
      expectHeld(repeatRate, counted.filter((bought) => bought.length > 1).length / members.length, 'repeat');
    }
  });
});

describe('reach', () => {
  it('counts persons, their exposures, and persons by number of exposures', async () => {
    const request = { ask: ask(4), exposures: { table: 'jiufang.touches', conditions: [] }, maxFrequency: 3 };
    const { reach, source } = await stage.as('brand').effects.reach({ ...request, segmentColumn: '' });
    await expectLogged(source);
    expect(reach).toHaveLength(1);
    expectReached(reach[0], touches);
    const { reach: byChannel } = await stage.as('brand').effects.reach({ ...request, segmentColumn: 'channel' });
    expect(byChannel.map(({ segment }) => segment)).toEqual(['feed', 'mail', 'search']);
    for (const one of byChannel)
      expectReached(
        one,
        touches.filter(({ channel }) => channel === one.segment),
      );
  });

  function expectReached(reach: effects.Reach | undefined, seen: readonly MadeTouch[]): void {
    const times = [...Map.groupBy(seen, ({ person }) => person).values()].map(({ length }) => Math.min(3, length));
    expectHeld(reach?.persons, times.length, 'persons');
    expectHeld(reach?.frequency, times.reduce((sum, n) => sum + n, 0) / times.length, 'frequency');
    expect(reach?.byFrequency).toHaveLength(3);
    reach?.byFrequency.forEach((count, index) => {
      expectHeld(count, times.filter((n) => n === index + 1).length, `frequency ${index + 1}`);
    });
  }
});

describe('attribution', () => {
  const request = (model: effects.AttributionModel): effects.AttributeRequest => ({
    ask: ask(2),
    touches: { table: 'jiufang.touches', conditions: [] },
    channelColumn: 'channel',
    touchTimeColumn: 'day',
    conversions: { table: 'chenxi.purchases', conditions: [] },
    conversionTimeColumn: 'day',
    valueColumn: '',
    model,
    withinDays: 0,
    valueCap: 0,
  });

  /** The touches of each person that converted, before it did, in their order. */
  const journeys = [...firstDays].map(([person, first]) =>
    touches.filter((t) => t.person === person && t.day <= first).sort((a, b) => a.day - b.day),
  );

  it.each([
    [
      'the last touch',
      LAST_TOUCH,
      (path: readonly MadeTouch[], channel: string) => Number(path.at(-1)?.channel === channel),
    ],
    [
      'the first touch',
      FIRST_TOUCH,
      (path: readonly MadeTouch[], channel: string) => Number(path[0]?.channel === channel),
    ],
    [
      'all touches alike',
      LINEAR,
      (path: readonly MadeTouch[], channel: string) =>
        path.length === 0 ? 0 : path.filter((t) => t.channel === channel).length / path.length,
    ],
  ])('gives a conversion to %s before it', async (_, model, creditOf) => {
    const { credits, source } = await stage.as('brand').effects.attribute(request(model));
    await expectLogged(source);
    expect(credits.map(({ channel }) => channel)).toEqual(['feed', 'mail', 'search']);
    for (const { channel, credit } of credits) {
      expectHeld(
        credit,
        journeys.reduce((sum, path) => sum + creditOf(path, channel), 0),
        channel,
      );
    }
  });

  it('gives its value too, by touches of the last days alone', async () => {
    const valued = { ...request(LINEAR), ask: ask(4), valueColumn: 'amount', withinDays: 7 };
    const { credits } = await stage.as('brand').effects.attribute(valued);
    for (const { channel, credit } of credits) {
      const truth = [...firstDays].reduce((sum, [person, first]) => {
        const path = touches.filter((t) => t.person === person && t.day <= first && t.day >= first - 7);
        const amount = purchases.find((p) => p.person === person && p.day === first)?.amount ?? 0;
        return path.length === 0
          ? sum
          : sum + (amount * path.filter((t) => t.channel === channel).length) / path.length;
      }, 0);
      expectHeld(credit, truth, channel);
    }
  });

  it('must be told by which model', async () => {
    const unset = request(effects.AttributionModel.UNSPECIFIED);
    await expect(stage.as('brand').effects.attribute(unset)).rejects.toThrow('`model` is missing');
  });
});

describe('uplift of persons who are in several segments', () => {
  it('counts in each what they did in that very one, and every person once in each', async () => {
    const late = Array.from({ length: 8 }, (_, index) => 9 + index);
    const events = { table: 'jiufang.touches', conditions: [] };
    const { arms } = await stage.as('brand').effects.uplift({
      ask: ask(3),
      assignment: events,
      armColumn: 'channel',
      segmentColumns: ['channel'],
      outcome: { ...events, conditions: [{ column: 'day', values: late.map(dayText) }] },
      outcomeColumn: '',
      controlArm: 'feed',
      expectedShares: {},
      outcomeSegmentColumns: ['channel'],
      knownOnly: false,
      outcomeCap: 0,
    });
    const inOneSegment = arms.filter(({ segment, arm }) => segment[0] === arm);
    expect(inOneSegment).toHaveLength(3);
    for (const { arm, persons, rate } of inOneSegment) {
      const seen = Map.groupBy(
        touches.filter(({ channel }) => channel === arm),
        ({ person }) => person,
      );
      const came = [...seen.values()].filter((days) => days.some(({ day }) => late.includes(day))).length;
      expectHeld(persons, seen.size, `${arm} persons`);
      expectHeld(rate, came / seen.size, `${arm} rate`);
    }
  });
});
