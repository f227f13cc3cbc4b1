import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { countPersons, named } from '../support/demanded-rights.ts';
import { ask, chargesOf, entriesOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { mailingsRules, members } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { createDataset, upload } from '../support/service-table.ts';

// Each of these asks several questions of a service of its own.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** The noise of these counts is below one person; groups differ by a hundred. */
const NOISE = 25;
const GROUP = 400;
const DAY_MS = 86_400_000;
const dayFrom = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
const columns = [
  'email:email',
  'arm:text',
  'tier:integer',
  'uses:consent_purpose?',
  'home:consent_region?',
  'last:consent_until?',
];

// One group of people a consent, so that each group that counts can be told from the sum.
const consents: readonly (readonly [string, string, string])[] = [
  ['measurement', 'CN', ''],
  ['*', 'DE', ''],
  ['ads', 'CN', ''],
  ['ads|measurement', 'CN', dayFrom(-1)],
  ['measurement', 'CN', dayFrom(0)],
  ['', 'CN', ''],
  ['measurement', 'China', ''],
  ['measurement', '', ''],
];

const rowsOf = (first = 0): string[] =>
  consents.flatMap(([uses, home, last], group) =>
    Array.from(
      { length: GROUP },
      (_, n) => `g${group}p${first + n}@example.com,mens,${group % 4},${uses},${home},${last}`,
    ),
  );
const fileOf = (rows: readonly string[]) => `email,arm,tier,uses,home,last\n${rows.join('\n')}\n`;
const everybody = 'select count(distinct email) as n from chenxi.mailings';

let stage: ServiceStage;
let datasetId: string;

beforeAll(async () => {
  stage = await ServiceStage.open();
  datasetId = (await createDataset(stage, 'brand', columns)).datasetId;
  await upload(stage, 'brand', datasetId, fileOf(rowsOf()));
});

afterAll(() => stage[Symbol.asyncDispose]());

const agree = async (use: { purpose?: string; regions?: string[] }): Promise<string> => {
  const { collaborationId } = await stage.as('platform').collaborations.create({
    displayName: 'measured',
    members: [...members],
    budget: { epsilon: 20, delta: 1e-6, rho: 0 },
    consumerBudget: { epsilon: 20, delta: 1e-6, rho: 0 },
    requestId: randomUUID(),
    ...use,
  });
  await stage.as('brand').collaborations.accept(collaborationId);
  const rulesJson = mailingsRules({ measures: {}, filters: ['tier'] });
  await stage.as('brand').collaborations.bind({ collaborationId, datasetId, alias: 'mailings', rulesJson });
  return collaborationId;
};

const expectGroups = (count: number, groups: number): void => {
  expect(Math.abs(count - groups * GROUP)).toBeLessThan(NOISE);
};

describe('a collaboration', () => {
  it('counts the rows whose consent covers its purpose, its regions and today, and no others', async () => {
    // Groups 0, 1 and 4.
    expectGroups(
      await countPersons(stage, 'platform', {
        collaborationId: await agree({ purpose: 'measurement' }),
        sql: everybody,
      }),
      3,
    );
    const inChina = await agree({ purpose: 'measurement', regions: ['CN'] });
    expectGroups(await countPersons(stage, 'platform', { collaborationId: inChina, sql: everybody }), 2);
    const one = await stage.as('brand').collaborations.get(inChina);
    expect(one).toMatchObject({ purpose: 'measurement', regions: ['CN'] });
  });

  it('that states no purpose counts consent to everything alone', async () => {
    expectGroups(await countPersons(stage, 'platform', { collaborationId: await agree({}), sql: everybody }), 1);
  });

  it('is refused with a purpose that is no word, or a region that is none', async () => {
    await expectRefused(agree({ purpose: 'all of it' }), 'INVALID_REQUEST');
    await expectRefused(agree({ regions: ['china'] }), 'INVALID_REQUEST');
  });

  it('does not let questions see who consented to what', async () => {
    const collaborationId = await agree({ purpose: 'measurement' });
    await expectRefused(
      ask(stage, 'platform', collaborationId, "select count(*) as n from chenxi.mailings where home = 'CN'"),
      'QUESTION_REFUSED',
    );
  });
});

describe('an opt-out', () => {
  it('holds from the next question on, in every upload to come, until it is taken back', async () => {
    const collaborationId = await agree({ purpose: 'measurement' });
    const first = { collaborationId, sql: everybody };
    expectGroups(await countPersons(stage, 'platform', first), 3);
    const gone = Array.from({ length: GROUP }, (_, n) => `G1P${n}@Example.com`);
    expect(await stage.as('brand').rights.optOut(named('email', ...gone))).toBe(BigInt(GROUP));
    expect(await stage.as('brand').rights.optOut(named('email', ...gone))).toBe(0n);
    expectGroups(await countPersons(stage, 'platform', first), 2);

    // The same people come again, in a file that replaces the first.
    await upload(stage, 'brand', datasetId, fileOf(rowsOf()));
    expectGroups(await countPersons(stage, 'platform', first), 2);
    expect(await stage.as('brand').rights.countOptOuts()).toEqual([{ kind: 'email', identifierCount: BigInt(GROUP) }]);
    expect(await stage.as('platform').rights.countOptOuts()).toEqual([]);

    expect(await stage.as('brand').rights.withdrawOptOut(named('email', ...gone))).toBe(BigInt(GROUP));
    expectGroups(await countPersons(stage, 'platform', first), 3);
    const logged = await entriesOf(stage, 'persons-opted-out');
    expect(logged.map((e) => e.subject)).toEqual([{ identifiers: GROUP }, { identifiers: GROUP }]);
  });

  it('makes a stored answer be asked anew whether or not anybody is in the data', async () => {
    const collaborationId = await agree({ purpose: 'measurement' });
    await countPersons(stage, 'platform', { collaborationId, sql: everybody });
    const charged = await chargesOf(stage, 'platform', collaborationId);
    await countPersons(stage, 'platform', { collaborationId, sql: everybody });
    expect(await chargesOf(stage, 'platform', collaborationId)).toEqual(charged);
    await stage.as('brand').rights.optOut(named('email', 'nobody-of-these@example.com'));
    await countPersons(stage, 'platform', { collaborationId, sql: everybody });
    expect(await chargesOf(stage, 'platform', collaborationId)).not.toEqual(charged);
  });

  it('takes nobody along by an identifier that a later upload shows to be shared', async () => {
    const collaborationId = await agree({});
    const rulesJson = mailingsRules({ measures: {}, filters: ['tier'] });
    const phoneOf = (n: number) => `1391234${String(n).padStart(4, '0')}`;
    const bring = async (alias: string) => {
      const own = await createDataset(stage, 'brand', ['email:email?', 'phone:phone(CN)?', 'arm:text', 'tier:integer']);
      const rows = Array.from({ length: GROUP }, (_, n) => `${alias}${n}@example.com,${phoneOf(n)},mens,0`);
      await upload(stage, 'brand', own.datasetId, `email,phone,arm,tier\n${rows.join('\n')}\n`);
      await stage.as('brand').collaborations.bind({ collaborationId, datasetId: own.datasetId, alias, rulesJson });
      return { collaborationId, sql: `select count(*) as n from chenxi.${alias}` };
    };
    // Counts under the minimum do not leave.
    const counted = async (of: { collaborationId: string; sql: string }) =>
      (await countPersons(stage, 'platform', of)) || 0;
    const early = await bring('early');
    const gone = Array.from({ length: GROUP }, (_, n) => `early${n}@example.com`);
    await stage.as('brand').rights.optOut(named('email', ...gone));
    expectGroups(await counted(early), 0);
    expectGroups(await counted(await bring('late')), 1);
    expectGroups(await counted(early), 0);
  });

  it('takes the rows that name the same person by another identifier along, and those of a shared one not', async () => {
    const both = await createDataset(stage, 'brand', ['email:email?', 'phone:phone(CN)?', 'arm:text', 'tier:integer']);
    const phoneOf = (n: number) => `1381234${String(n).padStart(4, '0')}`;
    const people = Array.from({ length: GROUP }, (_, n) => n);
    const linked = people.map((n) => `both${n}@example.com,${phoneOf(n)},mens,0`);
    const alone = people.map((n) => `,${phoneOf(n)},mens,1`);
    // One telephone of a household: two people have it.
    const wives = people.map((n) => `wife${n}@example.com,${phoneOf(5_000 + n)},womens,2`);
    const husbands = people.map((n) => `husband${n}@example.com,${phoneOf(5_000 + n)},control,3`);
    const rows = [...linked, ...alone, ...wives, ...husbands];
    await upload(stage, 'brand', both.datasetId, `email,phone,arm,tier\n${rows.join('\n')}\n`);
    const collaborationId = await agree({});
    const rulesJson = mailingsRules({ measures: {}, filters: ['tier'], rowsPerPerson: 3 });
    await stage
      .as('brand')
      .collaborations.bind({ collaborationId, datasetId: both.datasetId, alias: 'both', rulesJson });
    const gone = [...linked, ...wives].map((row) => row.split(',')[0] ?? '');
    await stage.as('brand').rights.optOut(named('email', ...gone));
    const sql = 'select arm, count(*) as n from chenxi.both group by arm';
    const counted = await ask(stage, 'platform', collaborationId, sql, { epsilon: 5 });
    const byArm = new Map(counted.rows.map((row) => [row.arm, Number(row.n)]));
    for (const [arm, groups] of [
      ['mens', 0],
      ['womens', 0],
      ['control', 1],
    ] as const) {
      expectGroups(byArm.get(arm) ?? 0, groups);
    }
  });

  it('is kept where nobody can read it', async () => {
    const refused = stage.as('auditor').rights.optOut(named('email', 'ana@example.com'));
    await expectRefused(refused, 'PERMISSION_DENIED');
    const short = [{ kind: 'email', digests: [Buffer.alloc(31)] }];
    await expectRefused(stage.as('brand').rights.optOut(short), 'INVALID_REQUEST');
  });
});
