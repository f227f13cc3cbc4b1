import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { strategy } from '../../proto/index.ts';
import { membershipToken } from './membership-token.ts';
import { RunningEngine } from './running-engine.ts';
import { partsOfPublication } from './send-publication.ts';

const key = randomBytes(32);
const tokenOf = (email: string): Buffer => Buffer.from(membershipToken(key, 'email', email), 'base64url');
const scene = 'shop-front';
const splitScene = 'feed';
const { DONE } = strategy.DeliveryOutcome;

let directory: string;
let contentPath: string;
let engine: RunningEngine;

const start = (source = key.toString('hex')): Promise<RunningEngine> =>
  RunningEngine.start(join(directory, 'data'), source, contentPath);
const shownTo = async (email: string): Promise<unknown> =>
  ((await engine.post('/decide', { scene, email })).body as { content: string }).content;

function writeContent(cartContent: string): void {
  const short = { default: 'new arrivals', audiences: [{ audience: 'cart', content: cartContent }] };
  const arms = [
    { name: 'A', content: 'discount' },
    { name: 'B', content: 'advice' },
  ];
  const split = { name: 'win-back', audience: 'cart', scenes: [splitScene], holdOut: 0.2, arms };
  const scenes = { [scene]: short, [splitScene]: { default: 'feed' } };
  writeFileSync(contentPath, JSON.stringify({ scenes, strategies: [split] }));
}

let version = 0n;
async function publish(emails: readonly string[]): Promise<string | undefined> {
  version += 1n;
  const head = { audienceId: 'aud-1', version, begin: { displayName: 'cart' } };
  const answer = await engine.deliver(partsOfPublication(head, [{ added: Buffer.concat(emails.map(tokenOf)) }], 1));
  expect(answer?.outcome).toBe(DONE);
  return answer?.receipt;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'engine-test-'));
  contentPath = join(directory, 'content.json');
  writeContent('come back');
  engine = await start();
}, 60_000);

afterAll(async () => {
  await engine.end('SIGTERM');
  rmSync(directory, { recursive: true, force: true });
});

describe('the engine as its own process', () => {
  it('shows an audience its content, however they write their address, and the default to others', async () => {
    await publish(['ana@example.com']);
    expect(await shownTo(' Ana@Example.com ')).toBe('come back');
    expect(await shownTo('bo@example.com')).toBe('new arrivals');
    expect((await engine.decideByToken(tokenOf('ana@example.com'), scene)).content).toBe('come back');
  });

  it('decides nothing by an audience from the answer to its withdrawal on', async () => {
    await publish(['ana@example.com']);
    version += 1n;
    const withdrawal = { $case: 'withdrawal' as const, value: { reason: 'revoked' } };
    await engine.deliver([{ audienceId: 'aud-1', version, part: withdrawal }]);
    expect(await shownTo('ana@example.com')).toBe('new arrivals');
  });

  it('keeps what it confirmed over SIGKILL, and shows nothing of what had not come to its end', async () => {
    await publish(['ana@example.com']);
    version += 1n;
    const head = { audienceId: 'aud-1', version, begin: { displayName: 'cart' } };
    const parts = [
      ...partsOfPublication(
        head,
        ['bo', 'cy'].map((name) => ({ added: tokenOf(`${name}@example.com`) })),
        2,
      ),
    ];
    await engine.deliver(parts.slice(0, 2));
    await engine.end('SIGKILL');
    engine = await start();
    expect(await shownTo('ana@example.com')).toBe('come back');
    expect(await shownTo('bo@example.com')).toBe('new arrivals');
    expect(await engine.deliver(parts.slice(2))).toMatchObject({ outcome: DONE });
    expect(await shownTo('ana@example.com')).toBe('new arrivals');
    expect(await shownTo('bo@example.com')).toBe('come back');
  }, 60_000);

  it('takes 60,000 members with flat memory', async () => {
    const batch = (n: number): Buffer =>
      Buffer.concat(Array.from({ length: 2000 }, (_, i) => tokenOf(`p${n * 2000 + i}@example.com`)));
    function* batches(count: number) {
      for (let n = 0; n < count; n += 1) yield { added: batch(n) };
    }
    const warm = { audienceId: 'aud-2', version: 1n, begin: { displayName: 'warm' } };
    await engine.deliver(partsOfPublication(warm, batches(5), 5));
    const before = engine.residentBytes();
    const head = { audienceId: 'aud-2', version: 2n, begin: { displayName: 'warm' } };
    await engine.deliver(partsOfPublication(head, batches(30), 30));
    expect(engine.residentBytes() - before).toBeLessThan(64 * 1024 * 1024);
  }, 120_000);

  it('splits an audience, keeps everybody in their arm over a restart, and counts an event once', async () => {
    const people = Array.from({ length: 40 }, (_, i) => `q${i}@example.com`);
    await publish(people);
    const armsNow = () =>
      Promise.all(people.map(async (email) => (await engine.decideByToken(tokenOf(email), splitScene)).arm));
    const before = await armsNow();
    expect(new Set(before)).toEqual(new Set(['A', 'B', 'hold-out']));
    const event = { id: 'e-1', email: people[0], kind: 'exposure', strategy: 'win-back', scene: splitScene };
    const events = [
      event,
      { id: 'e-2', email: people[0], kind: 'conversion', value: 12.5, at: '2026-03-01T10:00:00Z' },
    ];
    expect((await engine.post('/events', { events })).body).toEqual({ recorded: 2, repeated: 0 });
    await engine.end('SIGKILL');
    engine = await start();
    expect(await armsNow()).toEqual(before);
    expect((await engine.post('/events', { events })).body).toEqual({ recorded: 0, repeated: 2 });
    // Two events and the arm; who is forgotten gets the same arm again, for it follows from the token.
    expect((await engine.post('/forget', { email: people[0] })).body).toEqual({ forgotten: 3 });
    expect(await armsNow()).toEqual(before);
  }, 60_000);

  it('reads its strategies again on SIGHUP, and keeps the old ones when the new ones are wrong', async () => {
    await publish(['ana@example.com']);
    writeContent('welcome back');
    engine.signal('SIGHUP');
    await vi.waitFor(async () => expect(await shownTo('ana@example.com')).toBe('welcome back'), 20_000);
    writeFileSync(contentPath, '{"scenes": {}, "strategy": []}');
    engine.signal('SIGHUP');
    expect(await shownTo('ana@example.com')).toBe('welcome back');
    writeContent('come back');
    engine.signal('SIGHUP');
    await vi.waitFor(async () => expect(await shownTo('ana@example.com')).toBe('come back'), 20_000);
  });

  it('says what is wrong with a call of the shop', async () => {
    const email = 'ana@example.com';
    expect((await engine.post('/decide', { scene: 'cellar', email })).status).toBe(404);
    expect(await engine.post('/decide', { scene })).toEqual({
      status: 400,
      body: { error: 'the body must hold the text `token` or `email`' },
    });
    expect((await engine.post('/decide', { scene, email: 'a'.repeat(2_000_000) })).status).toBe(400);
    expect(await engine.post('/events', { events: [{ id: 'e-9', email, kind: 'exposure' }] })).toEqual({
      status: 400,
      body: { error: 'event 0 is an exposure and must name its strategy' },
    });
    await expect(engine.decideByToken(Buffer.alloc(4), scene)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    await expect(engine.decideByToken(createHash('md5').digest(), 'cellar')).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
  });

  it('is healthy, and counts what it does', async () => {
    expect(JSON.parse(await engine.get('/health'))).toEqual({ healthy: true });
    expect(await engine.get('/metrics')).toMatch(/^engine_decisions_total \d+$/mu);
  });

  it('waits for a token key that is put into its file later', async () => {
    await engine.end('SIGTERM');
    const keyPath = join(directory, 'token-key');
    engine = await start(keyPath);
    expect((await engine.post('/decide', { scene, email: 'ana@example.com' })).status).toBe(503);
    writeFileSync(keyPath, key.toString('hex'));
    expect(await shownTo('nobody@example.com')).toBe('new arrivals');
  }, 60_000);
});
