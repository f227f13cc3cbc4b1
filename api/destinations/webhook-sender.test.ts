import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createWebhookInbox } from '../../examples/strategy-engine/inbox/webhook.ts';
import { StoreWriter } from '../../examples/strategy-engine/store-writer.ts';
import { strategy } from '../../proto/index.ts';
import { makeTestCertificates } from '../../test/fixtures/tls/test-certificates.ts';
import { publicationOf, withdrawalOf } from '../../test/support/deliveries.ts';
import { DestinationFailed } from './destination-failed.ts';
import { mayConnect } from './guarded-lookup.ts';
import { makeAccess } from './make-access.ts';
import { openWebhookSender } from './webhook-sender.ts';

const { KEPT, DONE, NEEDS_FULL } = strategy.DeliveryOutcome;
const never = new AbortController().signal;
const directory = mkdtempSync(join(tmpdir(), 'galley-webhook-'));
const access = await makeAccess('webhook');
const secret = access.secret ?? new Uint8Array();
const batch = Buffer.alloc(64, 7);
const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

afterAll(() => rmSync(directory, { recursive: true }));

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A door of our making: knocks are answered, and what is posted is the test's. */
const door = (take: RequestListener): Server =>
  createServer((request, response) => {
    if (request.method === 'POST') take(request, response);
    else response.writeHead(405).end();
  });

const at = (address: string, ca = '') => ({ address, ca_certificate_pem: ca });

/** Sends parts over one sender and answers their outcomes. */
async function send(
  to: ReturnType<typeof at>,
  parts: readonly strategy.Envelope[],
  { internalHosts = [], signal = never }: { internalHosts?: readonly string[]; signal?: AbortSignal } = {},
): Promise<readonly strategy.DeliveryOutcome[]> {
  const sender = await openWebhookSender(to, { secret, internalHosts, nowMs: Date.now }, signal);
  try {
    const outcomes: strategy.DeliveryOutcome[] = [];
    for (const part of parts) outcomes.push((await sender.send(part, signal)).outcome);
    return outcomes;
  } finally {
    await sender.close();
  }
}

async function failureOf(work: Promise<unknown>): Promise<DestinationFailed> {
  const failure = await work.catch((cause: unknown) => cause);
  if (failure instanceof DestinationFailed) return failure;
  return expect.fail(`the webhook did not fail: ${String(failure)}`);
}

describe('a webhook', () => {
  it('hands signed parts to an engine, which answers each in the words of the contract', async () => {
    const engine = await StoreWriter.open({ directory: mkdtempSync(join(directory, 'engine-')), identifier: 'email' });
    const port = await listen(createWebhookInbox(access.signingSecret, engine.take));
    const parts = [...publicationOf('aud-1', 1n, [batch, batch.fill(8)]), withdrawalOf('aud-1', 2n)];
    expect(await send(at(`http://127.0.0.1:${port}/in`), parts)).toEqual([KEPT, KEPT, KEPT, DONE, DONE]);
    await engine.close();
  });

  it('that is given another secret takes nothing', async () => {
    const other = (await makeAccess('webhook')).signingSecret;
    const port = await listen(createWebhookInbox(other, () => expect.fail('it was taken')));
    const failure = await failureOf(send(at(`http://127.0.0.1:${port}/`), [withdrawalOf('aud-1', 1n)]));
    expect(failure).toMatchObject({ reason: 'destination-failed', status: 'HTTP_401' });
  });

  it('is known over TLS by the authority that its terms name', async () => {
    const files = await makeTestCertificates(directory);
    const pair = { key: readFileSync(files.serverKeyFile), cert: readFileSync(files.serverCertFile) };
    const port = await listen(
      createTlsServer(pair, (_, response) => response.writeHead(204).end()) as unknown as Server,
    );
    const parts = publicationOf('aud-1', 1n, [batch]);
    const ca = readFileSync(files.caFile, 'utf8');
    expect(await send(at(`https://localhost:${port}/in`, ca), parts)).toEqual([KEPT, KEPT, DONE]);
    const failure = await failureOf(send(at(`https://localhost:${port}/in`), parts));
    expect(failure).toMatchObject({ reason: 'destination-unreachable' });
  });

  it('that answers nothing is asked for whole publications', async () => {
    const port = await listen(door((_, response) => response.writeHead(200).end()));
    const [begin] = publicationOf('aud-1', 2n, []);
    const value = begin?.part?.$case === 'begin' ? begin.part.value : strategy.PublicationBegin.create();
    const delta = { ...value, kind: strategy.PublicationKind.DELTA, baseVersion: 1n };
    const part = { audienceId: 'aud-1', version: 2n, part: { $case: 'begin' as const, value: delta } };
    expect(await send(at(`http://127.0.0.1:${port}/`), [part])).toEqual([NEEDS_FULL]);
  });

  it('that is busy is sent the same message again, by the same id', async () => {
    const ids: (string | undefined)[] = [];
    const port = await listen(
      door((request, response) => {
        ids.push(headerOf(request, 'webhook-id'));
        const isBusy = ids.length <= 2;
        response.writeHead(isBusy ? 503 : 204, isBusy ? { 'retry-after': '0' } : {}).end();
      }),
    );
    expect(await send(at(`http://127.0.0.1:${port}/`), [withdrawalOf('aud-1', 3n)])).toEqual([DONE]);
    expect(ids).toEqual(Array(3).fill('aud-1-3-withdrawal'));
  });

  it.each([
    [301, { location: 'http://127.0.0.1:9/elsewhere' }],
    [307, { location: 'http://127.0.0.1:9/elsewhere' }],
    [410, {}],
    [422, {}],
  ])(
    'that answers %i is sent nothing more, there or elsewhere, and none of its words is kept',
    async (code, headers) => {
      let posts = 0;
      const port = await listen(
        door((_, response) => {
          posts += 1;
          response.writeHead(code, headers).end('ana@example.com is in it');
        }),
      );
      const failure = await failureOf(send(at(`http://127.0.0.1:${port}/`), [withdrawalOf('aud-1', 1n)]));
      expect(failure).toMatchObject({ reason: 'destination-failed', status: `HTTP_${code}` });
      expect(JSON.stringify(failure) + failure.message + failure.stack).not.toContain('ana');
      expect(posts).toBe(1);
    },
  );

  it.each([
    '{"outcome":"DELIVERY_OUTCOME_UNSPECIFIED"}',
    'thanks',
    '[]',
    '{"outcome":"MARVELLOUS"}',
    '{"outcome":"DELIVERY_OUTCOME_KEPT","nextBatch":-1}',
    '{"outcome":"DELIVERY_OUTCOME_KEPT","nextBatch":0.5}',
  ])('that answers %s is not understood', async (text) => {
    const port = await listen(door((_, response) => response.writeHead(200).end(text)));
    const failure = await failureOf(send(at(`http://127.0.0.1:${port}/`), [withdrawalOf('aud-1', 1n)]));
    expect(failure).toMatchObject({ status: 'ANSWER_UNREADABLE' });
  });

  it('that never stops answering is not listened to', async () => {
    const port = await listen(
      door((_, response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write('x'.repeat(8_192)), 1);
        response.once('close', () => clearInterval(timer));
      }),
    );
    const failure = await failureOf(send(at(`http://127.0.0.1:${port}/`), [withdrawalOf('aud-1', 1n)]));
    expect(failure).toMatchObject({ status: 'ANSWER_TOO_LONG' });
  });

  it('that hangs is left at once when told to', async () => {
    const port = await listen(door(() => {}));
    const work = send(at(`http://127.0.0.1:${port}/`), [withdrawalOf('aud-1', 1n)], {
      signal: AbortSignal.timeout(300),
    });
    expect(await failureOf(work)).toMatchObject({ reason: 'destination-failed' });
  });
});

describe('an address of an internal network', () => {
  it.each(['http://127.0.0.1:9/', 'https://127.0.0.1:9/'])(
    '%s of this machine is tried, as the terms say so',
    async (address) => {
      expect(await failureOf(send(at(address), []))).toMatchObject({ status: 'ECONNREFUSED' });
    },
  );

  it.each([
    'https://10.0.0.1/',
    'https://169.254.169.254/latest',
    'https://[fe80::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://0.0.0.0/',
    'https://2130706433:1/'.replace('2130706433', '0xa9fea9fe'),
  ])('%s is not connected to', async (address) => {
    expect(await failureOf(send(at(address), []))).toMatchObject({ status: 'INTERNAL_ADDRESS' });
  });

  it('is never what a name means, unless the operator lists the host', () => {
    const hosts = ['hooks.intern.example'];
    expect(mayConnect('hooks.example.com', '10.1.2.3', hosts)).toBe(false);
    expect(mayConnect('Hooks.intern.example', '10.1.2.3', hosts)).toBe(true);
    expect(mayConnect('hooks.intern.example', '169.254.169.254', hosts)).toBe(false);
    expect(mayConnect('hooks.intern.example', '127.0.0.1', hosts)).toBe(false);
    expect(mayConnect('localhost', '127.0.0.1', [])).toBe(true);
    expect(mayConnect('hooks.example.com', '203.0.113.7', [])).toBe(true);
    expect(mayConnect('hooks.example.com', '2001:db8::7', [])).toBe(true);
  });

  it('is refused in its IPv6 spelling wherever it is refused in its own', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), (octets) => {
        const address = octets.join('.');
        expect(mayConnect('a.example', `::ffff:${address}`, [])).toBe(mayConnect('a.example', address, []));
      }),
    );
  });
});

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
