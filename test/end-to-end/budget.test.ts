import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailings, mailingsCsv } from '../support/service-people.ts';
import { ask, chargesOf, entriesOf, joined, questionOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { cast, mailingsRules, outcomesRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, setTable, type TableFields, upload } from '../support/service-table.ts';

let stage: ServiceStage;

beforeAll(async () => {
  stage = await ServiceStage.open();
});

afterAll(() => stage[Symbol.asyncDispose]());

const personsSql = `select count(distinct m.email) as persons ${joined}`;
const visitorsSql = `${personsSql} where o.visit = 1`;
const tight = { budget: { epsilon: 1.2, delta: 1e-6 } };

describe('a budget that is spent', () => {
  const levels: readonly [string, TableFields, string][] = [
    ['owner', { mailingsRules: tight }, cast.brand.member],
    ['collaboration', { epsilon: 1.2 }, cast.platform.member],
    ['consumer', { consumerEpsilon: 1.2 }, cast.platform.member],
  ];

  it.each(levels)('refuses at the level of the %s, names account and owner, and charges nobody', async (...facts) => {
    const [level, fields, owner] = facts;
    const { collaborationId, mailingsId } = await setTable(stage, fields);
    await ask(stage, 'brand', collaborationId, personsSql);
    const before = await chargesOf(stage, 'brand', collaborationId);

    const question = questionOf(collaborationId, visitorsSql);
    expect(await stage.as('brand').queries.explain(question)).toMatchObject({ admissible: false, violations: [] });
    const refusal = await expectRefused(stage.as('brand').queries.submit(question, randomUUID()), 'BUDGET_SPENT');
    const accounts: Record<string, string> = {
      owner: `owner/${mailingsId}`,
      collaboration: `collaboration/${collaborationId}`,
      consumer: `consumer/${collaborationId}/${cast.brand.member}`,
    };
    expect(refusal).toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      retrySeconds: undefined,
      metadata: { account: accounts[level], level, owner },
    });
    expect(await chargesOf(stage, 'brand', collaborationId)).toEqual(before);
    expect((await entriesOf(stage, 'question-refused')).at(-1)).toMatchObject({
      collaboration: collaborationId,
      subject: { account: accounts[level] },
    });

    const { query } = await ask(stage, 'brand', collaborationId, personsSql);
    expect(query).toMatchObject({ stored: true });
    const smaller = await ask(stage, 'brand', collaborationId, visitorsSql, { epsilon: 0.1 });
    expect(smaller.rows).toHaveLength(1);
  });

  it('refuses one consumer and not another', async () => {
    const { collaborationId } = await setTable(stage, { consumerEpsilon: 1.2 });
    await ask(stage, 'brand', collaborationId, personsSql);
    const question = questionOf(collaborationId, visitorsSql);
    await expectRefused(stage.as('brand').queries.submit(question, ''), 'BUDGET_SPENT');
    expect((await ask(stage, 'platform', collaborationId, visitorsSql)).rows).toHaveLength(1);
  });
});

describe('the budget of a lineage', () => {
  it('is one for all collaborations its dataset is bound in', async () => {
    const first = await setTable(stage, { mailingsRules: tight });
    await ask(stage, 'brand', first.collaborationId, personsSql);
    const collaborationId = await agree(stage);
    const bind = { collaborationId, datasetId: first.mailingsId, alias: 'mailings' };
    await stage.as('brand').collaborations.bind({ ...bind, rulesJson: mailingsRules() });
    const platformBind = { collaborationId, datasetId: first.outcomesId, alias: 'outcomes' };
    await stage.as('platform').collaborations.bind({ ...platformBind, rulesJson: outcomesRules() });
    const refusal = await expectRefused(
      stage.as('brand').queries.submit(questionOf(collaborationId, personsSql), ''),
      'BUDGET_SPENT',
    );
    expect(refusal.metadata).toMatchObject({ account: `owner/${first.mailingsId}` });
  });

  it('is one for all its snapshots: a new one is charged anew and refills nothing', async () => {
    const { collaborationId, mailingsId } = await setTable(stage);
    const before = await ask(stage, 'brand', collaborationId, personsSql);
    const charged = await chargesOf(stage, 'brand', collaborationId);
    await upload(stage, 'brand', mailingsId, mailingsCsv(mailings.slice(0, 1_500)));
    expect(await chargesOf(stage, 'brand', collaborationId)).toEqual(charged);

    const after = await ask(stage, 'brand', collaborationId, personsSql);
    expect(after.query).toMatchObject({ stored: false, charged: before.query.charged });
    expect(Number(before.rows[0]?.persons) - Number(after.rows[0]?.persons)).toBeGreaterThan(400);
    const account = `owner/${mailingsId}`;
    expect((await chargesOf(stage, 'brand', collaborationId))[account]).toBeCloseTo(2 * (charged[account] ?? 0), 12);
  });

  it('stays charged when its owner sets other rules', async () => {
    const { collaborationId, mailingsId } = await setTable(stage);
    await ask(stage, 'brand', collaborationId, personsSql);
    const charged = (await chargesOf(stage, 'brand', collaborationId))[`owner/${mailingsId}`];
    const rulesJson = mailingsRules({ budget: { epsilon: 0.5, delta: 1e-6 } });
    await stage.as('brand').collaborations.setRules({ collaborationId, alias: 'mailings', rulesJson });
    expect((await chargesOf(stage, 'brand', collaborationId))[`owner/${mailingsId}`]).toBe(charged);
    const question = questionOf(collaborationId, visitorsSql, { epsilon: 0.1 });
    await expectRefused(stage.as('brand').queries.submit(question, ''), 'BUDGET_SPENT');
  });
});
