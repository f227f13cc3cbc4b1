// A service provider writes a template, a brand approves it once by its digest, and from then on it runs with values only.
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readReleaseRows } from '../../cli/render/index.ts';
import { collaborations, type templates } from '../../proto/index.ts';
import { galley } from '../support/galley-command.ts';
import { saidBy } from '../support/said-by.ts';
import { matched } from '../support/service-people.ts';
import { chargesOf, entriesOf, questionOf, verifyLogOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { cast } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { grantToIsv, setTable, type Table } from '../support/service-table.ts';
import { publish, runOf, signed, signingKey, visitorsTemplate, visitsTemplate } from '../support/service-templates.ts';

const { TEMPLATE } = collaborations.Ability;
const SETTING_MS = 180_000;
const TEST_MS = 240_000;
/** Far beyond the noise of an epsilon of half a unit over three public groups. */
const NOISE_PERSONS = 80;

let stage: ServiceStage;
let table: Table;
let key: JWK;
let grant: collaborations.Grant;
let visits: templates.Template;
let visitors: templates.Template;

const forBrand = { onBehalfOf: cast.brand.member };
const values = { outcomes: 'jiufang.outcomes', city: 'suzhou' };

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage, { mailingsRules: { groupKeys: { arm: { values: ['mens', 'womens', 'control'] } } } });
  key = await signingKey();
  grant = await grantToIsv(stage, table.collaborationId, [TEMPLATE]);
  const { collaborationId } = table;
  visits = await publish(stage, 'isv', { collaborationId, template: visitsTemplate, key });
  visitors = await publish(stage, 'isv', { collaborationId, template: visitorsTemplate, key });
}, SETTING_MS);

afterAll(() => stage?.[Symbol.asyncDispose]());

const run = (digest: string, given: Readonly<Record<string, unknown>>, fields = {}) =>
  stage.as('isv').templates.run(runOf(table.collaborationId, digest, given, { ...forBrand, ...fields }));

async function rowsOf({ outcome }: templates.RunTemplateResponse) {
  const queryId = outcome?.$case === 'queryId' ? outcome.value : expect.fail('no question came of it');
  return readReleaseRows(await stage.as('isv').queries.readRelease(queryId)).rows;
}

describe('a template that nobody has approved', () => {
  it('does not run, and may be looked at by whom it is for', async () => {
    const refusal = await expectRefused(run(visits.digest, values), 'TEMPLATE_NOT_APPROVED');
    expect(refusal.metadata).toMatchObject({ member: cast.brand.member });
    const shown = await stage.as('brand').templates.get(table.collaborationId, visits.digest);
    expect(JSON.parse(shown.document)).toEqual(visitsTemplate);
    expect(shown).toMatchObject({ author: cast.isv.member, approvedBy: [], name: 'visits/by-arm' });
    const { requestId: _, displayName: __, ...asked } = runOf(table.collaborationId, visits.digest, values, forBrand);
    const explained = await stage.as('isv').templates.explain(asked);
    expect(explained.sql).toContain(`o.visit >= 1 and o.city = 'suzhou' group by`);
    expect(explained.explanation).toBeUndefined();
    const own = await stage.as('brand').templates.explain({ ...asked, onBehalfOf: '' });
    expect(own.explanation).toMatchObject({ admissible: true });
  });

  it('is not published under a signature that does not hold', async () => {
    const { collaborationId } = table;
    const document = JSON.stringify({ ...visitsTemplate, version: '9' });
    const good = await signed(document, key);
    const other = await signed(document, await signingKey());
    const bad = [
      { ...good, document: document.replace('o.visit >=', 'o.visit <=') },
      { ...good, publicKey: other.publicKey },
      { ...good, publicKey: JSON.stringify(key) },
      { ...good, publicKey: '{"kty":"oct","k":"c2VjcmV0"}' },
      { ...good, signature: good.signature.replace(/\.[^.]*$/u, '.') },
      await signed(document, key, 'galley-receipt+jws'),
    ];
    for (const request of bad) {
      await expectRefused(stage.as('isv').templates.publish({ collaborationId, ...request }), 'INVALID_REQUEST');
    }
    const broken = { ...visitsTemplate, version: '9', sql: ['selec {{outcomes}}, {{least}}, {{city}}'] };
    const refusal = await expectRefused(
      publish(stage, 'isv', { collaborationId, template: broken, key }),
      'INVALID_REQUEST',
    );
    expect(refusal.fields).toMatchObject([{ field: 'document/sql' }]);
    const again = { ...visitsTemplate, title: 'something else under the same version' };
    await expectRefused(publish(stage, 'isv', { collaborationId, template: again, key }), 'ALREADY_EXISTS');
    const same = await publish(stage, 'isv', { collaborationId, template: visitsTemplate, key });
    expect(same.digest).toBe(visits.digest);
    expect(await entriesOf(stage, 'template-published')).toHaveLength(2);
  });
});

describe('a template that the brand has approved', () => {
  beforeAll(async () => {
    const approved = await stage.as('brand').templates.approve(table.collaborationId, visits.digest);
    expect(approved.approvedBy).toEqual([cast.brand.member]);
    await stage.as('brand').templates.approve(table.collaborationId, visitors.digest);
    // A second time it changes nothing.
    await stage.as('brand').templates.approve(table.collaborationId, visitors.digest);
    expect(await entriesOf(stage, 'template-approved')).toHaveLength(2);
  });

  it(
    'runs with values, answers as the question would, and is paid for once',
    async () => {
      const request = runOf(table.collaborationId, visits.digest, values, forBrand);
      const answered = await stage.as('isv').templates.run(request);
      expect(answered.charged?.epsilon).toBeCloseTo(visitsTemplate.epsilon, 6);
      const rows = await rowsOf(answered);
      for (const { arm, persons } of rows) {
        const isCounted = (m: (typeof matched)[number]) =>
          m.mailing.arm === arm && m.outcome.visit >= 1 && m.outcome.city === 'suzhou';
        expect(Math.abs(Number(persons) - matched.filter(isCounted).length)).toBeLessThan(NOISE_PERSONS);
      }
      expect(rows).toHaveLength(3);
      const charges = await chargesOf(stage, 'brand', table.collaborationId);
      expect(await stage.as('isv').templates.run(request)).toEqual(answered);
      expect(await chargesOf(stage, 'brand', table.collaborationId)).toEqual(charges);
      const [submitted] = (await entriesOf(stage, 'question-submitted')).slice(-1);
      expect(submitted?.subject).toMatchObject({ template: visits.digest, actingFor: cast.brand.member });
    },
    TEST_MS,
  );

  it(
    'takes values and nothing else: whatever stands in a text stays a text',
    async () => {
      const shapes = await Promise.all(
        ['ningbo', "x' or 1=1 or '' = '", "'; select email from jiufang.outcomes --"].map(async (city) => {
          await rowsOf(await run(visits.digest, { ...values, city }));
          return (await entriesOf(stage, 'question-submitted')).length;
        }),
      );
      expect(shapes).toHaveLength(3);
      const subjects = (await entriesOf(stage, 'question-submitted')).map(({ subject }) =>
        JSON.stringify(subject.shape),
      );
      expect(new Set(subjects).size, 'a value has changed the shape of the question').toBe(1);
      const refusal = await expectRefused(
        run(visits.digest, { outcomes: 'a.b', least: '1', more: 1 }),
        'INVALID_REQUEST',
      );
      const fields = refusal.fields.map(({ field }) => field).toSorted();
      expect(fields).toEqual(['values/city', 'values/least', 'values/more', 'values/outcomes']);
    },
    TEST_MS,
  );

  it('is all that a grant of templates opens', async () => {
    const { collaborationId } = table;
    const isv = stage.as('isv');
    const question = questionOf(collaborationId, 'select count(*) as n from chenxi.mailings', forBrand);
    await expectRefused(isv.queries.submit(question, randomUUID()), 'PERMISSION_DENIED');
    await expectRefused(isv.queries.explain(question), 'PERMISSION_DENIED');
    const sql = 'select email from chenxi.mailings';
    const define = { collaborationId, sql, displayName: 'all', definition: undefined, requestId: '', ...forBrand };
    await expectRefused(isv.audiences.define(define), 'PERMISSION_DENIED');
    await expectRefused(isv.templates.approve(collaborationId, visits.digest), 'PERMISSION_DENIED');
    // Not for the platform either, which has granted nothing.
    const others = { onBehalfOf: cast.platform.member };
    await expectRefused(isv.templates.run(runOf(collaborationId, visits.digest, values, others)), 'PERMISSION_DENIED');
    const one = { member: 'anybody', abilities: [TEMPLATE], acceptedAt: undefined };
    const me = { member: cast.brand.member, abilities: [collaborations.Ability.QUERY], acceptedAt: undefined };
    const budget = { epsilon: 1, delta: 1e-6, rho: 0 };
    const founded = { displayName: 'x', members: [me, one], budget, consumerBudget: budget, requestId: randomUUID() };
    await expectRefused(stage.as('brand').collaborations.create(founded), 'INVALID_REQUEST');
  });

  it(
    'makes an audience that is the brand’s: its size may be looked at, to activate it is the brand’s step',
    async () => {
      const { outcome } = await run(visitors.digest, { arms: ['mens', 'womens'] }, { displayName: 'came' });
      const audience = outcome?.$case === 'audience' ? outcome.value : expect.fail('no audience came of it');
      expect(audience).toMatchObject({ owner: cast.brand.member, displayName: 'came' });
      const { size } = await stage.as('isv').audiences.estimate(audience.audienceId, 0.5);
      const exact = matched.filter((m) => m.outcome.visit === 1 && m.mailing.arm !== 'control').length;
      expect(Math.abs(Number(size?.persons) - exact)).toBeLessThan(NOISE_PERSONS);
      const activation = { audienceId: audience.audienceId, destinationId: 'd', plan: undefined, requestId: '' };
      await expectRefused(stage.as('isv').audiences.activate(activation), 'PERMISSION_DENIED');
      const [defined] = await entriesOf(stage, 'audience-defined');
      expect(defined?.subject).toMatchObject({ template: visitors.digest });
      // What two of them have in common is no template's: that is said before either is sized at the brand's cost.
      const before = await chargesOf(stage, 'brand', table.collaborationId);
      const compared = { audienceId: audience.audienceId, otherAudienceId: audience.audienceId, epsilon: 1.2 };
      await expectRefused(stage.as('isv').audiences.compare(compared), 'PERMISSION_DENIED');
      expect(await chargesOf(stage, 'brand', table.collaborationId)).toEqual(before);
    },
    TEST_MS,
  );

  it('is not seen by a service provider of another brand', async () => {
    const stranger = await stage.clientWith('isv', { claims: { sub: 'gu', member: 'hongtu' } });
    await expectRefused(stranger.templates.list(table.collaborationId), 'NOT_FOUND');
    const expiresAt = new Date(Date.now() + 3_600_000);
    const tables = ['jiufang.outcomes'];
    const of = { collaborationId: table.collaborationId, grantee: 'hongtu', abilities: [TEMPLATE], tables, expiresAt };
    // Granted by the same brand, it sees what that brand has approved, and may not reach beyond its tables.
    await stage.as('brand').collaborations.grant(of);
    const seen = (await stranger.templates.list(table.collaborationId)).filter(({ author }) => author !== 'galley');
    expect(seen.map(({ digest }) => digest).toSorted()).toEqual([visits.digest, visitors.digest].toSorted());
    const asked = runOf(table.collaborationId, visits.digest, values, forBrand);
    await expectRefused(stranger.templates.run(asked), 'PERMISSION_DENIED');
  });
});

describe('the command line', () => {
  it(
    'makes a key, signs, publishes, shows, approves, runs and withdraws',
    async () => {
      const { collaborationId } = table;
      const file = (name: string) => join(stage.directory, name);
      const template = { ...visitsTemplate, name: 'visits/typed' };
      writeFileSync(file('typed.json'), JSON.stringify(template, null, 2));
      writeFileSync(file('values.json'), JSON.stringify({ ...values, city: 'hangzhou' }));
      const where = ['--collaboration', collaborationId];
      const done = (actor: 'isv' | 'brand', ...args: string[]) => saidBy(stage, actor, ['template', ...args]);
      await done('isv', 'key', file('author.key'));
      // A key that may have signed something is not written over.
      await expect(done('isv', 'key', file('author.key'))).rejects.toThrow('EEXIST');
      const [digest = ''] = (await done('isv', 'sign', file('typed.json'), '--signing-key', file('author.key'))).split(
        '\n',
      );
      expect(await done('isv', 'publish', file('typed.json'), ...where)).toContain('visits/typed');
      expect(await done('brand', 'show', digest, ...where)).toContain(
        'where o.visit >= {{least}} and o.city = {{city}}',
      );
      expect(await done('brand', 'approve', digest, ...where)).toContain('by chenxi');
      const filled = ['--values', file('values.json'), '--on-behalf-of', 'chenxi'];
      expect(await done('isv', 'run', digest, ...where, ...filled, '--explain')).toContain("o.city = 'hangzhou'");
      expect(await done('isv', 'run', digest, ...where, ...filled)).toMatch(/womens[\s\S]*charged: epsilon 0\.5/u);
      expect(await done('brand', 'withdraw', digest, ...where)).toContain('by nobody');
      // As a process of its own, as the others of its kind are tried elsewhere.
      const refused = await galley(stage, 'isv', ['template', 'run', digest, ...where, ...filled]);
      expect(refused.stderr).toContain('refused (TEMPLATE_NOT_APPROVED)');
      expect(await done('brand', 'list', ...where)).toContain('life-cycle/stages');
    },
    TEST_MS,
  );
});

describe('what ends', () => {
  it('ends what a template opened: an approval the runs, a grant the answers too', async () => {
    const answered = await run(visits.digest, values);
    await stage.as('brand').templates.withdraw(table.collaborationId, visits.digest);
    await expectRefused(run(visits.digest, values), 'TEMPLATE_NOT_APPROVED');
    await rowsOf(answered);
    await stage.as('brand').collaborations.revoke(table.collaborationId, grant.grantId);
    await expectRefused(rowsOf(answered), 'NOT_FOUND');
    await expectRefused(run(visitors.digest, { arms: ['mens'] }), 'NOT_FOUND');
    // What came of it belongs to the brand, and its own templates need nobody.
    const ready = (await stage.as('brand').templates.list(table.collaborationId)).filter((t) => t.author === 'galley');
    expect(ready.length).toBeGreaterThan(0);
    expect(ready.every(({ signature, collaborationId }) => signature === '' && collaborationId === '')).toBe(true);
  });

  it('leaves a log that says all of it in its order', async () => {
    expect(await verifyLogOf(stage)).toMatchObject({});
    expect((await entriesOf(stage, 'template-approval-withdrawn')).map(({ subject }) => subject.template)).toContain(
      visits.digest,
    );
  });
});
