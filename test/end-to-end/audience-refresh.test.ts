import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { audiences } from '../../proto/index.ts';
import { audienceName, awaitActivation, StageEngine } from '../support/service-engine.ts';
import { matched, outcomesCsv, outcomes as people } from '../support/service-people.ts';
import { chargesOf, entriesOf, joined } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { replayAs } from '../support/service-replay.ts';
import { cast, destinationId } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table, upload } from '../support/service-table.ts';

const { ACCEPTED, DELIVERED, REVOKED } = audiences.ActivationState;
const { DELTA } = audiences.DeliveryMode;
// Deliveries show at steps of five seconds, and a test waits for several.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
const SENT = { timeout: 60_000, interval: 200 };
const HOUR_S = 3_600n;

let stage: ServiceStage;
let engine: StageEngine;
let table: Table;

beforeAll(async () => {
  stage = await ServiceStage.open();
  // Far from every size and change of this file: the noise of each has a deviation of 40.
  const audience = {
    columns: ['visit', 'city'],
    minSize: 200,
    destinations: [`${cast.platform.member}/${destinationId}`],
  };
  table = await setTable(stage, { outcomesRules: { audience } });
  engine = await StageEngine.open(stage);
  await engine.register(stage, table.collaborationId);
});

afterAll(async () => {
  for (const each of [engine, stage]) await each[Symbol.asyncDispose]();
});

const womens = matched.filter((m) => m.mailing.arm === 'womens').map((m) => m.mailing.email);
const [first = '', second = '', ...rest] = womens;

const define = (): Promise<audiences.Audience> =>
  stage.as('brand').audiences.define({
    definition: undefined,
    collaborationId: table.collaborationId,
    displayName: audienceName,
    sql: `select m.email ${joined} where m.arm = 'womens'`,
    onBehalfOf: '',
    requestId: randomUUID(),
  });

const publish = async (plan: audiences.DeliveryPlan | undefined): Promise<string> => {
  const { audienceId } = await define();
  await stage.as('brand').audiences.activate({ plan, audienceId, destinationId, requestId: randomUUID() });
  await awaitActivation(stage, 'brand', audienceId, DELIVERED);
  return audienceId;
};

const without = (...emails: readonly string[]): Promise<unknown> =>
  upload(stage, 'platform', table.outcomesId, outcomesCsv(people.filter(({ email }) => !emails.includes(email))));

const shown = async (audienceId: string): Promise<audiences.Activation | undefined> =>
  (await stage.as('brand').audiences.get(audienceId)).activations.at(-1);

const recordOf = (members: number) => engine.records().filter((record) => record.members === members);

/** Whether the refresh of an activation was sent or held back. Its requester has no way to know. */
const isSettled = (activationId: string): boolean => {
  using store = new DatabaseSync(join(stage.dataDirectory, 'control.sqlite'), { readOnly: true });
  const row = store
    .prepare("select 1 from activations where activation_id = ? and state = 'delivered' and pending_refresh is null")
    .get(activationId);
  return row !== undefined;
};

const lists = (): string[] => readdirSync(join(stage.dataDirectory, 'deliveries'));

describe('a refresh', () => {
  it('costs nothing for the same data, is held back while one person changes, and sent alike once many have', async () => {
    const plan = { mode: DELTA, refreshEvery: undefined, expiresAt: undefined, deniability: undefined };
    const audienceId = await publish(plan);
    const receipt = (await shown(audienceId))?.receipt;
    const before = [await chargesOf(stage, 'brand', table.collaborationId), await shown(audienceId)];
    const same = await stage.as('brand').audiences.refresh(audienceId, destinationId);
    expect(same.charged).toMatchObject({ epsilon: 0, rho: 0 });
    expect([await chargesOf(stage, 'brand', table.collaborationId), await shown(audienceId)]).toEqual(before);
    await without(first);
    const small = await stage.as('brand').audiences.refresh(audienceId, destinationId);
    // A size and a number of changed persons, each at the price of a size.
    const sizeRho = (await stage.as('brand').audiences.estimate(audienceId, 0)).charged?.rho;
    expect(sizeRho).toBe(0);
    expect(small.charged?.rho).toBeGreaterThan(0);
    // What was held back has left no list behind but those of what is in force.
    await vi.waitFor(() => expect(new Set(lists().map((name) => name.split('.')[1])).size).toBe(1), SENT);
    expect(await engine.shownTo(first)).toBe('members');
    const seenAfterSmall = await shown(audienceId);
    // What a refresh costs over the same data must not tell whether the one before was sent.
    const again = async () => (await stage.as('brand').audiences.refresh(audienceId, destinationId)).charged?.rho;
    expect(await again()).toBe(0);

    const gone = rest.slice(0, 450);
    await without(first, ...gone);
    const large = await stage.as('brand').audiences.refresh(audienceId, destinationId);
    expect(large.charged?.rho).toBeCloseTo(small.charged?.rho ?? 0, 12);
    await vi.waitFor(() => expect(recordOf(womens.length - gone.length - 1)).toHaveLength(1), SENT);
    expect(await engine.shownTo(first)).toBe('everybody');
    expect(await engine.shownTo(second)).toBe('members');
    const seenAfterLarge = await shown(audienceId);
    expect({ ...seenAfterLarge, refreshedAt: undefined }).toEqual({ ...seenAfterSmall, refreshedAt: undefined });
    expect(seenAfterLarge).toMatchObject({ state: DELIVERED, receipt, mode: DELTA });
    expect(await again()).toBe(0);
    const told = (await entriesOf(stage)).filter(({ subject }) => subject.audience === audienceId);
    const after = told.map(({ kind }) => kind).slice(told.findIndex(({ kind }) => kind === 'audience-delivered') + 1);
    const paid = ['budget-reserved', 'audience-estimated', 'budget-reserved', 'audience-refreshed'];
    expect(after).toEqual([...paid, ...paid]);
    for (const { kind, leafIndex } of told.filter((entry) => entry.kind === 'audience-refreshed')) {
      const replayed = await replayAs(stage, String(leafIndex));
      expect(replayed, kind).toMatchObject({ outcome: 'identical', record: { about: 'activation' } });
    }
    await without();
  });

  it('is held back as well while the first delivery has reached the destination and does not show yet', async () => {
    const { audienceId } = await define();
    await stage.as('brand').audiences.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
    // It is of the data that it was accepted over, whatever comes in since.
    await without(first);
    await vi.waitFor(async () => expect(await engine.shownTo(first)).toBe('members'), SENT);
    const { activation } = await stage.as('brand').audiences.refresh(audienceId, destinationId);
    // On a slow machine the first delivery may show by now; what follows holds either way.
    expect([ACCEPTED, DELIVERED]).toContain(activation?.state);
    await awaitActivation(stage, 'brand', audienceId, DELIVERED);
    await vi.waitFor(() => expect(isSettled(activation?.activationId ?? '')).toBe(true), SENT);
    expect(await engine.shownTo(first)).toBe('members');
    expect((await shown(audienceId))?.receipt).not.toBe('');
    await without();
  });
});

describe('a publication', () => {
  it('ends by itself at the destination, and everything of it is gone', async () => {
    const audienceId = await publish(undefined);
    expect(await engine.shownTo(second)).toBe('members');
    const expiresAt = new Date(Date.now() + 8_000);
    const scheduled = await stage
      .as('brand')
      .audiences.schedule({ audienceId, destinationId, refreshEvery: undefined, expiresAt });
    expect(scheduled).toMatchObject({ state: DELIVERED, expiresAt });
    const ended = await awaitActivation(stage, 'brand', audienceId, REVOKED);
    expect(ended.stoppedReason).toBe('expired');
    const revoked = (await entriesOf(stage, 'audience-revoked')).filter((e) => e.subject.audience === audienceId);
    expect(revoked).toMatchObject([{ subject: { reason: 'expired' } }]);
    expect(lists().filter((name) => name.startsWith(ended.activationId))).toEqual([]);
    await expectRefused(stage.as('brand').audiences.refresh(audienceId, destinationId), 'NOT_ACCEPTED');
  });

  it('is scheduled within bounds, and blurred as its log entry says', async () => {
    const deniability = { dropProbability: 0, addProbability: 0, epsilon: 3 };
    const plan = { mode: DELTA, refreshEvery: { seconds: 24n * HOUR_S, nanos: 0 }, expiresAt: undefined, deniability };
    const audienceId = await publish(plan);
    const activation = await shown(audienceId);
    const probability = 1 / (1 + Math.exp(3));
    const stated = { epsilon: 3, dropProbability: probability, addProbability: probability };
    expect(activation).toMatchObject({ deniability: stated, refreshEvery: { seconds: 24n * HOUR_S } });
    const activated = (await entriesOf(stage, 'audience-activated')).find((e) => e.subject.audience === audienceId);
    expect(activated?.subject).toMatchObject({ deniability: stated });
    const blurred = engine.records().find(({ receipt }) => receipt === activation?.receipt)?.members ?? 0;
    // Six deviations of two binomials; the others are whoever else is in the platform's table.
    const expected = womens.length * (1 - probability) + (people.length - womens.length) * probability;
    const deviation = Math.sqrt(people.length * probability * (1 - probability));
    expect(Math.abs(blurred - expected)).toBeLessThan(6 * deviation);
    const others = people.map(({ email }) => email).filter((email) => !womens.includes(email));
    const sample = await Promise.all(others.slice(0, 300).map((email) => engine.shownTo(email)));
    const addedCount = sample.filter((content) => content === 'members').length;
    expect(addedCount).toBeGreaterThan(0);
    expect(addedCount).toBeLessThan(40);
    const every = (seconds: bigint) => ({ audienceId, destinationId, refreshEvery: { seconds, nanos: 0 } });
    await expectRefused(
      stage.as('brand').audiences.schedule({ ...every(HOUR_S - 1n), expiresAt: undefined }),
      'INVALID_REQUEST',
    );
    await expectRefused(
      stage.as('brand').audiences.schedule({ ...every(HOUR_S), expiresAt: new Date(0) }),
      'INVALID_REQUEST',
    );
  });
});
