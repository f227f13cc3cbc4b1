import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { audiences } from '../../proto/index.ts';
import { awaitErasure, named } from '../support/demanded-rights.ts';
import { audienceName, awaitActivation, StageEngine } from '../support/service-engine.ts';
import { entriesOf, joined } from '../support/service-questions.ts';
import { cast, destinationId, mailingsRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { StrangeEngine } from '../support/service-strange-engine.ts';
import { setTable, type Table } from '../support/service-table.ts';

const { ACCEPTED, DELIVERED, REVOKED } = audiences.ActivationState;
const SHOWN_STEP_MS = 5_000;

let stage: ServiceStage;
let engine: StageEngine;
let stuck: StrangeEngine;
let chatty: StrangeEngine;
let table: Table;

const chat = '833 members, ana@example.com among them';
/** Destinations of one engine, as many as are sent to at once. */
const hung = ['hung-1', 'hung-2', 'hung-3', 'hung-4'];
const destinations = [destinationId, 'stuck', 'chatty', ...hung].map((id) => `${cast.platform.member}/${id}`);
const audience = (minSize: number) => ({
  columns: ['arm', 'tier'],
  minSize,
  destinations,
});
const outcomesAudience = { columns: ['visit', 'city'], minSize: 300, destinations };

beforeAll(async () => {
  stage = await ServiceStage.open();
  table = await setTable(stage, {
    mailingsRules: { audience: audience(200) },
    outcomesRules: { audience: outcomesAudience },
  });
  const { collaborationId } = table;
  engine = await StageEngine.open(stage);
  await engine.register(stage, collaborationId);
  stuck = await StrangeEngine.open({});
  await stuck.register(stage, collaborationId, 'stuck');
  chatty = await StrangeEngine.open({ receipt: chat });
  await chatty.register(stage, collaborationId, 'chatty');
});

afterAll(async () => {
  for (const each of [stuck, chatty, engine, stage]) await each[Symbol.asyncDispose]();
});

const define = async (sql = `select m.email ${joined} where m.arm = 'womens'`) =>
  await stage.as('brand').audiences.define({
    definition: undefined,
    collaborationId: table.collaborationId,
    displayName: audienceName,
    sql,
    onBehalfOf: '',
    requestId: randomUUID(),
  });

const activate = (audienceId: string, to: string) =>
  stage.as('brand').audiences.activate({ plan: undefined, audienceId, destinationId: to, requestId: randomUUID() });

describe('a destination that hangs', () => {
  it('keeps nobody waiting but itself, and a withdrawal ends what hangs', async () => {
    const { audienceId: hanging } = await define();
    await activate(hanging, 'stuck');
    await vi.waitFor(() => expect(stuck.seen).toEqual(['publication']), { timeout: 45_000 });

    const { audienceId } = await define();
    await activate(audienceId, destinationId);
    await awaitActivation(stage, 'brand', audienceId, DELIVERED);
    await stage.as('brand').audiences.revoke(audienceId, destinationId);
    await awaitActivation(stage, 'brand', audienceId, REVOKED);
    expect(stuck.seen).toEqual(['publication']);

    await stage.as('brand').audiences.revoke(hanging, 'stuck');
    // Long for a busy machine, and sooner than the half minute after which a publication ends by itself.
    await vi.waitFor(() => expect(stuck.seen).toContain('withdrawal'), { timeout: 45_000 });
    expect(stuck.seen).toEqual(['publication', 'cancellation', 'withdrawal']);
    await awaitActivation(stage, 'brand', hanging, REVOKED);
  });

  it('keeps nobody waiting with as many others as are sent to at once', async () => {
    const slow = await StrangeEngine.open({});
    try {
      const { audienceId } = await define();
      for (const to of hung) {
        await slow.register(stage, table.collaborationId, to);
        await activate(audienceId, to);
      }
      await vi.waitFor(() => expect(slow.seen).toHaveLength(hung.length), { timeout: 45_000 });
      const before = engine.records().length;
      await activate(audienceId, destinationId);
      await vi.waitFor(() => expect(engine.records()).toHaveLength(before + 1), { timeout: 40_000 });
      // None of them has ended for it.
      expect(slow.seen).toEqual(hung.map(() => 'publication'));
      for (const to of [destinationId, ...hung]) await stage.as('brand').audiences.revoke(audienceId, to);
      await awaitActivation(stage, 'brand', audienceId, REVOKED);
    } finally {
      await slow[Symbol.asyncDispose]();
    }
  });

  it('is sent nothing more of what was selected before an erasure, and then what is left', async () => {
    const before = stuck.seen.length;
    const { audienceId } = await define();
    await activate(audienceId, 'stuck');
    await vi.waitFor(() => expect(stuck.seen.slice(before)).toEqual(['publication']), { timeout: 45_000 });
    // Nobody here: what is sent anew follows from what was asked for alone.
    const identifiers = named('email', 'stranger@example.com');
    const begun = await stage.as('brand').rights.erasePersons({ identifiers, requestId: randomUUID() });
    await awaitErasure(stage, 'brand', begun);
    // Sooner than the half minute after which a publication ends by itself.
    await vi.waitFor(() => expect(stuck.seen.slice(before)).toContain('cancellation'), { timeout: 15_000 });
    await vi.waitFor(() => expect(stuck.seen.slice(before + 1)).toContain('publication'), { timeout: 45_000 });
    await stage.as('brand').audiences.revoke(audienceId, 'stuck');
    await awaitActivation(stage, 'brand', audienceId, REVOKED);
  });

  it('is sent one thing at a time', async () => {
    const before = stuck.seen.length;
    const { audienceId } = await define();
    const { audienceId: other } = await define();
    await activate(audienceId, 'stuck');
    await activate(other, 'stuck');
    await vi.waitFor(() => expect(stuck.seen.slice(before)).toEqual(['publication']), { timeout: 45_000 });
    await sleep(2_000);
    expect(stuck.seen.slice(before)).toEqual(['publication']);
    await stage.as('brand').audiences.revoke(audienceId, 'stuck');
    await stage.as('brand').audiences.revoke(other, 'stuck');
    await awaitActivation(stage, 'brand', audienceId, REVOKED);
    await awaitActivation(stage, 'brand', other, REVOKED);
  });
});

describe('a destination that talks', () => {
  it('reaches neither the requester nor a log with its words, nor the hour at which it said them', async () => {
    const { audienceId } = await define();
    await activate(audienceId, 'chatty');
    const { receipt, acceptedAt, deliveredAt } = await awaitActivation(stage, 'brand', audienceId, DELIVERED);
    expect(receipt).toMatch(/^digest-[0-9a-f]{32}$/);
    const shownMs = deliveredAt?.getTime() ?? 0;
    const tookMs = shownMs - (acceptedAt?.getTime() ?? 0);
    expect(tookMs).toBeGreaterThan(0);
    expect(tookMs % SHOWN_STEP_MS).toBe(0);
    // Nobody was told before that step had come.
    expect(Date.now()).toBeGreaterThanOrEqual(shownMs);
    const entries = (await entriesOf(stage, 'audience-delivered')).filter((e) => e.subject.audience === audienceId);
    expect(entries).toMatchObject([{ subject: { receipt } }]);
    expect(JSON.stringify(await entriesOf(stage)) + stage.operatorLog()).not.toContain('ana@example.com');
  });
});

describe('rules that became stricter', { timeout: 90_000 }, () => {
  it('hold back what was accepted before, without a word, until they permit it again', async () => {
    const setMinSize = (minSize: number) =>
      stage.as('brand').collaborations.setRules({
        collaborationId: table.collaborationId,
        alias: 'mailings',
        rulesJson: mailingsRules({ audience: audience(minSize) }),
      });
    const before = engine.records().length;
    await engine.end('SIGKILL');
    const { audienceId } = await define();
    const { activationId } = await activate(audienceId, destinationId);
    await setMinSize(2_900);
    await engine.restart();
    const held = () =>
      stage
        .operatorLog()
        .split('\n')
        .filter((line) => line.includes('a delivery is held back'));
    await vi.waitFor(() => expect(held().length).toBeGreaterThanOrEqual(2), { timeout: 45_000 });
    expect(held().every((line) => line.includes(activationId) && line.includes('"rules-refuse"'))).toBe(true);
    expect((await stage.as('brand').audiences.get(audienceId)).activations).toMatchObject([
      { state: ACCEPTED, receipt: '' },
    ]);
    expect(engine.records().length).toBe(before);
    const refused = (await entriesOf(stage, 'audience-refused')).filter((e) => e.subject.activation === activationId);
    expect(refused).toMatchObject([{ actor: null, subject: { audience: audienceId, reason: 'rules-refuse' } }]);

    await setMinSize(200);
    await awaitActivation(stage, 'brand', audienceId, DELIVERED);
    expect(engine.records().length).toBe(before + 1);
  });
});
