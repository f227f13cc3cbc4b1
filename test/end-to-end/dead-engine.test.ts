import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { audiences } from '../../proto/index.ts';
import { audienceName, awaitActivation, StageEngine } from '../support/service-engine.ts';
import { matched } from '../support/service-people.ts';
import { entriesOf, joined } from '../support/service-questions.ts';
import { destinationId } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table } from '../support/service-table.ts';

const { ACCEPTED, DELIVERED, REVOKED } = audiences.ActivationState;

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
  await engine[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

describe('a strategy engine that is dead', () => {
  it('keeps no audience from being accepted, and gets it once when it is back', async () => {
    const brand = stage.as('brand').audiences;
    const sql = `select m.email ${joined} where m.arm = 'womens'`;
    const { collaborationId } = table;
    const definition = {
      definition: undefined,
      collaborationId,
      displayName: audienceName,
      sql,
      onBehalfOf: '',
      requestId: randomUUID(),
    };
    const { audienceId } = await brand.define(definition);
    await engine.end('SIGKILL');
    const accepted = await brand.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
    expect(accepted).toMatchObject({ state: ACCEPTED, receipt: '' });
    // Not a word to anybody of why it takes long; the operator alone can see it.
    await vi.waitFor(() => expect(stage.operatorLog()).toContain('a delivery failed'), { timeout: 45_000 });
    expect((await brand.get(audienceId)).activations).toMatchObject([{ state: ACCEPTED, receipt: '' }]);

    await engine.restart();
    const { receipt } = await awaitActivation(stage, 'brand', audienceId, DELIVERED);
    const members = matched.filter(({ mailing }) => mailing.arm === 'womens').length;
    expect(engine.records()).toMatchObject([{ receipt, members }]);
    const delivered = (await entriesOf(stage, 'audience-delivered')).filter((e) => e.subject.audience === audienceId);
    expect(delivered).toMatchObject([{ subject: { receipt } }]);

    await engine.end('SIGKILL');
    await brand.revoke(audienceId, destinationId);
    await engine.restart();
    await awaitActivation(stage, 'brand', audienceId, REVOKED);
    expect(engine.records()).toMatchObject([{ kind: 'withdrawal', members: 0 }]);
  });
});
