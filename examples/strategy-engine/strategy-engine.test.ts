import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { membershipToken } from './membership-token.ts';
import { RunningEngine } from './running-engine.ts';

const key = randomBytes(32);
const tokenOf = (email: string): string => membershipToken(key, 'email', email);
const scene = 'shop-front';
const shown = { audience: 'cart', content: 'come back' };
const fallback = { audience: null, content: 'new arrivals' };

let directory: string;
let contentPath: string;
let engine: RunningEngine;

const start = (): Promise<RunningEngine> =>
  RunningEngine.start(join(directory, 'data'), key.toString('hex'), contentPath);
const header = (version: bigint, memberCount: bigint) => ({
  audienceId: 'aud-1',
  version,
  displayName: 'cart',
  identifier: 'email',
  memberCount,
});
const decisionFor = async (email: string): Promise<unknown> => (await engine.decide({ scene, email })).body;

function storedMemberCount(): number {
  using database = new DatabaseSync(join(directory, 'data', 'audiences.sqlite'), { readOnly: true });
  return Number(database.prepare('select count(*) as n from member').get()?.n);
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'engine-test-'));
  contentPath = join(directory, 'content.json');
  writeFileSync(contentPath, JSON.stringify({ scenes: { [scene]: { default: 'new arrivals', audiences: [shown] } } }));
  engine = await start();
});

afterEach(async () => {
  await engine.end('SIGTERM');
  rmSync(directory, { recursive: true, force: true });
});

describe('publication', () => {
  it('shows its content to its members, however they write their address, and the default to others', async () => {
    await engine.publish(header(1n, 1n), [[tokenOf('ana@example.com')]]);
    expect(await decisionFor(' Ana@Example.com ')).toEqual(shown);
    expect(await decisionFor('bo@example.com')).toEqual(fallback);
  });

  it('has its effect once: repeated, it returns the first receipt and changes nothing', async () => {
    const first = await engine.publish(header(1n, 1n), [[tokenOf('ana@example.com')]]);
    const second = await engine.publish(header(1n, 1n), [[tokenOf('bo@example.com')]]);
    expect(second).toBe(first);
    expect(await decisionFor('bo@example.com')).toEqual(fallback);
  });

  it('has its effect once when two deliveries of it race', async () => {
    const send = () => engine.publish(header(1n, 2n), [[tokenOf('ana@example.com')], [tokenOf('bo@example.com')]]);
    const receipts = await Promise.all([send(), send(), send()]);
    expect(new Set(receipts).size).toBe(1);
    expect(await decisionFor('bo@example.com')).toEqual(shown);
  });

  it('replaces the members of a lower version', async () => {
    const first = await engine.publish(header(1n, 1n), [[tokenOf('ana@example.com')]]);
    const second = await engine.publish(header(2n, 1n), [[tokenOf('bo@example.com')]]);
    expect(second).not.toBe(first);
    expect(await decisionFor('ana@example.com')).toEqual(fallback);
    expect(await decisionFor('bo@example.com')).toEqual(shown);
  });

  it('is refused with FAILED_PRECONDITION under the stored version, and nothing changes', async () => {
    await engine.publish(header(5n, 1n), [[tokenOf('ana@example.com')]]);
    await expect(engine.publish(header(4n, 1n), [[tokenOf('bo@example.com')]])).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
    });
    expect(await decisionFor('ana@example.com')).toEqual(shown);
    expect(await decisionFor('bo@example.com')).toEqual(fallback);
  });

  it.each([
    ['fewer members than promised', 3n, [['a', 'b']]],
    ['more members than promised', 1n, [['a'], ['b']]],
    ['a repeated member', 2n, [['a'], ['a']]],
    ['a token that is none', 1n, [['a'.repeat(100)]]],
  ])('is refused with INVALID_ARGUMENT for %s, and nothing changes', async (_case, count, batches) => {
    await engine.publish(header(1n, 1n), [[tokenOf('ana@example.com')]]);
    await expect(engine.publish(header(2n, count), batches)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(await decisionFor('ana@example.com')).toEqual(shown);
  });

  it('is refused when its tokens are made of another identifier', async () => {
    await expect(engine.publish({ ...header(1n, 0n), identifier: 'phone' }, [])).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
  });

  it('takes 100,000 members with flat memory', async () => {
    const batch = (n: number): string[] =>
      Array.from({ length: 1000 }, (_, i) => tokenOf(`p${n * 1000 + i}@example.com`));
    function* batches(count: number) {
      for (let n = 0; n < count; n += 1) yield batch(n);
    }
    await engine.publish({ ...header(1n, 10_000n), audienceId: 'warm-up' }, batches(10));
    const before = engine.residentBytes();
    await engine.publish(header(1n, 100_000n), batches(100));
    expect(engine.residentBytes() - before).toBeLessThan(64 * 1024 * 1024);
    expect(await decisionFor('p99999@example.com')).toEqual(shown);
  }, 60_000);
});

describe('death by SIGKILL', () => {
  it('keeps what was confirmed, receipt included', async () => {
    const first = await engine.publish(header(1n, 1n), [[tokenOf('ana@example.com')]]);
    await engine.end('SIGKILL');
    engine = await start();
    expect(await decisionFor('ana@example.com')).toEqual(shown);
    expect(await engine.publish(header(1n, 1n), [[tokenOf('ana@example.com')]])).toBe(first);
  });

  it('leaves nothing of a publication that it cut in the middle, and the next delivery takes effect whole', async () => {
    await engine.publish(header(1n, 1n), [[tokenOf('ana@example.com')]]);
    const cut = engine.client.publishAudience(() => undefined);
    cut.on('error', () => undefined);
    cut.write({ part: { $case: 'header', value: header(2n, 3000n) } });
    for (const start of [0, 1000]) {
      const tokens = Array.from({ length: 1000 }, (_, i) => tokenOf(`p${start + i}@example.com`));
      cut.write({ part: { $case: 'batch', value: { tokens } } });
    }
    // The third thousand is never sent: the engine dies with two of three batches on its disk.
    await vi.waitFor(() => expect(storedMemberCount()).toBe(2001));
    await engine.end('SIGKILL');

    engine = await start();
    expect(await decisionFor('ana@example.com')).toEqual(shown);
    expect(await decisionFor('p0@example.com')).toEqual(fallback);
    expect(storedMemberCount()).toBe(1);
    await engine.publish(header(2n, 1n), [[tokenOf('bo@example.com')]]);
    expect(await decisionFor('ana@example.com')).toEqual(fallback);
    expect(await decisionFor('bo@example.com')).toEqual(shown);
  });
});

describe('withdrawal', () => {
  it('decides nothing from its answer on, and repeated returns the first receipt', async () => {
    await engine.publish(header(1n, 1n), [[tokenOf('ana@example.com')]]);
    const first = await engine.revoke('aud-1', 2n);
    expect(await decisionFor('ana@example.com')).toEqual(fallback);
    expect(await engine.revoke('aud-1', 2n)).toBe(first);
  });

  it('keeps out a publication that arrives after it with a lower version', async () => {
    await engine.revoke('aud-1', 2n);
    await expect(engine.publish(header(1n, 1n), [[tokenOf('ana@example.com')]])).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
    });
  });

  it('is refused with FAILED_PRECONDITION under the stored version', async () => {
    await engine.publish(header(3n, 1n), [[tokenOf('ana@example.com')]]);
    await expect(engine.revoke('aud-1', 2n)).rejects.toMatchObject({ code: status.FAILED_PRECONDITION });
    expect(await decisionFor('ana@example.com')).toEqual(shown);
  });
});

describe('decision', () => {
  it('answers 404 for a scene that the rules do not know and 400 for a body that is none', async () => {
    expect((await engine.decide({ scene: 'cellar', email: 'ana@example.com' })).status).toBe(404);
    expect((await engine.decide({ scene })).status).toBe(400);
    expect((await engine.decide({ scene, email: `${'a'.repeat(5000)}@example.com` })).status).toBe(400);
  });

  it('waits for a token key that is put into its file later', async () => {
    await engine.end('SIGTERM');
    const keyPath = join(directory, 'token-key');
    engine = await RunningEngine.start(join(directory, 'data'), keyPath, contentPath);
    expect((await engine.decide({ scene, email: 'ana@example.com' })).status).toBe(503);
    writeFileSync(keyPath, key.toString('hex'));
    expect(await decisionFor('ana@example.com')).toEqual(fallback);
  });
});
