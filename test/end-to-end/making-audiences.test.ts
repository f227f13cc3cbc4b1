import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audiences, collaborations, tags } from '../../proto/index.ts';
import { matched } from '../support/service-people.ts';
import { chargesOf, entriesOf, joined, verifyLogOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { type Actor, cast } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { grantToIsv, setTable, type Table } from '../support/service-table.ts';

const { UNION, INTERSECTION, DIFFERENCE } = audiences.CombinationKind;
const FAR_DEVIATIONS = 6;
const DEVIATIONS_OF_95 = 1.96;

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage, { epsilon: 20, consumerEpsilon: 20 });
});

afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

const tag = (fields: Partial<tags.Tag>): tags.Tag => ({
  ...tags.Tag.fromPartial({ meaning: 'what it says', sensitivity: tags.TagSensitivity.ORDINARY }),
  ...fields,
});
const platformTags = [tag({ name: 'visit', table: 'jiufang.outcomes', column: 'visit' })];
const brandTags = [
  tag({ name: 'arm', table: 'chenxi.mailings', column: 'arm', values: ['mens', 'womens', 'control'], price: 0.2 }),
  tag({ name: 'tier', table: 'chenxi.mailings', column: 'tier', sensitivity: tags.TagSensitivity.PERSONAL }),
];
const byRule = (where: unknown): audiences.Definition => ({
  source: { $case: 'rule', value: JSON.stringify({ version: 1, from: 'jiufang.outcomes', where }) },
});
const bySql = (sql: string): audiences.Definition => ({ source: { $case: 'sql', value: sql } });
const byCombination = (kind: audiences.CombinationKind, audienceIds: string[]): audiences.Definition => ({
  source: { $case: 'combination', value: { kind, audienceIds } },
});

const define = (definition: audiences.Definition, actor: Actor = 'brand', onBehalfOf = '') => {
  const { collaborationId } = table;
  const request = { collaborationId, displayName: 'made', sql: '', definition, onBehalfOf, requestId: randomUUID() };
  return stage.as(actor).audiences.define(request);
};
const sizeOf = (definition: audiences.Definition, epsilon = 1) =>
  stage
    .as('brand')
    .audiences.estimateDefinition({ collaborationId: table.collaborationId, definition, epsilon, onBehalfOf: '' });

function expectNear(size: audiences.ProtectedSize | undefined, exact: number): void {
  const [persons, low, high] = [size?.persons, size?.ci95Low, size?.ci95High].map(Number);
  const deviation = ((high ?? 0) - (low ?? 0)) / 2 / DEVIATIONS_OF_95;
  expect(deviation).toBeGreaterThan(0);
  expect(Math.abs((persons ?? 0) - exact)).toBeLessThanOrEqual(FAR_DEVIATIONS * deviation);
}

const count = (holds: (person: (typeof matched)[number]) => boolean): number => matched.filter(holds).length;
const womens = { and: [{ tag: 'chenxi/arm', eq: 'womens' }, { not: { tag: 'jiufang/visit', eq: 1 } }] };

describe('tags', () => {
  it('are published by whoever brings the columns, and seen by all who may make audiences', async () => {
    const { collaborationId } = table;
    await stage.as('platform').tags.publish({ collaborationId, tags: platformTags });
    await stage.as('brand').tags.publish({ collaborationId, tags: brandTags });
    const { tags: seen } = await stage.as('platform').tags.list(collaborationId);
    expect(seen.map(({ owner, name, kind }) => [owner, name, kind])).toEqual([
      ['chenxi', 'arm', 'text'],
      ['chenxi', 'tier', 'integer'],
      ['jiufang', 'visit', 'integer'],
    ]);
    await expectRefused(stage.as('outsider').tags.list(collaborationId), 'NOT_FOUND');
    await expectRefused(stage.as('isv').tags.publish({ collaborationId, tags: [] }), 'NOT_FOUND');
    const stolen = [tag({ name: 'spend', table: 'jiufang.outcomes', column: 'spend' })];
    await expectRefused(stage.as('brand').tags.publish({ collaborationId, tags: stolen }), 'INVALID_REQUEST');
    await expectRefused(stage.as('platform').tags.publish({ collaborationId, tags: stolen }), 'INVALID_REQUEST');
    expect(await entriesOf(stage, 'tags-published')).toHaveLength(2);
  });
});

describe('a rule', () => {
  it('is sized before anything is made, for the price that the audience then has for nothing', async () => {
    const sized = await sizeOf(byRule(womens));
    expectNear(
      sized.size,
      count(({ mailing, outcome }) => mailing.arm === 'womens' && outcome.visit === 0),
    );
    expect(sized.charged?.rho).toBeGreaterThan(0);
    expect(sized.sql).toContain(`t."arm" = 'womens'`);
    const before = await chargesOf(stage, 'brand', table.collaborationId);
    expect((await sizeOf(byRule(womens))).charged?.rho).toBe(0);
    const audience = await define(byRule(womens));
    const again = await stage.as('brand').audiences.estimate(audience.audienceId, 1);
    expect(again).toMatchObject({ size: sized.size, charged: { rho: 0 } });
    expect(await chargesOf(stage, 'brand', table.collaborationId)).toEqual(before);
    const listed = await stage.as('brand').audiences.list(table.collaborationId);
    expect(listed.map(({ audienceId }) => audienceId)).toEqual([audience.audienceId]);
    expect(audience).toMatchObject({ definition: byRule(womens), sql: sized.sql });
  });

  it('is refused by the place of each fault, and leaves nothing', async () => {
    const bad = {
      and: [
        { tag: 'chenxi/arm', eq: 'kids' },
        { tag: 'chenxi/colour', eq: 1 },
      ],
    };
    const refused = await expectRefused(define(byRule(bad)), 'INVALID_REQUEST');
    expect(refused.fields.map(({ field }) => field)).toEqual(['rule/where/and/0/eq', 'rule/where/and/1/tag']);
    await expectRefused(define({ source: { $case: 'rule', value: '{' } }), 'INVALID_REQUEST');
    await expectRefused(define({ source: undefined }), 'INVALID_REQUEST');
  });
});

describe('audiences put together', () => {
  it('are sized, nested and shown as they were asked for', async () => {
    const mens = await define(byRule({ tag: 'chenxi/arm', eq: 'mens' }));
    const visitors = await define(bySql('select email from jiufang.outcomes where visit = 1 -- all of them\n;'));
    const either = await define(byCombination(UNION, [mens.audienceId, visitors.audienceId]));
    const neither = byCombination(DIFFERENCE, [visitors.audienceId, mens.audienceId, mens.audienceId]);
    const both = byCombination(INTERSECTION, [either.audienceId, mens.audienceId, visitors.audienceId]);
    expect(either.definition).toEqual(byCombination(UNION, [mens.audienceId, visitors.audienceId]));
    const isMens = ({ mailing }: (typeof matched)[number]) => mailing.arm === 'mens';
    const visits = ({ outcome }: (typeof matched)[number]) => outcome.visit === 1;
    expectNear(
      (await sizeOf(both)).size,
      count((person) => isMens(person) && visits(person)),
    );
    const sizes = await stage.as('brand').audiences.compare({
      audienceId: mens.audienceId,
      otherAudienceId: visitors.audienceId,
      epsilon: 1.5,
    });
    expectNear(
      sizes.common,
      count((person) => isMens(person) && visits(person)),
    );
    expectNear(sizes.persons, count(isMens));
    expect(sizes.charged?.epsilon).toBeLessThanOrEqual(1.5);
    expect((await sizeOf(neither, 0.5)).charged?.rho).toBeGreaterThan(0);
    const trend = await stage.as('brand').audiences.trend(mens.audienceId);
    expect(trend.map(({ size }) => size)).toEqual([sizes.persons]);
  });

  it('are of one member in one collaboration, and of audiences that the caller may read', async () => {
    const own = await define(bySql(`select m.email ${joined}`));
    const platforms = await define(bySql('select email from jiufang.outcomes'), 'platform');
    const mixed = byCombination(UNION, [own.audienceId, platforms.audienceId]);
    await expectRefused(define(mixed), 'NOT_FOUND');
    await expectRefused(define(mixed, 'platform'), 'NOT_FOUND');
    await expectRefused(define(byCombination(UNION, [own.audienceId])), 'INVALID_REQUEST');
    await grantToIsv(stage, table.collaborationId, [collaborations.Ability.ACTIVATE]);
    // What the brand defined itself is not its provider's to build on.
    const built = byCombination(UNION, [own.audienceId, own.audienceId]);
    await expectRefused(define(built, 'isv', cast.brand.member), 'NOT_FOUND');
    const theirs = await define(byRule({ tag: 'chenxi/arm', eq: 'mens' }), 'isv', cast.brand.member);
    const twice = byCombination(DIFFERENCE, [theirs.audienceId, theirs.audienceId]);
    expect(await define(twice, 'isv', cast.brand.member)).toMatchObject({ owner: cast.brand.member });
  });
});

describe('a portrait', () => {
  it('says how usual each value is, beside the table and beside another audience, and pays for each question', async () => {
    const visitors = await define(bySql('select email from jiufang.outcomes where visit = 1'));
    const tiers = await define(bySql(`select m.email ${joined} where m.tier = 1`));
    const before = await chargesOf(stage, 'brand', table.collaborationId);
    const request = {
      audienceId: visitors.audienceId,
      baselineAudienceId: '',
      table: 'chenxi.mailings',
      attributes: ['arm'],
      epsilon: 4,
      requestId: randomUUID(),
    };
    const portrait = await stage.as('brand').audiences.portray(request);
    expect(portrait.figures.map(({ value }) => value).toSorted()).toEqual(['control', 'mens', 'womens']);
    for (const { value, persons, baselinePersons, index, indexCi95Low, indexCi95High } of portrait.figures) {
      expectNear(
        persons,
        count(({ mailing, outcome }) => mailing.arm === value && outcome.visit === 1),
      );
      expect(Number(baselinePersons?.persons)).toBeGreaterThan(0);
      expect(indexCi95Low).toBeLessThan(index);
      expect(indexCi95High).toBeGreaterThan(index);
    }
    expect(portrait.charged?.epsilon).toBeLessThanOrEqual(4 + 1e-9);
    const after = await chargesOf(stage, 'brand', table.collaborationId);
    const account = `collaboration/${table.collaborationId}`;
    expect((after[account] ?? 0) - (before[account] ?? 0)).toBeCloseTo(portrait.charged?.rho ?? 0, 10);
    expect(await stage.as('brand').audiences.portray(request)).toEqual(portrait);
    const beside = { ...request, baselineAudienceId: tiers.audienceId, epsilon: 1, requestId: randomUUID() };
    expect((await stage.as('brand').audiences.portray(beside)).queryIds).toHaveLength(2);
    expect(await chargesOf(stage, 'brand', table.collaborationId)).not.toEqual(after);
  });

  it('is refused by the rules for questions, where audiences would be permitted', async () => {
    const cities = await define(bySql("select email from jiufang.outcomes where city = 'Hangzhou'"));
    const request = { audienceId: cities.audienceId, baselineAudienceId: '', epsilon: 1, requestId: '' };
    const spend = { ...request, table: 'jiufang.outcomes', attributes: ['spend'] };
    const before = await chargesOf(stage, 'brand', table.collaborationId);
    await expectRefused(stage.as('brand').audiences.portray(spend), 'QUESTION_REFUSED');
    // Nor was anything charged for what else the portrait asks.
    expect(await chargesOf(stage, 'brand', table.collaborationId)).toEqual(before);
    const nowhere = { ...request, table: 'jiufang.nowhere', attributes: ['city'] };
    await expectRefused(stage.as('brand').audiences.portray(nowhere), 'INVALID_REQUEST');
    await expectRefused(stage.as('brand').audiences.portray({ ...spend, attributes: [] }), 'INVALID_REQUEST');
  });
});

describe('the log of all that', () => {
  it('is whole', async () => {
    await verifyLogOf(stage);
    const drafts = (await entriesOf(stage, 'audience-defined')).filter(({ subject }) => subject.draft === true);
    expect(drafts.length).toBeGreaterThan(1);
  });
});
