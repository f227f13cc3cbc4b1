import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, entriesOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { type Actor, cast } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, createDataset, upload } from '../support/service-table.ts';

const page = readFileSync(new URL('../../docs/identity.md', import.meta.url), 'utf8');

/** A block of the worked example. */
function block(kind: string): string {
  const found = new RegExp(`\`\`\`${kind}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1];
  if (found === undefined) throw new Error(`docs/identity.md shows no ${kind}`);
  return found;
}

/** The file of a channel: the customer of the page, and as many more like her. */
function channel(name: string, customers: Iterable<number>): string {
  const [head = '', row = ''] = block(`csv ${name}`).split('\n');
  const rows = [...customers].map((n) => {
    const like = row.replaceAll('0000', String(n).padStart(4, '0'));
    // The last digit of a card checks the others.
    return like.replace(/^(\d+)\d,/, (_, digits: string) => `${digits}${checkDigitOf(digits)},`);
  });
  return `${[head, ...rows].join('\n')}\n`;
}

function checkDigitOf(digits: string): number {
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const twice = Number(digit) * 2;
    return total + (place % 2 === 1 ? Number(digit) : twice > 9 ? twice - 9 : twice);
  }, 0);
  return (10 - (sum % 10)) % 10;
}

const CUSTOMERS_COUNT = 60;
const all = Array.from({ length: CUSTOMERS_COUNT }, (_, n) => n + 1);
const schemas = {
  shop: ['email:email', 'phone:phone(DE)?', 'spend:integer'],
  app: ['device:device_id', 'email:email?', 'visits:integer'],
  mini: ['openid:custom(openid)', 'phone:phone(DE)?', 'orders:integer'],
  store: ['card:card_number', 'phone:phone(DE)?', 'visits:integer'],
} as const;
type Channel = keyof typeof schemas;
const channels = Object.keys(schemas) as Channel[];

let stage: ServiceStage;
let collaborationId: string;
let ids: Partial<Record<Channel, string>>;

beforeAll(async () => {
  stage = await ServiceStage.open();
  ({ collaborationId, ids } = await setChannels());
}, 180_000);

afterAll(() => stage[Symbol.asyncDispose]());

async function bind(actor: Actor, agreed: string, alias: string, schema: readonly string[], csv: string) {
  const { datasetId } = await createDataset(stage, actor, schema);
  await upload(stage, actor, datasetId, csv);
  const rulesJson = JSON.stringify({
    version: 1,
    identity: schema[0]?.split(':')[0],
    rowsPerPerson: 1,
    aggregates: ['count', 'count-persons'],
    functions: 'standard',
    groupKeys: {},
    filters: [],
    measures: {},
    minGroupSize: 20,
    maxGroupsPerPerson: 1,
    budget: { epsilon: 20, delta: 1e-6 },
    maxEpsilonPerQuestion: 5,
  });
  await stage.as(actor).collaborations.bind({ collaborationId: agreed, datasetId, alias, rulesJson });
  return datasetId;
}

async function setChannels() {
  const agreed = await agree(stage);
  await stage.as('platform').identity.setRules({ collaborationId: agreed, rulesJson: block('json rules') });
  const bound: Partial<Record<Channel, string>> = {};
  for (const name of channels) {
    bound[name] = await bind('brand', agreed, name, schemas[name], channel(name, all));
  }
  return { collaborationId: agreed, ids: bound };
}

// At this price the noise has a deviation of about three persons: six of them are less than what is told apart here.
const EPSILON = 3;
const NOISE_PERSONS = 18;

async function countPersons(sql: string): Promise<number> {
  const { rows } = await ask(stage, 'brand', collaborationId, sql, { epsilon: EPSILON });
  return Number((rows[0] as { persons?: bigint | number } | undefined)?.persons ?? 0);
}

function expectAbout(count: number, persons: number): void {
  expect(Math.abs(count - persons), `${count} is not about ${persons}`).toBeLessThanOrEqual(NOISE_PERSONS);
}

describe('a customer of four channels', { timeout: 180_000 }, () => {
  it('is one person in the web shop, the app, the mini-program and the store', async () => {
    expectAbout(await countPersons(block('sql').replace('from', 'as persons from')), CUSTOMERS_COUNT);
  });

  it('is explained to who brought her, and to nobody else', async () => {
    const own = await stage.as('brand').identity.explain(collaborationId);
    const people = BigInt(CUSTOMERS_COUNT);
    expect(own).toMatchObject({ identifiers: 5n * people, persons: people, attached: 4n * people, shared: 0n });
    expect(own.kinds.map(({ identifier, attached }) => [identifier, attached])).toEqual([
      ['email', 0n],
      ['phone', people],
      ['device_id', people],
      ['card_number', people],
      ['custom:openid', people],
    ]);
    const others = await stage.as('platform').identity.explain(collaborationId);
    expect(others).toMatchObject({ identifiers: 0n, persons: 0n, kinds: [] });
    await expectRefused(stage.as('outsider').identity.explain(collaborationId), 'NOT_FOUND');
  });

  it('meets another member under any of her identifiers, and follows what she leaves and what is added', async () => {
    const phones = `phone,city\n${all
      .slice(0, 40)
      .map((n) => `030 901${String(n).padStart(4, '0')},berlin`)
      .join('\n')}\n`;
    await bind('platform', collaborationId, 'callers', ['phone:phone(DE)', 'city:text'], phones);
    const both =
      'select count(distinct c.phone) as persons from jiufang.callers c join chenxi.app a on c.phone = a.device';
    const before = await countPersons(both);
    expectAbout(before, 40);
    // Without the web shop nobody says whose telephone it is: callers and devices have nothing in common.
    await upload(stage, 'brand', ids.shop ?? '', 'email,phone,spend\nsomebody@example.com,,1\n');
    expectAbout(await countPersons(both.replace('count(distinct c.phone)', 'count(*)')), 0);
    // What was told of these snapshots stays told: that persons changed must not show in a price.
    expect(await countPersons(both)).toBe(before);
  });
});

describe('identity rules', { timeout: 60_000 }, () => {
  const rulesJson = block('json rules');

  it('are the creator’s to set and everybody’s to read, and are logged', async () => {
    const fresh = await agree(stage);
    expect(await stage.as('brand').identity.rules(fresh)).toMatchObject({ rulesVersion: 0 });
    await expectRefused(
      stage.as('brand').identity.setRules({ collaborationId: fresh, rulesJson }),
      'PERMISSION_DENIED',
    );
    await expectRefused(stage.as('outsider').identity.rules(fresh), 'NOT_FOUND');
    const set = await stage.as('platform').identity.setRules({ collaborationId: fresh, rulesJson });
    expect(await stage.as('brand').identity.rules(fresh)).toEqual(set);
    expect(JSON.parse(set.rulesJson)).toEqual(JSON.parse(rulesJson));
    const logged = (await entriesOf(stage, 'identity-rules-set')).filter((e) => e.collaboration === fresh);
    expect(logged).toMatchObject([{ actor: { member: cast.platform.member }, subject: { rulesVersion: 1 } }]);
  });

  it('are refused with every fault at its path', async () => {
    const fresh = await agree(stage);
    const wrong = JSON.stringify({ priority: ['e-mail'], unit: 'household' });
    const setting = stage.as('platform').identity.setRules({ collaborationId: fresh, rulesJson: wrong });
    const refusal = await expectRefused(setting, 'INVALID_REQUEST');
    expect(refusal.fields.map((f) => f.field)).toEqual(['rules_json/priority/0', 'rules_json/household']);
  });

  it('are settled with the first charge', async () => {
    await countPersons('select count(distinct email) as persons from chenxi.shop');
    const again = stage.as('platform').identity.setRules({ collaborationId, rulesJson });
    await expectRefused(again, 'CONFLICT');
  });
});
