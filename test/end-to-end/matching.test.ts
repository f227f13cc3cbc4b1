import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestIdentifier } from '../../identity/index.ts';
import { collaborations } from '../../proto/index.ts';
import { isNear, listOf, OUTCOMES, range, reportOf, setPlatformTable } from '../support/service-matching.ts';
import { emailOf, mailings, matched } from '../support/service-people.ts';
import { chargesOf, entriesOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, createDataset, grantToIsv, setTable, type Table, upload } from '../support/service-table.ts';

const TIMEOUT_MS = 300_000;
const THEIRS_COUNT = 400;
const cliMain = new URL('../../cli/main.ts', import.meta.url).pathname;

let stage: ServiceStage;
let table: Table;
/** A collaboration where the brand has brought nothing. */
let before: string;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
  before = await setPlatformTable(stage, THEIRS_COUNT);
}, TIMEOUT_MS);

afterAll(() => stage[Symbol.asyncDispose]());

describe('a match report', () => {
  it(
    'is priced at no charge, charged to every account, released, logged, and free when it is asked again',
    async () => {
      const { collaborationId } = table;
      const report = (dry = false) => stage.as('brand').matches.report(reportOf(collaborationId, { dry }));
      const charges = () => chargesOf(stage, 'brand', collaborationId);
      const [atFirst, priced] = [await charges(), await report(true)];
      expect(priced).toMatchObject({ affordable: true, byKind: [] });
      expect(priced.both).toBeUndefined();
      expect(await charges()).toEqual(atFirst);

      const told = await report();
      const after = await charges();
      expect(told.charged).toEqual(priced.price);
      expect(Object.keys(after)).toHaveLength(4);
      for (const [account, rho] of Object.entries(after)) {
        expect(rho - (atFirst[account] ?? 0)).toBeCloseTo(priced.price?.rho ?? 0, 12);
      }
      expect(isNear(told.mine, mailings.length)).toBe(true);
      expect(isNear(told.both, matched.length)).toBe(true);
      const [email, other] = told.byKind;
      expect(told.byKind.map(({ kind }) => kind)).toEqual(['email', 'other']);
      expect(isNear(email?.persons, matched.length)).toBe(true);
      // Nobody met otherwise; a number under the least group is withheld like anywhere else.
      expect(other?.persons).toBeUndefined();

      const again = await report();
      expect(again).toMatchObject({ mine: told.mine, both: told.both, byKind: told.byKind, charged: { rho: 0 } });
      expect(await charges()).toEqual(after);
      const logged = await entriesOf(stage, 'match-reported');
      expect(logged).toHaveLength(2);
      expect(logged[0]?.subject).toMatchObject({ tables: ['chenxi.mailings', OUTCOMES], epsilon: 3 });
    },
    TIMEOUT_MS,
  );

  it(
    "is the other side's as well, at a charge and with noise of its own",
    async () => {
      const request = reportOf(table.collaborationId, { table: 'outcomes', withTable: 'chenxi.mailings' });
      const told = await stage.as('platform').matches.report(request);
      expect(told.charged?.rho).toBeGreaterThan(0);
      expect(isNear(told.both, matched.length)).toBe(true);
    },
    TIMEOUT_MS,
  );

  it("is refused to outsiders, over tables that are not there, and over one's own", async () => {
    const { collaborationId } = table;
    const report = (fields: object, actor: 'brand' | 'outsider' | 'isv' = 'brand') =>
      stage.as(actor).matches.report(reportOf(collaborationId, fields));
    await expectRefused(report({}, 'outsider'), 'NOT_FOUND');
    await expectRefused(report({ table: 'nothing' }), 'NOT_FOUND');
    await expectRefused(report({ withTable: 'jiufang.nothing' }), 'NOT_FOUND');
    await expectRefused(report({ withTable: 'chenxi.mailings' }), 'INVALID_REQUEST');
    await expectRefused(report({ epsilon: -1 }), 'INVALID_REQUEST');
    await expectRefused(report({ epsilon: 6 }), 'QUESTION_REFUSED');
    await expectRefused(report({ onBehalfOf: 'chenxi' }, 'isv'), 'NOT_FOUND');
  });

  it(
    "is a provider's under a grant over both tables",
    async () => {
      await grantToIsv(stage, table.collaborationId, [collaborations.Ability.QUERY]);
      const request = reportOf(table.collaborationId, { onBehalfOf: 'chenxi' });
      // Who asks for another is charged beside it, and gets the brand's own stored release.
      expect(isNear((await stage.as('isv').matches.report(request)).both, matched.length)).toBe(true);
    },
    TIMEOUT_MS,
  );
});

describe('a match report over several kinds of identifiers', () => {
  it(
    'counts a person once, by the first kind that both tables hold of them',
    async () => {
      const phone = (person: number) => `+4915123${String(100_000 + person)}`;
      const bring = async (owner: 'platform' | 'brand', csv: string, columns: readonly string[]) => {
        const { datasetId } = await createDataset(stage, owner, columns);
        await upload(stage, owner, datasetId, csv);
        return datasetId;
      };
      // 80 share both, 60 their telephone alone, as the brand knows another address of them; 50 nothing.
      const theirs = range(0, 300).map((n) => `${emailOf(n)},${phone(n)}\n`);
      const ours = [
        ...range(0, 80).map((n) => `${phone(n)},${emailOf(n)}\n`),
        ...range(80, 140).map((n) => `${phone(n)},${emailOf(n + 5_000)}\n`),
        ...range(140, 190).map((n) => `${phone(n + 7_000)},${emailOf(n + 7_000)}\n`),
      ];
      const platformId = await bring('platform', `email,tel\n${theirs.join('')}`, ['email:email', 'tel:phone']);
      const brandId = await bring('brand', `tel,email\n${ours.join('')}`, ['tel:phone', 'email:email']);
      const collaborationId = await agree(stage);
      const rules = (identity: string) =>
        JSON.stringify({
          version: 1,
          identity,
          rowsPerPerson: 1,
          aggregates: ['count-persons'],
          minGroupSize: 20,
          maxGroupsPerPerson: 1,
          budget: { epsilon: 20, delta: 1e-6 },
        });
      const common = { collaborationId, alias: 'people' };
      await stage.as('platform').collaborations.bind({ ...common, datasetId: platformId, rulesJson: rules('email') });
      await stage.as('brand').collaborations.bind({ ...common, datasetId: brandId, rulesJson: rules('tel') });
      const request = reportOf(collaborationId, { table: 'people', withTable: 'jiufang.people', epsilon: 10 });
      const told = await stage.as('brand').matches.report(request);
      expect(isNear(told.mine, 190)).toBe(true);
      expect(isNear(told.both, 140)).toBe(true);
      // In the order of the asking table's columns.
      const [byPhone, byEmail, byOther] = told.byKind;
      expect(told.byKind.map(({ kind }) => kind)).toEqual(['phone', 'email', 'other']);
      expect(isNear(byPhone?.persons, 140)).toBe(true);
      expect([byEmail?.persons, byOther?.persons]).toEqual([undefined, undefined]);
      const fromThere = { ...request, withTable: 'chenxi.people' };
      const [first, second] = (await stage.as('platform').matches.report(fromThere)).byKind;
      expect(isNear(first?.persons, 80)).toBe(true);
      expect(isNear(second?.persons, 60)).toBe(true);
      // Before an upload it would have been the telephone that finds the most.
      const list = listOf(collaborationId, [], {
        withTable: 'jiufang.people',
        identifier: 'phone',
        digests: range(0, 190).map((n) => digestIdentifier('phone', phone(n)) as Uint8Array),
      });
      expect(isNear((await stage.as('brand').matches.estimate(list)).both, 190)).toBe(true);
    },
    TIMEOUT_MS,
  );
});

describe('a report that an owner does not permit', () => {
  it(
    'says which rule stands in the way, is logged, and costs nothing',
    async () => {
      const strict = await setTable(stage, { outcomesRules: { aggregates: ['count'] } });
      const refusal = await expectRefused(
        stage.as('brand').matches.report(reportOf(strict.collaborationId)),
        'QUESTION_REFUSED',
      );
      expect(refusal.violations.map(({ owner }) => owner)).toContain('jiufang');
      const [logged] = await entriesOf(stage, 'match-refused');
      expect(logged?.subject).toMatchObject({ code: 'QUESTION_REFUSED' });
      const hidden = listOf(strict.collaborationId, [1]);
      await expectRefused(stage.as('brand').matches.price(hidden), 'QUESTION_REFUSED');
    },
    TIMEOUT_MS,
  );

  it(
    'is refused when an account is spent',
    async () => {
      const poor = await setTable(stage, { consumerEpsilon: 1 });
      const report = stage.as('brand').matches.report(reportOf(poor.collaborationId));
      await expectRefused(report, 'BUDGET_SPENT');
      const dry = await stage.as('brand').matches.report(reportOf(poor.collaborationId, { dry: true }));
      expect(dry.affordable).toBe(false);
    },
    TIMEOUT_MS,
  );
});

describe('a match without showing', () => {
  it(
    'tells a brand that has brought nothing how many it has in common, for its price',
    async () => {
      const list = listOf(before, range(300, 600));
      const charges = () => chargesOf(stage, 'brand', before);
      const atFirst = await charges();
      const price = await stage.as('brand').matches.price(list);
      expect(price.affordable).toBe(true);
      expect(await charges()).toEqual(atFirst);

      const stages = new Set<string>();
      const estimate = await stage.as('brand').matches.estimate(list, ({ stage: name, done, total }) => {
        stages.add(name);
        expect(done).toBeLessThanOrEqual(total);
      });
      expect(isNear(estimate.both, 100)).toBe(true);
      expect(isNear(estimate.theirs, THEIRS_COUNT)).toBe(true);
      expect(estimate.charged).toEqual(price.price);
      expect([...stages]).toEqual(['service hides', 'receiving', 'multiplying', 'sending', 'service counts']);
      const after = await charges();
      expect(Object.keys(after)).toHaveLength(3);
      for (const [account, rho] of Object.entries(after)) {
        expect(rho - (atFirst[account] ?? 0)).toBeCloseTo(price.price?.rho ?? 0, 12);
      }
      const [begun] = (await entriesOf(stage, 'match-begun')).filter((entry) => entry.collaboration === before);
      expect(begun?.subject).toMatchObject({ tables: [OUTCOMES], identifier: 'email', ownCount: 300, epsilon: 5 });
      const ended = await entriesOf(stage, 'match-estimated');
      expect(ended.filter((entry) => entry.collaboration === before)).toHaveLength(1);
    },
    TIMEOUT_MS,
  );

  it(
    'withholds a number that is too small, as everywhere',
    async () => {
      const { both, theirs } = await stage.as('brand').matches.estimate(listOf(before, range(399, 402)));
      expect(both).toBeUndefined();
      expect(theirs).toBeDefined();
    },
    TIMEOUT_MS,
  );

  it(
    'matches a sample, with an interval that says so',
    async () => {
      const list = listOf(before, range(0, THEIRS_COUNT), { oneIn: 2 });
      const { both } = await stage.as('brand').matches.estimate(list);
      expect(isNear(both, THEIRS_COUNT)).toBe(true);
      expect(Number(both?.ci95High) - Number(both?.persons)).toBeGreaterThan(30);
    },
    TIMEOUT_MS,
  );

  it(
    'is a command over a file, which says what it sent and shows nobody',
    async () => {
      const file = join(stage.directory, 'crm.csv');
      writeFileSync(
        file,
        `id,mail\n${range(300, 500)
          .map((n) => `${n}, ${emailOf(n).toUpperCase()}\n`)
          .join('')}0,none\n`,
      );
      const galley = async (...args: string[]) =>
        spawnSync(
          process.execPath,
          [
            cliMain,
            'match',
            'estimate',
            file,
            '--column',
            'mail=email',
            '--collaboration',
            before,
            '--with',
            OUTCOMES,
            ...args,
          ],
          {
            encoding: 'utf8',
            env: { ...process.env, GALLEY_SERVER: stage.service.address(), GALLEY_TOKEN: await stage.token('brand') },
          },
        );
      const dry = await galley('--dry', '--epsilon', '3');
      expect(dry).toMatchObject({ status: 0, stdout: expect.stringContaining('price: epsilon 3') });
      const { status, stdout, stderr } = await galley('--epsilon', '3');
      expect({ status, stderr }).toMatchObject({ status: 0 });
      expect(stdout).toContain('your list: 200 different identifiers (email) in 201 rows, 1 rows without a usable one');
      expect(stdout).toContain('not sent: any identifier');
      expect(stdout + stderr).not.toMatch(/person\d/iu);
    },
    TIMEOUT_MS,
  );

  it(
    'lets nothing out under a grant that was taken back while it ran',
    async () => {
      const grant = await grantToIsv(stage, before, [collaborations.Ability.QUERY], [OUTCOMES]);
      const list = listOf(before, range(0, 100), { onBehalfOf: 'chenxi', epsilon: 1 });
      let revoked: Promise<unknown> | undefined;
      const estimate = stage.as('isv').matches.estimate(list, ({ stage: name }) => {
        if (name === 'multiplying') revoked ??= stage.as('brand').collaborations.revoke(before, grant.grantId);
      });
      await expectRefused(estimate, 'NOT_FOUND');
      expect(await revoked).toBeDefined();
    },
    TIMEOUT_MS,
  );

  it(
    'is refused before its charge for what is not there, and for lists without end',
    async () => {
      const price = (fields: Parameters<typeof listOf>[2]) =>
        stage.as('brand').matches.price(listOf(before, [1], fields));
      await expectRefused(price({ identifier: 'phone' }), 'INVALID_REQUEST');
      await expectRefused(price({ withTable: 'jiufang.nothing' }), 'NOT_FOUND');
      await expectRefused(price({ digests: [] }), 'INVALID_REQUEST');
      await expectRefused(price({ oneIn: 1_000_000 }), 'INVALID_REQUEST');
      await expectRefused(stage.as('outsider').matches.price(listOf(before, [1])), 'NOT_FOUND');
      const unjoined = await setPlatformTable(stage, 30, { rules: { joinKeys: [] } });
      await expectRefused(stage.as('brand').matches.price(listOf(unjoined, [1])), 'NOT_ACCEPTED');
    },
    TIMEOUT_MS,
  );
});
