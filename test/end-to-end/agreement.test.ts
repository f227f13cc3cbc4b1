import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collaborations } from '../../proto/index.ts';
import { armsSql, ask, chargesOf, entriesOf, joined, questionOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { cast, mailingsRules, members, outcomesRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, bindMailings, setTable, type Table } from '../support/service-table.ts';

let stage: ServiceStage;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
});

afterAll(() => stage[Symbol.asyncDispose]());

const setMailingsRules = (fields: Record<string, unknown>) =>
  stage.as('brand').collaborations.setRules({
    collaborationId: table.collaborationId,
    alias: 'mailings',
    rulesJson: mailingsRules(fields),
  });

describe('a collaboration', () => {
  it('answers nothing over the data of an owner who has not accepted, and everything permitted once it has', async () => {
    const collaborationId = await agree(stage, { isAccepted: false });
    const bindOutcomes = { collaborationId, datasetId: table.outcomesId, alias: 'outcomes' };
    await stage.as('platform').collaborations.bind({ ...bindOutcomes, rulesJson: outcomesRules() });
    await expectRefused(bindMailings(stage, collaborationId, table.mailingsId), 'PERMISSION_DENIED');
    const submit = (actor: 'platform' | 'brand', sql: string) =>
      stage.as(actor).queries.submit(questionOf(collaborationId, sql), '');
    const before = await chargesOf(stage, 'platform', collaborationId);
    await expectRefused(submit('brand', 'select count(*) as n from jiufang.outcomes'), 'PERMISSION_DENIED');
    const refusal = await expectRefused(submit('platform', armsSql), 'QUESTION_REFUSED');
    expect(refusal.violations.map(({ rule }) => rule)).toContain('table-is-bound');
    expect(await chargesOf(stage, 'platform', collaborationId)).toEqual(before);

    await stage.as('brand').collaborations.accept(collaborationId);
    await bindMailings(stage, collaborationId, table.mailingsId);
    const { rows } = await ask(stage, 'brand', collaborationId, armsSql, { epsilon: 0.3 });
    expect(rows).toHaveLength(3);
  });

  it('is accepted once, however often that is said', async () => {
    const collaborationId = await agree(stage, { isAccepted: false });
    const first = await stage.as('brand').collaborations.accept(collaborationId);
    const again = await stage.as('brand').collaborations.accept(collaborationId);
    expect(again).toEqual(first);
    const accepted = (await entriesOf(stage, 'member-accepted')).filter((e) => e.collaboration === collaborationId);
    expect(accepted).toHaveLength(1);
  });

  it('must name its creator and bounded budgets', async () => {
    const request = {
      displayName: 'another',
      members: [...members],
      budget: { epsilon: 5, delta: 1e-6, rho: 0 },
      consumerBudget: { epsilon: 5, delta: 1e-6, rho: 0 },
      requestId: '',
    };
    const create = (fields: object) => stage.as('platform').collaborations.create({ ...request, ...fields });
    const brandOnly = members.filter(({ member }) => member === cast.brand.member);
    await expectRefused(create({ members: brandOnly }), 'INVALID_REQUEST');
    await expectRefused(create({ members: [...members, ...members] }), 'INVALID_REQUEST');
    await expectRefused(create({ budget: { epsilon: 1_000, delta: 1e-6, rho: 0 } }), 'INVALID_REQUEST');
    await expectRefused(create({ consumerBudget: undefined }), 'INVALID_REQUEST');
    await expectRefused(create({ displayName: ' ' }), 'INVALID_REQUEST');
  });

  it('is created by no ISV and no auditor', async () => {
    const request = { displayName: 'theirs', members: [], budget: undefined, consumerBudget: undefined, requestId: '' };
    for (const actor of ['isv', 'auditor'] as const) {
      await expectRefused(stage.as(actor).collaborations.create(request), 'PERMISSION_DENIED');
    }
  });

  it('lists for each member what it belongs to, and for others nothing', async () => {
    const idsOf = async (actor: 'platform' | 'brand' | 'outsider') =>
      (await stage.as(actor).collaborations.list()).map((c) => c.collaborationId);
    expect(await idsOf('brand')).toContain(table.collaborationId);
    expect(await idsOf('platform')).toContain(table.collaborationId);
    expect(await idsOf('outsider')).toEqual([]);
  });
});

describe('the rules of several owners', () => {
  it('are held to the largest minimum group size of all', async () => {
    await setMailingsRules({ minGroupSize: 900 });
    const { rows } = await ask(stage, 'brand', table.collaborationId, armsSql);
    expect(rows).toEqual([]);
    await setMailingsRules({});
    const again = await ask(stage, 'brand', table.collaborationId, armsSql);
    expect(again.query).toMatchObject({ stored: false });
    expect(again.rows).toHaveLength(3);
  });

  it('are held to the smallest epsilon of a question, and the refusal names its owner', async () => {
    await setMailingsRules({ maxEpsilonPerQuestion: 0.5 });
    const question = questionOf(table.collaborationId, armsSql, { epsilon: 0.6 });
    const explanation = await stage.as('platform').queries.explain(question);
    expect(explanation).toMatchObject({
      admissible: false,
      price: undefined,
      violations: [{ rule: 'epsilon-is-permitted', owner: cast.brand.member }],
    });
    const { violations } = await expectRefused(stage.as('platform').queries.submit(question, ''), 'QUESTION_REFUSED');
    expect(violations).toEqual(explanation.violations);
    await setMailingsRules({});
  });

  it('are all named at once by a question that breaks several', async () => {
    const sql = `select m.tier, o.city, count(*) as n ${joined} where o.spend > 3 group by m.tier, o.city`;
    const { violations } = await expectRefused(
      stage.as('brand').queries.submit(questionOf(table.collaborationId, sql), ''),
      'QUESTION_REFUSED',
    );
    expect(violations.map(({ owner }) => owner)).toContain(cast.brand.member);
    for (const { span, message, help } of violations) {
      expect(span?.line).toBe(1);
      expect(message).not.toBe('');
      expect(help).not.toBe('');
    }
  });
});

describe('a rules document', () => {
  it('counts a version up with each change, and the log has the digest of each', async () => {
    const first = await setMailingsRules({ minGroupSize: 30 });
    const second = await setMailingsRules({ minGroupSize: 31 });
    expect(second.rulesVersion).toBe(first.rulesVersion + 1);
    expect(second.rulesDigest).not.toBe(first.rulesDigest);
    const { bindings } = await stage.as('platform').collaborations.get(table.collaborationId);
    expect(bindings.find(({ alias }) => alias === 'mailings')).toEqual(second);
    const logged = (await entriesOf(stage, 'rules-changed')).map(({ subject }) => subject.rulesDigest);
    expect(logged.slice(-2)).toEqual([first.rulesDigest, second.rulesDigest]);
    await setMailingsRules({});
  });

  it('is refused with the path of each fault, and the rules in force stay', async () => {
    const before = await stage.as('brand').collaborations.get(table.collaborationId);
    const faulty = { minGroupSize: 1, budget: { epsilon: 50, delta: 1e-6 }, filters: ['shoe_size'], colour: 'red' };
    const { fields } = await expectRefused(setMailingsRules(faulty), 'INVALID_REQUEST');
    const paths = ['/minGroupSize', '/budget/epsilon', '/filters/0', '/colour'].map((path) => `rules_json${path}`);
    expect(fields.map(({ field }) => field).toSorted()).toEqual(paths.toSorted());
    const notJson = { collaborationId: table.collaborationId, alias: 'mailings', rulesJson: '{"version": 1,' };
    await expectRefused(stage.as('brand').collaborations.setRules(notJson), 'INVALID_REQUEST');
    expect(await stage.as('brand').collaborations.get(table.collaborationId)).toEqual(before);
  });

  it('is set by nobody but the owner of its dataset', async () => {
    const { collaborationId } = table;
    const stranger = { collaborationId, alias: 'mailings', rulesJson: mailingsRules() };
    await expectRefused(stage.as('platform').collaborations.setRules(stranger), 'NOT_FOUND');
    const bind = { collaborationId, alias: 'stolen', datasetId: table.mailingsId, rulesJson: mailingsRules() };
    await expectRefused(stage.as('platform').collaborations.bind(bind), 'NOT_FOUND');
  });
});

describe('a grant', () => {
  it('lets an ISV ask for the brand that gave it, which reads what was asked in its name', async () => {
    const { QUERY } = collaborations.Ability;
    await stage.as('brand').collaborations.grant({
      collaborationId: table.collaborationId,
      grantee: cast.isv.member,
      abilities: [QUERY],
      tables: ['chenxi.mailings', 'jiufang.outcomes'],
      expiresAt: new Date(Date.now() + 3_600_000),
    });
    const fields = { onBehalfOf: cast.brand.member, epsilon: 0.4 };
    const { query, rows } = await ask(stage, 'isv', table.collaborationId, armsSql, fields);
    expect(rows).toHaveLength(3);
    expect(await stage.as('brand').queries.get(query.queryId)).toMatchObject({ queryId: query.queryId });
    const charged = await chargesOf(stage, 'isv', table.collaborationId);
    expect(charged[`consumer/${table.collaborationId}/${cast.isv.member}`]).toBeCloseTo(query.charged?.rho ?? 0, 12);
    const submitted = (await entriesOf(stage, 'question-submitted')).at(-1);
    expect(submitted).toMatchObject({
      actor: { member: cast.isv.member },
      subject: { question: query.queryId, actingFor: cast.brand.member },
    });
  });
});
