// What owners want to be paid for their tags is charged when an audience over them is published: to each owner's dataset
// its own price, and all prices to the collaboration and to whoever asks.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tags } from '../../proto/index.ts';
import { registerDestination } from '../support/service-destinations.ts';
import { chargesOf, entriesOf, joined, verifyLogOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { type Actor, cast, destinationId, mailingsRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table, type TableFields } from '../support/service-table.ts';

const BRANDS_PRICE = 0.2;
const PLATFORMS_PRICE = 0.3;
/** Digits after the point of a loss: what is charged is whole units of the ledger, and sums of them are exact. */
const LOSS_DIGITS = 12;

let stage: ServiceStage;

beforeAll(async () => {
  stage = await ServiceStage.open();
}, 120_000);
afterAll(() => stage[Symbol.asyncDispose]());

/** A table with a destination, and a priced tag of each owner. */
async function pricedTable(fields: TableFields = {}): Promise<Table> {
  const table = await setTable(stage, fields);
  const { collaborationId } = table;
  await registerDestination(stage, { collaborationId, destinationId, terms: {} });
  await publishTag('brand', collaborationId, { table: 'chenxi.mailings', column: 'arm', price: BRANDS_PRICE });
  await publishTag('platform', collaborationId, { table: 'jiufang.outcomes', column: 'visit', price: PLATFORMS_PRICE });
  return table;
}

type Priced = Pick<tags.Tag, 'table' | 'column' | 'price'>;
async function publishTag(owner: Actor, collaborationId: string, ...priced: readonly Priced[]): Promise<void> {
  const plain = { meaning: 'what it says', sensitivity: tags.TagSensitivity.ORDINARY };
  const catalogue = priced.map((tag) =>
    tags.Tag.fromPartial({ ...plain, ...tag, name: `${tag.table.split('.')[1]}-${tag.column}` }),
  );
  await stage.as(owner).tags.publish({ collaborationId, tags: catalogue });
}

/** Defines and sizes an audience of those who meet a condition. */
async function sized(collaborationId: string, sql: string): Promise<string> {
  const request = { collaborationId, displayName: 'priced', sql, definition: undefined, onBehalfOf: '' };
  const { audienceId } = await stage.as('brand').audiences.define({ ...request, requestId: randomUUID() });
  await stage.as('brand').audiences.estimate(audienceId, 0.5);
  return audienceId;
}

const publish = (audienceId: string) =>
  stage.as('brand').audiences.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });

/** What publishing an audience is charged, by the level of the account; an account that is charged nothing is left out. */
async function chargedFor(table: Table, sql: string): Promise<Readonly<Record<string, number>>> {
  const { collaborationId } = table;
  const audienceId = await sized(collaborationId, sql);
  const before = await chargesOf(stage, 'brand', collaborationId);
  await publish(audienceId);
  const after = await chargesOf(stage, 'brand', collaborationId);
  const names: Readonly<Record<string, string>> = {
    [`owner/${table.mailingsId}`]: 'brand',
    [`owner/${table.outcomesId}`]: 'platform',
    [`collaboration/${collaborationId}`]: 'collaboration',
    [`consumer/${collaborationId}/${cast.brand.member}`]: 'asker',
  };
  const charged = Object.entries(after).map(([account, rho]) => [account, rho - (before[account] ?? 0)] as const);
  return Object.fromEntries(charged.filter(([, rho]) => rho > 0).map(([account, rho]) => [names[account], rho]));
}

const BRANDS = "m.arm in ('mens', 'womens')";
const PLATFORMS = 'o.visit < 2';
const whoever = (...conditions: readonly string[]) => `select m.email ${joined} where ${conditions.join(' and ')}`;

describe('the price of a tag', () => {
  it('is charged to its own owner, and those of two owners together to whom they share', async () => {
    const table = await pricedTable();
    const { brand = 0, ...withBrand } = await chargedFor(table, whoever(BRANDS));
    expect(brand).toBeGreaterThan(0);
    expect(withBrand).toEqual({
      collaboration: expect.closeTo(brand, LOSS_DIGITS),
      asker: expect.closeTo(brand, LOSS_DIGITS),
    });
    const { platform = 0, ...withPlatform } = await chargedFor(table, whoever(PLATFORMS));
    expect(platform).toBeGreaterThan(brand);
    expect(withPlatform).toEqual({
      collaboration: expect.closeTo(platform, LOSS_DIGITS),
      asker: expect.closeTo(platform, LOSS_DIGITS),
    });
    expect(await chargedFor(table, whoever(BRANDS, PLATFORMS))).toEqual({
      brand: expect.closeTo(brand, LOSS_DIGITS),
      platform: expect.closeTo(platform, LOSS_DIGITS),
      collaboration: expect.closeTo(brand + platform, LOSS_DIGITS),
      asker: expect.closeTo(brand + platform, LOSS_DIGITS),
    });
    expect(await chargedFor(table, whoever('m.tier < 9'))).toEqual({});
  });

  it('is charged for each name of a column that is bound under two', async () => {
    const table = await pricedTable();
    const { collaborationId, mailingsId: datasetId } = table;
    const bound = { collaborationId, datasetId, alias: 'letters', rulesJson: mailingsRules() };
    await stage.as('brand').collaborations.bind(bound);
    const one = { column: 'arm', price: BRANDS_PRICE };
    const both = ['chenxi.mailings', 'chenxi.letters'].map((name) => ({ ...one, table: name }));
    await publishTag('brand', collaborationId, ...both);
    const { brand: single = 0 } = await chargedFor(table, whoever(BRANDS));
    const twice = `select m.email from chenxi.mailings m join chenxi.letters l on m.email = l.email
      join jiufang.outcomes o on m.email = o.email where ${BRANDS} and l.arm in ('mens', 'womens')`;
    const { brand = 0, collaboration } = await chargedFor(table, twice);
    expect(brand).toBeCloseTo(2 * single, LOSS_DIGITS);
    expect(collaboration).toBeCloseTo(brand, LOSS_DIGITS);
  });

  /** The size of an audience, and hardly more: losses add up to less than their epsilons do. */
  const tight = { budget: { epsilon: 0.51, delta: 1e-6 } };
  it.each([
    { owner: 'brand', fields: { mailingsRules: tight }, datasetOf: ({ mailingsId }: Table) => mailingsId },
    { owner: 'platform', fields: { outcomesRules: tight }, datasetOf: ({ outcomesId }: Table) => outcomesId },
  ] as const)('that the budget of the $owner cannot bear refuses all, and costs nobody anything', async (facts) => {
    const { owner, fields, datasetOf } = facts;
    const table = await pricedTable(fields);
    const { collaborationId } = table;
    const audienceId = await sized(collaborationId, whoever(BRANDS, PLATFORMS));
    const before = await chargesOf(stage, 'brand', collaborationId);
    const account = `owner/${datasetOf(table)}`;
    const refusal = await expectRefused(publish(audienceId), 'BUDGET_SPENT');
    expect(refusal.metadata).toMatchObject({ account, level: 'owner', owner: cast[owner].member });
    expect(await chargesOf(stage, 'brand', collaborationId)).toEqual(before);
    expect((await entriesOf(stage, 'audience-refused')).at(-1)).toMatchObject({
      collaboration: collaborationId,
      subject: { audience: audienceId, account },
    });
  });

  it('can be added up again by whoever reads the log', async () => {
    await verifyLogOf(stage);
  });
});
