import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { effects } from '../../proto/index.ts';
import { campaignCsv, customers, eventsCsv, PUBLISHED, visitsCsv } from '../support/hillstrom-like.ts';
import { chargesOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { mailingsRules, outcomesRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, createDataset, grantToIsv, upload } from '../support/service-table.ts';

let stage: ServiceStage;
let collaborationId: string;

beforeAll(async () => {
  stage = await ServiceStage.open();
  collaborationId = await agree(stage);
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
  const arms = { values: PUBLISHED.map(({ arm }) => arm) };
  await bring(
    'brand',
    ['email:email', 'arm:text', 'segment:text'],
    campaignCsv(),
    'campaign',
    mailingsRules({ filters: [], groupKeys: { arm: arms, segment: { values: ['new', 'returning'] } }, audience: null }),
  );
  await bring(
    'platform',
    ['email:email', 'visit:integer'],
    visitsCsv(),
    'visits',
    outcomesRules({ groupKeys: {}, filters: [], measures: { visit: { min: 0, max: 1 } }, audience: null }),
  );
  await bring(
    'platform',
    ['email:email', 'kind:text', 'day:date', 'value:decimal(2)'],
    eventsCsv(),
    'events',
    outcomesRules({
      groupKeys: { kind: { values: ['visit'] } },
      filters: ['day'],
      measures: { value: { min: 0, max: 50 } },
      rowsPerPerson: 4,
      audience: null,
    }),
  );
});

afterAll(() => stage[Symbol.asyncDispose]());

function upliftRequest(fields: Partial<effects.MeasureUpliftRequest> = {}): effects.MeasureUpliftRequest {
  return {
    ask: { collaborationId, epsilon: 1, onBehalfOf: '', requestId: '', dry: false },
    assignment: { table: 'chenxi.campaign', conditions: [] },
    armColumn: 'arm',
    segmentColumns: [],
    outcome: { table: 'jiufang.visits', conditions: [] },
    outcomeColumn: 'visit',
    controlArm: 'control',
    expectedShares: {},
    outcomeSegmentColumns: [],
    knownOnly: true,
    outcomeCap: 0,
    ...fields,
  };
}

const published = (arm: string): number => {
  const { visits = 0, persons = 1 } = PUBLISHED.find((p) => p.arm === arm) ?? {};
  return visits / persons;
};

describe('uplift over the experiment with the published rates', () => {
  it('is found at a total epsilon of 1: rates inside, right sign, significant', async () => {
    const before = await chargesOf(stage, 'brand', collaborationId);
    const { arms, splits, source } = await stage.as('brand').effects.uplift(upliftRequest());
    expect(arms.map(({ arm }) => arm)).toEqual(['control', 'mens_email', 'womens_email']);
    for (const { arm, rate, persons } of arms) {
      // The whole interval is nearly three times the noise: an honest service fails here once in a million runs.
      const width = (rate?.ci95High ?? 0) - (rate?.ci95Low ?? 0);
      expect(width).toBeGreaterThan(0);
      expect(Math.abs((rate?.value ?? 0) - published(arm))).toBeLessThan(width);
      expect(persons?.value).toBeGreaterThan(2_000);
    }
    for (const { arm, uplift, pValue } of arms.filter((a) => a.arm !== 'control')) {
      expect(uplift?.ci95Low, arm).toBeGreaterThan(0);
      expect(pValue, arm).toBeLessThan(0.05);
    }
    expect(splits).toEqual([{ segment: [], pValue: expect.any(Number), mismatch: false }]);
    expect(source?.charged?.epsilon).toBeLessThanOrEqual(1);
    const after = await chargesOf(stage, 'brand', collaborationId);
    for (const [account, rho] of Object.entries(before)) {
      const touched = (after[account] ?? 0) - rho;
      if (touched !== 0) expect(touched).toBeCloseTo(source?.charged?.rho ?? 0, 12);
    }
    expect(await stage.as('brand').queries.get(source?.queryIds[0] ?? '')).toMatchObject({ stored: false });
  });

  it('costs nothing again, and a repetition of the call is the same answer', async () => {
    const ask = { collaborationId, epsilon: 1, onBehalfOf: '', requestId: randomUUID(), dry: false };
    const first = await stage.as('brand').effects.uplift(upliftRequest({ ask }));
    expect(first.source?.charged).toMatchObject({ epsilon: 0, rho: 0 });
    expect(await stage.as('brand').effects.uplift(upliftRequest({ ask }))).toEqual(first);
  });

  it('is told apart by segments, and a split that was not drawn so is not believed', async () => {
    const ask = { collaborationId, epsilon: 3, onBehalfOf: '', requestId: '', dry: false };
    const { arms, splits } = await stage.as('brand').effects.uplift(
      upliftRequest({
        ask,
        segmentColumns: ['segment'],
        expectedShares: { mens_email: 0.5, womens_email: 0.25, control: 0.25 },
      }),
    );
    expect(arms.map(({ segment, arm }) => [...segment, arm].join(' '))).toEqual(
      ['new', 'returning'].flatMap((segment) =>
        ['control', 'mens_email', 'womens_email'].map((arm) => `${segment} ${arm}`),
      ),
    );
    expect(splits.map(({ mismatch }) => mismatch)).toEqual([true, true]);
    for (const { segment, arm, persons } of arms) {
      const truth = customers.filter((c) => c.segment === segment[0] && c.arm === arm).length;
      expect(Math.abs((persons?.value ?? 0) - truth)).toBeLessThan(
        3 * ((persons?.ci95High ?? 0) - (persons?.value ?? 0)),
      );
    }
  });

  it('asks of events whether a person has any, or what they add up to', async () => {
    const outcome = { table: 'jiufang.events', conditions: [{ column: 'kind', values: ['visit', "o'clock"] }] };
    const fields = { outcome, knownOnly: false };
    const came = await stage.as('brand').effects.uplift(upliftRequest({ ...fields, outcomeColumn: '' }));
    const mens = came.arms.find(({ arm }) => arm === 'mens_email');
    expect(mens?.uplift?.ci95Low).toBeGreaterThan(0);
    const spent = await stage
      .as('brand')
      .effects.uplift(upliftRequest({ ...fields, outcomeColumn: 'value', outcomeCap: 80 }));
    expect(spent.source?.sql[0]).toContain('squares');
    for (const { arm, rate } of spent.arms) {
      expect(rate?.ci95High, arm).toBeGreaterThan(rate?.value ?? 0);
      expect(rate?.ci95Low, arm).toBeLessThan(rate?.value ?? 0);
    }
  });
});

describe('a measurement', () => {
  it('says its price and its question before, and is then not charged', async () => {
    const before = await chargesOf(stage, 'brand', collaborationId);
    const ask = { collaborationId, epsilon: 0.7, onBehalfOf: '', requestId: '', dry: true };
    const { arms, source } = await stage.as('brand').effects.uplift(upliftRequest({ ask }));
    expect(arms).toEqual([]);
    expect(source?.charged?.epsilon).toBeCloseTo(0.7, 3);
    expect(source?.sql[0]).toContain('count(distinct');
    expect(await chargesOf(stage, 'brand', collaborationId)).toEqual(before);
  });

  it('is refused as its question is, by the rules of every owner', async () => {
    const forbidden = await expectRefused(
      stage.as('brand').effects.uplift(upliftRequest({ outcomeColumn: 'email' })),
      'QUESTION_REFUSED',
    );
    expect(forbidden.violations.map(({ rule }) => rule)).toContain('identity-stays-inside');
    // The caller did not write the text that places would be in.
    expect(forbidden.violations.filter(({ span, passingSql }) => span !== undefined || passingSql !== '')).toEqual([]);
    const person = upliftRequest({ segmentColumns: ['Email'] });
    expect((await expectRefused(stage.as('brand').effects.uplift(person), 'INVALID_REQUEST')).message).toContain(
      'person',
    );
    const unknown = upliftRequest({ outcome: { table: 'jiufang.nothing', conditions: [] } });
    const { message } = await expectRefused(stage.as('brand').effects.uplift(unknown), 'INVALID_REQUEST');
    expect(message).toContain('`outcome` is no table');
  });

  it('is open to those who may ask, and an ISV acts for its grantor', async () => {
    await expectRefused(stage.as('outsider').effects.uplift(upliftRequest()), 'NOT_FOUND');
    await grantToIsv(stage, collaborationId, [2], ['chenxi.campaign', 'jiufang.visits']);
    const ask = { collaborationId, epsilon: 1, onBehalfOf: 'chenxi', requestId: '', dry: false };
    const { arms } = await stage.as('isv').effects.uplift(upliftRequest({ ask }));
    expect(arms).toHaveLength(3);
    const beyond = upliftRequest({ ask, outcome: { table: 'jiufang.events', conditions: [] }, outcomeColumn: 'value' });
    await expectRefused(stage.as('isv').effects.uplift(beyond), 'PERMISSION_DENIED');
  });

  it('is planned before: less epsilon finds larger effects only', async () => {
    const plan = (epsilon: number) =>
      stage
        .as('brand')
        .effects.plan({ personsPerArm: 2_600n, baseRate: 0.1, epsilon, delta: 0, power: 0, groupsPerPerson: 0 });
    const [small, large] = [await plan(0.1), await plan(3)];
    expect(small.minimumDetectableEffect).toBeGreaterThan(large.minimumDetectableEffect);
    expect(large.minimumDetectableEffect).toBeGreaterThan(large.minimumDetectableEffectUnprotected);
    expect(Number(small.personsWithoutProtection)).toBeLessThan(2_600);
  });
});
