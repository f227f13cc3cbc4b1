import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { audiences, collaborations } from '../../proto/index.ts';
import { audienceName, awaitActivation, StageEngine } from '../support/service-engine.ts';
import { mailings, mailingsCsv, matched } from '../support/service-people.ts';
import { entriesOf, joined } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { cast, destinationId } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { grantToIsv, setTable, type Table, upload } from '../support/service-table.ts';

const { ACCEPTED, DELIVERED } = audiences.ActivationState;
const { ACTIVATE, QUERY } = collaborations.Ability;
const LONG_MS = 90_000;

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

const sql = `select m.email ${joined} where m.arm = 'womens'`;
const membersNow = matched.filter(({ mailing }) => mailing.arm === 'womens').length;

const definition = () => ({
  definition: undefined,
  collaborationId: table.collaborationId,
  displayName: audienceName,
  sql,
  onBehalfOf: cast.brand.member,
  requestId: randomUUID(),
});

const revokeGrant = (grantId: string) => stage.as('brand').collaborations.revoke(table.collaborationId, grantId);

const heldBack = (reason: string) =>
  stage
    .operatorLog()
    .split('\n')
    .filter((line) => line.includes('a delivery is held back') && line.includes(`"${reason}"`));

describe('an ISV whose grant has ended', () => {
  it('learns nothing more by repeating what it was answered once, nor by listing', async () => {
    const { collaborationId } = table;
    const grant = await grantToIsv(stage, collaborationId, [ACTIVATE]);
    const isv = stage.as('isv').audiences;
    const defining = definition();
    const { audienceId } = await isv.define(defining);
    const activating = { plan: undefined, audienceId, destinationId, requestId: randomUUID() };
    await isv.activate(activating);
    await awaitActivation(stage, 'isv', audienceId, DELIVERED);
    expect((await isv.list(collaborationId)).map((a) => a.audienceId)).toEqual([audienceId]);

    await revokeGrant(grant.grantId);
    await expectRefused(isv.define(defining), 'NOT_FOUND');
    await expectRefused(isv.activate(activating), 'NOT_FOUND');
    // Another grant opens the collaboration, not what was defined under the first.
    const other = await grantToIsv(stage, collaborationId, [QUERY]);
    expect(await isv.list(collaborationId)).toEqual([]);
    await expectRefused(isv.define(defining), 'PERMISSION_DENIED');
    await expectRefused(isv.activate(activating), 'NOT_FOUND');
    await expectRefused(isv.get(audienceId), 'NOT_FOUND');
    await revokeGrant(other.grantId);
    expect((await stage.as('brand').audiences.list(collaborationId)).map((a) => a.audienceId)).toEqual([audienceId]);
  });

  it('has nothing delivered that it activated, and never over data that came later', { timeout: LONG_MS }, async () => {
    const { collaborationId, mailingsId } = table;
    const grant = await grantToIsv(stage, collaborationId, [ACTIVATE]);
    const { audienceId } = await stage.as('isv').audiences.define(definition());
    const before = engine.records().length;
    await engine.end('SIGKILL');
    const { activationId } = await stage
      .as('isv')
      .audiences.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
    await revokeGrant(grant.grantId);
    const onePerson = mailings.filter(({ arm }) => arm === 'womens').slice(0, 1);
    await upload(stage, 'brand', mailingsId, mailingsCsv(onePerson));
    await engine.restart();
    await vi.waitFor(() => expect(heldBack('rights-ended').length).toBeGreaterThanOrEqual(2), { timeout: 45_000 });
    expect((await stage.as('brand').audiences.get(audienceId)).activations).toMatchObject([
      { state: ACCEPTED, receipt: '' },
    ]);
    expect(engine.records().length).toBe(before);
    const entries = (await entriesOf(stage, 'audience-refused')).filter((e) => e.subject.activation === activationId);
    expect(entries).toMatchObject([{ actor: null, subject: { reason: 'rights-ended' } }]);

    // Granted again, what arrives are the people whose number was released, not the one of the later snapshot.
    await grantToIsv(stage, collaborationId, [ACTIVATE]);
    const { receipt } = await awaitActivation(stage, 'isv', audienceId, DELIVERED);
    expect(engine.records()).toContainEqual(expect.objectContaining({ receipt, members: membersNow }));
  });
});

describe('an ISV whose brand has activated by itself what it defined', () => {
  it('sets no refreshes that would go on in the name of the brand', async () => {
    const { collaborationId } = table;
    await upload(stage, 'brand', table.mailingsId, mailingsCsv());
    const grant = await grantToIsv(stage, collaborationId, [ACTIVATE]);
    const { audienceId } = await stage.as('isv').audiences.define(definition());
    await stage.as('brand').audiences.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
    const hourly = {
      audienceId,
      destinationId,
      refreshEvery: { seconds: 3_600n, nanos: 0 },
      expiresAt: undefined,
    };
    await expectRefused(stage.as('isv').audiences.schedule(hourly), 'PERMISSION_DENIED');
    expect(await stage.as('brand').audiences.schedule(hourly)).toMatchObject({ refreshEvery: hourly.refreshEvery });
    await revokeGrant(grant.grantId);
  });
});

describe('a collaboration that is suspended', () => {
  it('has nothing delivered that was accepted before', { timeout: LONG_MS }, async () => {
    await upload(stage, 'brand', table.mailingsId, mailingsCsv());
    const { audienceId } = await stage.as('brand').audiences.define({ ...definition(), onBehalfOf: '' });
    await stage.as('brand').audiences.estimate(audienceId, 0);
    await engine.end('SIGKILL');
    await stage.as('brand').audiences.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
    const suspend = (atMs: number | null): void => {
      using database = new DatabaseSync(join(stage.dataDirectory, 'control.sqlite'));
      database.prepare('update collaborations set suspended_at_ms = ?').run(atMs);
    };
    suspend(Date.now());
    await engine.restart();
    await vi.waitFor(() => expect(heldBack('collaboration-suspended')).not.toEqual([]), { timeout: 45_000 });
    expect((await stage.as('brand').audiences.get(audienceId)).activations).toMatchObject([{ state: ACCEPTED }]);
    suspend(null);
    await awaitActivation(stage, 'brand', audienceId, DELIVERED);
  });
});
