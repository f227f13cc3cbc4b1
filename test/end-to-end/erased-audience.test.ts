import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { audiences } from '../../proto/index.ts';
import { awaitErasure, named } from '../support/demanded-rights.ts';
import { audienceName, awaitActivation, StageEngine } from '../support/service-engine.ts';
import { matched } from '../support/service-people.ts';
import { entriesOf, joined } from '../support/service-questions.ts';
import { destinationId } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table } from '../support/service-table.ts';

const { DELIVERED, REVOKED } = audiences.ActivationState;
// Deliveries show at steps of five seconds, and a test waits for several.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
const REPLACED = { timeout: 60_000, interval: 200 };

let stage: ServiceStage;
let engine: StageEngine;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage);
  engine = await StageEngine.open(stage);
  await engine.register(stage, table.collaborationId);
});

afterAll(async () => {
  for (const each of [engine, stage]) await each[Symbol.asyncDispose]();
});

const womens = matched.filter((m) => m.mailing.arm === 'womens').map((m) => m.mailing.email);

const deliver = async (): Promise<string> => {
  const { audienceId } = await stage.as('brand').audiences.define({
    definition: undefined,
    collaborationId: table.collaborationId,
    displayName: audienceName,
    sql: `select m.email ${joined} where m.arm = 'womens'`,
    onBehalfOf: '',
    requestId: randomUUID(),
  });
  await stage.as('brand').audiences.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
  await awaitActivation(stage, 'brand', audienceId, DELIVERED);
  return audienceId;
};

describe('an audience that a destination has', () => {
  it('is sent again without a person who is erased, and again without one who opts out', async () => {
    const [erased = '', optedOut = '', stays = ''] = womens;
    const audienceId = await deliver();
    for (const email of [erased, optedOut, stays]) expect(await engine.shownTo(email)).toBe('members');
    const begun = await stage
      .as('brand')
      .rights.erasePersons({ identifiers: named('email', erased), requestId: randomUUID() });
    await awaitErasure(stage, 'brand', begun);
    await vi.waitFor(async () => expect(await engine.shownTo(erased)).toBe('everybody'), REPLACED);
    await awaitActivation(stage, 'brand', audienceId, DELIVERED);
    const replaced = expect.objectContaining({ version: 2, members: womens.length - 1 });
    expect(engine.records()).toContainEqual(replaced);

    await stage.as('brand').rights.optOut(named('email', optedOut));
    await vi.waitFor(async () => expect(await engine.shownTo(optedOut)).toBe('everybody'), REPLACED);
    await awaitActivation(stage, 'brand', audienceId, DELIVERED);
    expect(await engine.shownTo(stays)).toBe('members');
  });

  it('is withdrawn when more identifiers are asked for than its protected size has over its minimum', async () => {
    const audienceId = await deliver();
    // None of them is anybody here: what decides is how many were asked for.
    const strangers = Array.from({ length: 900 }, (_, n) => `stranger${n}@example.com`);
    const begun = await stage
      .as('brand')
      .rights.erasePersons({ identifiers: named('email', ...strangers), requestId: randomUUID() });
    expect(await awaitErasure(stage, 'brand', begun)).toMatchObject({ rowCount: 0n });
    await awaitActivation(stage, 'brand', audienceId, REVOKED);
    expect(await engine.shownTo(womens[5] ?? '')).toBe('everybody');
    const revoked = (await entriesOf(stage, 'audience-revoked')).filter((e) => e.subject.audience === audienceId);
    expect(revoked).toMatchObject([{ subject: { reason: 'rules-refuse' } }]);
  });

  it('is withdrawn with its dataset', async () => {
    const audienceId = await deliver();
    const begun = await stage.as('brand').rights.eraseDataset({ datasetId: table.mailingsId, requestId: randomUUID() });
    await awaitErasure(stage, 'brand', begun);
    await awaitActivation(stage, 'brand', audienceId, REVOKED);
    expect(await engine.shownTo(womens[6] ?? '')).toBe('everybody');
  });
});
