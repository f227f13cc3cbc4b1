import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { destinations } from '../../proto/index.ts';
import { galley } from '../support/galley-command.ts';
import { destinationTerms, registerDestination } from '../support/service-destinations.ts';
import { entriesOf, joined } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { type Actor, cast } from '../support/service-rules.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { StrangeEngine } from '../support/service-strange-engine.ts';
import { setTable } from '../support/service-table.ts';

const { platform, brand } = cast;
const { WEBHOOK, NATS, FILE_DROP, STRATEGY_ENGINE } = destinations.DestinationKind;
/** Destinations that both owners' rules name. */
const NAMES = ['front', 'other', 'third', 'fourth', 'fifth'];

let stage: ServiceStage;
let engine: StrangeEngine;
let collaborationId: string;
let audienceId: string;

beforeAll(async () => {
  stage = await ServiceStage.open({ destinations: { dropDirectory: 'drop' } });
  const audience = { minSize: 200, destinations: NAMES.map((name) => `${platform.member}/${name}`) };
  ({ collaborationId } = await setTable(stage, {
    outcomesRules: { audience: { ...audience, columns: ['visit', 'city'] } },
    mailingsRules: { audience: { ...audience, columns: ['arm', 'tier'] } },
  }));
  engine = await StrangeEngine.open({ receipt: 'kept' });
  const definition = { definition: undefined, onBehalfOf: '', requestId: randomUUID(), displayName: 'mailed' };
  const sql = `select m.email ${joined} where m.arm = 'womens'`;
  ({ audienceId } = await stage.as('brand').audiences.define({ ...definition, collaborationId, sql }));
});

afterAll(async () => {
  await engine[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

const activate = (destinationId: string) =>
  stage.as('brand').audiences.activate({ plan: undefined, audienceId, destinationId, requestId: randomUUID() });
const propose = (destinationId: string, terms: Partial<destinations.DestinationTerms>, actor: Actor = 'platform') =>
  stage.as(actor).destinations.propose({ collaborationId, destinationId, terms: destinationTerms(terms) });
const approve = (destinationId: string, termsDigest: string, actor: Actor = 'brand') =>
  stage.as(actor).destinations.approve({ collaborationId, destinationId, termsDigest });
const one = async (name: string) =>
  (await stage.as('brand').destinations.list(collaborationId)).find((found) => found.destinationId === name);

/** Waits for one more of something to reach the engine. */
async function engineSees(what: 'publication' | 'withdrawal'): Promise<void> {
  await vi.waitFor(() => expect(engine.seen).toContain(what), { timeout: 45_000, interval: 50 });
  engine.seen.length = 0;
}

/** Who is said to have broken the rule that terms are approved. */
async function missingApprovals(destinationId: string): Promise<readonly (readonly [string, string])[]> {
  const { violations } = await expectRefused(activate(destinationId), 'AUDIENCE_REFUSED');
  return violations.map(({ rule, owner }) => [rule, owner] as const);
}

describe('a destination', () => {
  it('is proposed by a platform on good terms, and by nobody else', async () => {
    await expectRefused(propose('bad', {}, 'brand'), 'PERMISSION_DENIED');
    await expectRefused(propose('bad', {}, 'outsider'), 'NOT_FOUND');
    await expectRefused(propose('Shop Front', {}), 'INVALID_REQUEST');
    const wrong: readonly Partial<destinations.DestinationTerms>[] = [
      { address: 'engine.example.com:443' },
      { identifier: 'passport' },
      { purpose: 'whatever' },
      { purpose: '' },
      { minSize: 2_000_000n },
      { retentionDays: 4_000 },
      { allowedMembers: ['waibu'] },
      { recipient: 'age1x' },
      { kind: WEBHOOK, address: 'http://hook.example.com/in' },
      { kind: WEBHOOK, address: 'https://user:word@hook.example.com/in' },
      { kind: WEBHOOK, address: 'ftp://127.0.0.1/in' },
      { kind: NATS, address: 'nats://broker.example.com:4222/audiences' },
      { kind: NATS, address: 'tls://broker.example.com:4222/audiences' },
      { kind: NATS, address: 'nats://127.0.0.1:4222/audiences.>' },
      { kind: NATS, address: 'nats://127.0.0.1:4222/' },
      { kind: FILE_DROP, address: '../elsewhere', recipient: 'age1x' },
      { kind: FILE_DROP, address: 'folder', recipient: 'age1x' },
      { kind: 9 as destinations.DestinationKind },
    ];
    for (const terms of wrong) await expectRefused(propose('bad', terms), 'INVALID_REQUEST');
    expect(await one('bad')).toBeUndefined();
  });

  it('takes nothing before all whose data goes there have approved its terms as they are', async () => {
    const { destination, tokenKey } = await propose('front', { address: engine.address });
    expect(tokenKey).toHaveLength(32);
    expect(destination?.approvals.map(({ member }) => member)).toEqual([platform.member]);
    expect(await missingApprovals('front')).toEqual([['destination-is-approved', brand.member]]);
    const digest = destination?.termsDigest ?? '';
    await expectRefused(approve('front', '0'.repeat(64)), 'INVALID_REQUEST');
    await expectRefused(approve('nowhere', digest), 'NOT_FOUND');
    await expectRefused(approve('front', digest, 'outsider'), 'NOT_FOUND');
    await expectRefused(approve('front', digest, 'auditor'), 'PERMISSION_DENIED');
    const approved = await approve('front', digest);
    expect(approved.approvals.map(({ member }) => member)).toEqual([platform.member, brand.member]);
    expect(await approve('front', digest)).toEqual(approved);
    await activate('front');
    await engineSees('publication');
  });

  it('that has other terms now needs another approval, and keeps its key, its kind and its identifier', async () => {
    await expectRefused(propose('front', { kind: WEBHOOK, address: 'http://127.0.0.1:1/in' }), 'INVALID_REQUEST');
    await expectRefused(propose('front', { address: engine.address, identifier: 'phone' }), 'INVALID_REQUEST');
    const same = await propose('front', { address: engine.address });
    expect(same.tokenKey).toHaveLength(0);
    expect(same.destination?.approvals).toHaveLength(2);
    const { destination } = await propose('front', { address: engine.address, purpose: 'advertising' });
    expect(destination?.approvals.map(({ member }) => member)).toEqual([platform.member]);
    expect(await missingApprovals('front')).toEqual([['destination-is-approved', brand.member]]);
    await expectRefused(approve('front', same.destination?.termsDigest ?? ''), 'INVALID_REQUEST');
    // What was approved once is not approved again by being proposed again.
    const back = await propose('front', { address: engine.address });
    expect(back.destination?.approvals.map(({ member }) => member)).toEqual([platform.member]);
    expect(await missingApprovals('front')).toEqual([['destination-is-approved', brand.member]]);
    await propose('front', { address: engine.address, purpose: 'advertising' });
    await approve('front', destination?.termsDigest ?? '');
    await activate('front');
    await engineSees('publication');
  });

  it('withdraws what it has of a member that takes its approval back', async () => {
    const withdrawn = await stage.as('brand').destinations.withdraw(collaborationId, 'front');
    expect(withdrawn.approvals.map(({ member }) => member)).toEqual([platform.member]);
    await engineSees('withdrawal');
    expect(await missingApprovals('front')).toEqual([['destination-is-approved', brand.member]]);
    await stage.as('brand').destinations.withdraw(collaborationId, 'front');
    expect((await entriesOf(stage, 'audience-revoked')).map(({ subject }) => subject.reason)).toEqual([
      'approval-withdrawn',
    ]);
  });

  it('takes audiences of the members that its terms name, of the size that they name', async () => {
    const terms = { address: engine.address, allowedMembers: [platform.member] };
    await registerDestination(stage, { collaborationId, destinationId: 'other', terms });
    expect(await missingApprovals('other')).toEqual([['destination-takes-the-member', platform.member]]);
    await registerDestination(stage, {
      collaborationId,
      destinationId: 'third',
      terms: { address: engine.address, minSize: 1_000_000n },
    });
    expect(await missingApprovals('third')).toEqual([['audience-is-large-enough', platform.member]]);
  });

  it('that its owner closes has all withdrawn, takes nothing more, and is closed by nobody else', async () => {
    const terms = { address: engine.address };
    await registerDestination(stage, { collaborationId, destinationId: 'fourth', terms });
    await activate('fourth');
    await engineSees('publication');
    const end = (actor: Actor) => stage.as(actor).destinations.end(collaborationId, 'fourth');
    await expectRefused(end('brand'), 'PERMISSION_DENIED');
    await expectRefused(end('outsider'), 'NOT_FOUND');
    expect((await end('platform')).closedAt).toBeDefined();
    await engineSees('withdrawal');
    expect(await missingApprovals('fourth')).toEqual([['destination-is-open', '']]);
    expect((await end('platform')).closedAt).toEqual((await one('fourth'))?.closedAt);
    await expectRefused(propose('fourth', terms), 'INVALID_REQUEST');
    expect(await entriesOf(stage, 'destination-closed')).toHaveLength(1);
  });

  it('of each kind gets what its other side needs, once, and shows none of it again', async () => {
    const hook = await propose('fifth', { kind: WEBHOOK, address: 'http://127.0.0.1:9/in' });
    expect(hook.signingSecret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const broker = await propose('broker', { kind: NATS, address: 'nats://127.0.0.1:9/audiences' });
    expect(broker.brokerUser).toMatch(/^U[A-Z2-7]{55}$/);
    const plain = await propose('plain', { kind: STRATEGY_ENGINE, address: '127.0.0.1:9' });
    expect([plain.signingSecret, plain.brokerUser]).toEqual(['', '']);
    const again = await propose('fifth', { kind: WEBHOOK, address: 'http://127.0.0.1:9/in' });
    expect([again.tokenKey.length, again.signingSecret]).toEqual([0, '']);
    expect(new Set([hook, broker, plain].map(({ tokenKey }) => Buffer.from(tokenKey).toString('hex'))).size).toBe(3);
  });

  it('is proposed, read and approved by hand', async () => {
    const keyOut = join(stage.directory, 'by-hand.key');
    const where = ['--collaboration', collaborationId];
    const terms = ['--address', '127.0.0.1:9', '--purpose', 'feed', '--retention-days', '30'];
    const forgotten = await galley(stage, 'platform', ['destination', 'propose', 'by-hand', ...where, ...terms]);
    expect(forgotten.stderr).toContain('--key-out');
    const all = [...where, ...terms, '--key-out', keyOut];
    const proposed = await galley(stage, 'platform', ['destination', 'propose', 'by-hand', ...all]);
    expect(proposed.stdout).toContain(`its token key is in ${keyOut}`);
    expect(readFileSync(keyOut, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
    const digest = (await one('by-hand'))?.termsDigest ?? '';
    expect(proposed.stdout).toContain(digest);
    const approved = await galley(stage, 'brand', ['destination', 'approve', 'by-hand', digest, ...where]);
    expect(approved.stdout).toMatch(new RegExp(`${platform.member}, ${brand.member}`));
    const again = [...where, ...terms, '--min-size', '500', '--key-out', `${keyOut}.2`];
    expect((await galley(stage, 'platform', ['destination', 'propose', 'by-hand', ...again])).code).toBe(0);
    expect(existsSync(`${keyOut}.2`)).toBe(false);
  });
});
