import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { strategy } from '../../proto/index.ts';
import { makeTestCertificates } from '../../test/fixtures/tls/test-certificates.ts';
import type { DestinationRow } from './destinations.ts';
import { EngineFailed, publish, withdraw, withEngine } from './strategy-engine-client.ts';

const directory = mkdtempSync(join(tmpdir(), 'galley-engine-'));
const ears: string[] = [];
const never = new AbortController().signal;
const header = { audienceId: 'aud-1', version: 1n, displayName: 'one', identifier: 'email', memberCount: 2n };
const secret = 'ana@example.com is in it';

let server: Server;
let port: number;
let ca: string;

beforeAll(async () => {
  const files = await makeTestCertificates(directory);
  ca = readFileSync(files.caFile, 'utf8');
  const pair = { private_key: readFileSync(files.serverKeyFile), cert_chain: readFileSync(files.serverCertFile) };
  server = new Server();
  server.addService(strategy.StrategyEngineServiceService, {
    publishAudience: (call, callback) => {
      call.on('data', ({ part }: strategy.PublishAudienceRequest) => ears.push(part?.$case ?? ''));
      call.once('end', () => callback(null, { receipt: 'pub-1' }));
    },
    revokeAudience: ({ request }, callback) => {
      if (request.audienceId === 'silence') return;
      callback({ code: status.FAILED_PRECONDITION, details: secret });
    },
  } satisfies strategy.StrategyEngineServiceServer);
  port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createSsl(null, [pair]), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
});

afterAll(() => {
  server.forceShutdown();
  rmSync(directory, { recursive: true });
});

const at = (address: string, certificate = ca) =>
  ({ address, ca_certificate_pem: certificate }) as unknown as DestinationRow;

async function failureOf(work: Promise<unknown>): Promise<EngineFailed> {
  const failure = await work.catch((cause: unknown) => cause);
  if (failure instanceof EngineFailed) return failure;
  return expect.fail(`the engine did not fail: ${String(failure)}`);
}

describe('a strategy engine', () => {
  it.each(['127.0.0.1', 'localhost'])(
    'is reached at %s, known by its certificate, and sent everything',
    async (host) => {
      ears.length = 0;
      const receipt = await withEngine(at(`${host}:${port}`), never, (engine) =>
        publish(engine, header, [['a', 'b']], never),
      );
      expect(receipt).toBe('pub-1');
      expect(ears).toEqual(['header', 'batch']);
    },
  );

  it('that is not whom its certificate names is sent nothing', async () => {
    const files = await makeTestCertificates(join(directory, 'other'));
    const other = readFileSync(files.caFile, 'utf8');
    ears.length = 0;
    const work = withEngine(at(`127.0.0.1:${port}`, other), never, (engine) => publish(engine, header, [], never));
    expect(await failureOf(work)).toMatchObject({ reason: 'destination-unreachable' });
    expect(ears).toEqual([]);
  });

  it('that takes connections and says nothing is given up within seconds', async () => {
    const silent = createServer(() => {});
    const { promise, resolve } = Promise.withResolvers<void>();
    silent.listen(0, '127.0.0.1', resolve);
    await promise;
    const { port: silentPort } = silent.address() as { port: number };
    const beganMs = Date.now();
    const work = withEngine(at(`127.0.0.1:${silentPort}`), never, async () => expect.fail('it was reached'));
    expect(await failureOf(work)).toMatchObject({ reason: 'destination-unreachable' });
    expect(Date.now() - beganMs).toBeLessThan(10_000);
    silent.close();
  });

  it('that refuses is remembered by its status and not by its words', async () => {
    const work = withEngine(at(`127.0.0.1:${port}`), never, (engine) => withdraw(engine, header, never));
    const failure = await failureOf(work);
    expect(failure).toMatchObject({ reason: 'destination-failed', status: 'FAILED_PRECONDITION' });
    expect(JSON.stringify(failure) + failure.message + failure.stack).not.toContain(secret);
  });

  it('that hangs is left at once when told to', async () => {
    const signal = AbortSignal.timeout(200);
    const identity = { audienceId: 'silence', version: 2n };
    const work = withEngine(at(`127.0.0.1:${port}`), signal, (engine) => withdraw(engine, identity, signal));
    expect(await failureOf(work)).toMatchObject({ status: 'CANCELLED' });
  });
});
