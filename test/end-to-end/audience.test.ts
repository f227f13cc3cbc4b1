import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { audiences, collaborations } from '../../proto/index.ts';
import { registerDestination } from '../support/service-destinations.ts';
import { audienceName, awaitActivation, StageEngine } from '../support/service-engine.ts';
import { emailOf, matched } from '../support/service-people.ts';
import { chargesOf, entriesOf, joined } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { type Actor, cast, destinationId, mailingsRules } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { grantToIsv, setTable, type Table } from '../support/service-table.ts';

const { DELIVERED, REVOKED } = audiences.ActivationState;
const FAR_DEVIATIONS = 6;
const DEVIATIONS_OF_95 = 1.96;
const SHOWN_STEP_MS = 5_000;

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

const womensSql = `select m.email ${joined} where m.arm = 'womens'`;
const members = matched.filter(({ mailing }) => mailing.arm === 'womens').map(({ outcome }) => outcome.email);
const others = matched.filter(({ mailing }) => mailing.arm !== 'womens').map(({ outcome }) => outcome.email);

const define = (sql: string, actor: Actor = 'brand', onBehalfOf = '') =>
  stage.as(actor).audiences.define({
    definition: undefined,
    collaborationId: table.collaborationId,
    displayName: audienceName,
    sql,
    onBehalfOf,
    requestId: randomUUID(),
  });

const activate = (audienceId: string, destination = destinationId, actor: Actor = 'brand') =>
  stage
    .as(actor)
    .audiences.activate({ plan: undefined, audienceId, destinationId: destination, requestId: randomUUID() });

describe('an audience', () => {
  it('is sized, published, decides what its members see, and is withdrawn', async () => {
    const { audienceId, size } = await define(womensSql);
    expect(size).toBeUndefined();
    const before = await chargesOf(stage, 'brand', table.collaborationId);
    const estimated = await stage.as('brand').audiences.estimate(audienceId, 0.5);
    const [persons, low, high] = [estimated.size?.persons, estimated.size?.ci95Low, estimated.size?.ci95High].map(
      Number,
    );
    const deviation = ((high ?? 0) - (low ?? 0)) / 2 / DEVIATIONS_OF_95;
    expect(Math.abs((persons ?? 0) - members.length)).toBeLessThanOrEqual(FAR_DEVIATIONS * deviation);
    const after = await chargesOf(stage, 'brand', table.collaborationId);
    for (const [account, rho] of Object.entries(after)) {
      expect(rho - (before[account] ?? 0)).toBeCloseTo(estimated.charged?.rho ?? 0, 12);
    }

    const again = await stage.as('brand').audiences.estimate(audienceId, 0.5);
    expect(again).toMatchObject({ size: estimated.size, charged: { rho: 0 } });
    const accepted = await activate(audienceId);
    expect(accepted.receipt).toBe('');
    const delivered = await awaitActivation(stage, 'brand', audienceId, DELIVERED);
    expect(await chargesOf(stage, 'brand', table.collaborationId)).toEqual(after);
    expect(engine.records()).toMatchObject([{ receipt: delivered.receipt, members: members.length }]);
    // Shown at a fixed step after acceptance: how long a selection takes is nobody's to know.
    expect((Number(delivered.deliveredAt) - Number(delivered.acceptedAt)) % SHOWN_STEP_MS).toBe(0);
    expect(await engine.shownTo(members[0] ?? '')).toBe('members');
    expect(await engine.shownTo(String(members[1]).toUpperCase())).toBe('members');
    expect(await engine.shownTo(others[0] ?? '')).toBe('everybody');
    expect(await engine.shownTo(emailOf(999_999))).toBe('everybody');

    await stage.as('brand').audiences.revoke(audienceId, destinationId);
    await awaitActivation(stage, 'brand', audienceId, REVOKED);
    expect(await engine.shownTo(members[0] ?? '')).toBe('everybody');
    expect(await stage.as('brand').audiences.revoke(audienceId, destinationId)).toMatchObject({ state: REVOKED });
    const kinds = (await entriesOf(stage)).filter(({ subject }) => subject.audience === audienceId);
    expect(kinds.map(({ kind }) => kind)).toEqual([
      'audience-defined',
      'budget-reserved',
      'audience-estimated',
      'audience-estimated',
      'audience-activated',
      'audience-delivered',
      'audience-revoked',
      'audience-delivered',
    ]);

    await activate(audienceId);
    const later = await awaitActivation(stage, 'brand', audienceId, DELIVERED);
    expect(engine.records()).toMatchObject([{ receipt: later.receipt, version: 3, kind: 'publication' }]);
  }, 60_000);

  it('is refused under the strictest minimum by its released size alone, again and again by the same one', async () => {
    const sql = `select m.email ${joined} where m.tier = 1 and m.arm = 'mens'`;
    const { audienceId } = await define(sql);
    const { size } = await stage.as('brand').audiences.estimate(audienceId, 1);
    const first = await expectRefused(activate(audienceId), 'AUDIENCE_REFUSED');
    expect(first).toMatchObject({
      code: 'FAILED_PRECONDITION',
      violations: [{ rule: 'audience-is-large-enough', owner: cast.platform.member }],
    });
    expect(first.violations[0]?.message).toContain(String(size?.persons));
    const second = await expectRefused(activate(audienceId), 'AUDIENCE_REFUSED');
    expect(second.violations).toEqual(first.violations);
    expect((await stage.as('brand').audiences.get(audienceId)).activations).toEqual([]);
    expect((await entriesOf(stage, 'audience-refused')).at(-1)?.subject).toMatchObject({ audience: audienceId });
  });

  it('goes to no destination that an owner of its data does not permit', async () => {
    const elsewhere = 'elsewhere';
    const { collaborationId } = table;
    const terms = { address: engine.address };
    await registerDestination(stage, { collaborationId, destinationId: elsewhere, terms });
    const { audienceId } = await define(womensSql);
    const { violations } = await expectRefused(activate(audienceId, elsewhere), 'AUDIENCE_REFUSED');
    expect(violations.map(({ rule, owner }) => [rule, owner])).toEqual([
      ['destination-is-permitted', cast.brand.member],
      ['destination-is-permitted', cast.platform.member],
    ]);
    await expectRefused(activate(audienceId, 'nowhere'), 'NOT_FOUND');
  });

  it('is defined by permitted columns and one identity alone, and the refusal is logged', async () => {
    const spend = await expectRefused(define(`select m.email ${joined} where o.spend > 100`), 'AUDIENCE_REFUSED');
    expect(spend.violations).toMatchObject([{ rule: 'audience-column-is-permitted', owner: cast.platform.member }]);
    const arms = await expectRefused(define(`select m.email, m.arm ${joined}`), 'AUDIENCE_REFUSED');
    expect(arms.violations.map(({ rule }) => rule)).toContain('audience-selects-persons');
    await expectRefused(define('select email frm chenxi.mailings'), 'AUDIENCE_REFUSED');
    const refused = (await entriesOf(stage, 'audience-refused')).slice(-3);
    expect(JSON.stringify(refused)).not.toContain('spend >');
  });

  it('is defined by an ISV for the brand that granted it, and by nobody for another', async () => {
    const { ACTIVATE } = collaborations.Ability;
    await expectRefused(define(womensSql, 'isv', cast.brand.member), 'NOT_FOUND');
    await grantToIsv(stage, table.collaborationId, [ACTIVATE]);
    const { audienceId, owner } = await define(womensSql, 'isv', cast.brand.member);
    expect(owner).toBe(cast.brand.member);
    await expectRefused(define(womensSql, 'isv', cast.platform.member), 'PERMISSION_DENIED');
    await expectRefused(define(womensSql, 'platform', cast.brand.member), 'PERMISSION_DENIED');
    expect((await stage.as('isv').audiences.list(table.collaborationId)).map((a) => a.audienceId)).toEqual([
      audienceId,
    ]);
    expect((await stage.as('platform').audiences.list(table.collaborationId)).length).toBe(0);
    expect(await activate(audienceId, destinationId, 'isv')).toMatchObject({ destinationId });
  });

  it('is repeated by its request id and not published twice', async () => {
    const { audienceId } = await define(womensSql);
    const request = { plan: undefined, audienceId, destinationId, requestId: randomUUID() };
    const all = await Promise.all(Array.from({ length: 5 }, () => stage.as('brand').audiences.activate(request)));
    expect(new Set(all.map(({ activationId }) => activationId)).size).toBe(1);
    expect((await stage.as('brand').audiences.get(audienceId)).activations).toHaveLength(1);
  });
});

describe('a destination', () => {
  it('that the rules no longer permit is refused, also for an audience defined before', async () => {
    const { audienceId } = await define(womensSql);
    const rulesJson = mailingsRules({ audience: { columns: ['arm', 'tier'], minSize: 200, destinations: [] } });
    const { collaborationId } = table;
    await stage.as('brand').collaborations.setRules({ collaborationId, alias: 'mailings', rulesJson });
    const { violations } = await expectRefused(activate(audienceId), 'AUDIENCE_REFUSED');
    expect(violations).toMatchObject([{ rule: 'destination-is-permitted', owner: cast.brand.member }]);
  });
});
