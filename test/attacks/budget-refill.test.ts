// The attack: a spent budget is worth more than any noise, so make a new one out of the same rows. Upload them again,
// bind them under another name, agree anew, send another member, put the same file into a new dataset, wait.
//
// The wall: what was charged belongs to the dataset's lineage, the collaboration and the member, not to a snapshot, an
// alias or a month. Nothing refills it. Only the owner can raise its own limit, in its rules, and the log says so.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailingsCsv } from '../support/service-people.ts';
import { chargesOf, entriesOf, joined, questionOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { type Actor, cast, mailingsRules, outcomesRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree, createDataset, mailingsColumns, setTable, type Table, upload } from '../support/service-table.ts';

const tight = { budget: { epsilon: 1.2, delta: 1e-6 }, maxEpsilonPerQuestion: 1.2 };
const spendingSql = `select count(distinct m.email) as persons ${joined}`;
const nextSql = (alias = 'mailings') =>
  `select count(distinct m.email) as persons from chenxi.${alias} m join jiufang.outcomes o on m.email = o.email where o.visit = 1`;

let stage: ServiceStage;

beforeAll(async () => {
  stage = await ServiceStage.open({ limits: { callsPerSecond: 1_000, burstCallCount: 1_000 } });
});

afterAll(() => stage[Symbol.asyncDispose]());

const submit = (collaborationId: string, sql: string, actor: Actor = 'brand') =>
  stage.as(actor).queries.submit(questionOf(collaborationId, sql), '');

async function expectSpent(collaborationId: string, sql: string, account: string): Promise<void> {
  const { metadata } = await expectRefused(submit(collaborationId, sql), 'BUDGET_SPENT');
  expect(metadata).toMatchObject({ account });
}

/** A table whose brand dataset has no budget left for one more question. */
async function spentTable(): Promise<Table> {
  const table = await setTable(stage, { mailingsRules: tight });
  await submit(table.collaborationId, spendingSql);
  await expectSpent(table.collaborationId, nextSql(), `owner/${table.mailingsId}`);
  return table;
}

describe('a spent budget', () => {
  it('is not refilled by uploading the same rows again, nor others', async () => {
    const { collaborationId, mailingsId } = await spentTable();
    const charged = await chargesOf(stage, 'brand', collaborationId);
    for (const file of [mailingsCsv(), mailingsCsv(), mailingsCsv([])]) {
      await upload(stage, 'brand', mailingsId, file);
      await expectSpent(collaborationId, nextSql(), `owner/${mailingsId}`);
    }
    expect(await chargesOf(stage, 'brand', collaborationId)).toEqual(charged);
  });

  it('is not refilled by binding the dataset under another name, with whatever budget', async () => {
    const { collaborationId, mailingsId } = await spentTable();
    const rulesJson = mailingsRules({ budget: { epsilon: 20, delta: 1e-5 } });
    const again = { collaborationId, datasetId: mailingsId, alias: 'second_look', rulesJson };
    await stage.as('brand').collaborations.bind(again);
    await expectSpent(collaborationId, nextSql('second_look'), `owner/${mailingsId}`);
  });

  it('is not refilled by a second collaboration, with whatever budget', async () => {
    const { mailingsId, outcomesId } = await spentTable();
    const collaborationId = await agree(stage, { epsilon: 20 });
    const rulesJson = mailingsRules({ budget: { epsilon: 20, delta: 1e-5 } });
    await stage
      .as('brand')
      .collaborations.bind({ collaborationId, datasetId: mailingsId, alias: 'mailings', rulesJson });
    const outcomes = { collaborationId, datasetId: outcomesId, alias: 'outcomes', rulesJson: outcomesRules() };
    await stage.as('platform').collaborations.bind(outcomes);
    await expectSpent(collaborationId, nextSql(), `owner/${mailingsId}`);
  });

  it('of a collaboration is not refilled by a new dataset of the same rows', async () => {
    const { collaborationId } = await setTable(stage, { epsilon: 1.2 });
    await submit(collaborationId, spendingSql);
    const { datasetId } = await createDataset(stage, 'brand', mailingsColumns);
    await upload(stage, 'brand', datasetId, mailingsCsv());
    await stage
      .as('brand')
      .collaborations.bind({ collaborationId, datasetId, alias: 'renamed', rulesJson: mailingsRules() });
    await expectSpent(collaborationId, nextSql('renamed'), `collaboration/${collaborationId}`);
  });

  it('of an owner is not refilled by sending another member', async () => {
    const { collaborationId, mailingsId } = await spentTable();
    const refusal = await expectRefused(submit(collaborationId, nextSql(), 'platform'), 'BUDGET_SPENT');
    expect(refusal.metadata).toMatchObject({ account: `owner/${mailingsId}` });
  });

  it('is not refilled by a restart', async () => {
    const { collaborationId, mailingsId } = await spentTable();
    await stage.crash();
    await expectSpent(collaborationId, nextSql(), `owner/${mailingsId}`);
  });
});

describe('the limit of an owner', () => {
  it('is raised by the owner alone, in its rules, and the log tells both budgets', async () => {
    const { collaborationId, mailingsId } = await spentTable();
    const rulesJson = mailingsRules({ budget: { epsilon: 3, delta: 1e-6 } });
    const raise = { collaborationId, alias: 'mailings', rulesJson };
    await expectRefused(stage.as('platform').collaborations.setRules(raise), 'NOT_FOUND');
    await stage.as('brand').collaborations.setRules(raise);
    await submit(collaborationId, nextSql());
    const changes = (await entriesOf(stage)).filter((e) => e.subject.dataset === mailingsId && 'budget' in e.subject);
    expect(changes.map(({ kind, actor, subject }) => [kind, actor?.member, subject.budget])).toEqual([
      ['dataset-bound', cast.brand.member, tight.budget],
      ['rules-changed', cast.brand.member, { epsilon: 3, delta: 1e-6 }],
    ]);
  });

  it('lowered below what was charged admits nothing more, at any price', async () => {
    const { collaborationId, mailingsId } = await spentTable();
    const rulesJson = mailingsRules({ budget: { epsilon: 0.5, delta: 1e-6 }, maxEpsilonPerQuestion: 0.5 });
    await stage.as('brand').collaborations.setRules({ collaborationId, alias: 'mailings', rulesJson });
    const cheapest = questionOf(collaborationId, nextSql(), { epsilon: 0.01 });
    const refusal = await expectRefused(stage.as('brand').queries.submit(cheapest, ''), 'BUDGET_SPENT');
    expect(refusal.metadata).toMatchObject({ account: `owner/${mailingsId}` });
  });
});
