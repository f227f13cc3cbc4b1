import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { strategy } from '../../proto/index.ts';
import { makeTestCertificates } from '../../test/fixtures/tls/test-certificates.ts';
import { DestinationFailed } from './destination-failed.ts';
import type { DestinationRow } from './destination-record.ts';
import { openEngineSender } from './engine-sender.ts';

const directory = mkdtempSync(join(tmpdir(), 'galley-engine-'));
const ears: string[] = [];
const never = new AbortController().signal;
const withdrawalOf = (audienceId: string): strategy.Envelope => ({
  audienceId,
  version: 7n,
  part: { $case: 'withdrawal', value: { reason: 'revoked' } },
});
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
    deliver: ({ request: { envelope } }, callback) => {
      if (envelope?.audienceId === 'silence') return;
      if (envelope?.audienceId === 'refusal') {
        callback({ code: status.FAILED_PRECONDITION, details: secret });
        return;
      }
      ears.push(`${envelope?.audienceId} ${envelope?.version} ${envelope?.part?.$case}`);
      callback(null, { outcome: strategy.DeliveryOutcome.DONE, nextBatch: 3, receipt: 'pub-1' });
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
  ({ address, ca_certificate_pem: certificate }) satisfies Partial<DestinationRow>;

async function sendTo(destination: ReturnType<typeof at>, audienceId: string, signal = never) {
  const sender = await openEngineSender(destination, signal);
  try {
    return await sender.send(withdrawalOf(audienceId), signal);
  } finally {
    await sender.close();
  }
}

async function failureOf(work: Promise<unknown>): Promise<DestinationFailed> {
  const failure = await work.catch((cause: unknown) => cause);
  if (failure instanceof DestinationFailed) return failure;
  return expect.fail(`the engine did not fail: ${String(failure)}`);
}

describe('a strategy engine', () => {
  it.each(['127.0.0.1', 'localhost'])(
    'is reached at %s, known by its certificate, and sent everything',
    async (host) => {
      ears.length = 0;
      const answer = await sendTo(at(`${host}:${port}`), 'aud-1');
      expect(answer).toEqual({ outcome: strategy.DeliveryOutcome.DONE, nextBatch: 3, receipt: 'pub-1' });
      expect(ears).toEqual(['aud-1 7 withdrawal']);
    },
  );

  it('that is not whom its certificate names is sent nothing', async () => {
    const files = await makeTestCertificates(join(directory, 'other'));
    const other = readFileSync(files.caFile, 'utf8');
    ears.length = 0;
    expect(await failureOf(sendTo(at(`127.0.0.1:${port}`, other), 'aud-1'))).toMatchObject({
      reason: 'destination-unreachable',
    });
    expect(ears).toEqual([]);
  });

  // Sooner than a delivery may take: the limit of the test says so.
  it('that takes connections and says nothing is given up within seconds', { timeout: 30_000 }, async () => {
    const silent = createServer(() => {});
    const { promise, resolve } = Promise.withResolvers<void>();
    silent.listen(0, '127.0.0.1', resolve);
    await promise;
    const { port: silentPort } = silent.address() as { port: number };
    expect(await failureOf(sendTo(at(`127.0.0.1:${silentPort}`), 'aud-1'))).toMatchObject({
      reason: 'destination-unreachable',
    });
    silent.close();
  });

  it('that refuses is remembered by its status and not by its words', async () => {
    const failure = await failureOf(sendTo(at(`127.0.0.1:${port}`), 'refusal'));
    expect(failure).toMatchObject({ reason: 'destination-failed', status: 'FAILED_PRECONDITION' });
    expect(JSON.stringify(failure) + failure.message + failure.stack).not.toContain(secret);
  });

  it('that hangs is left at once when told to', async () => {
    const signal = AbortSignal.timeout(200);
    expect(await failureOf(sendTo(at(`127.0.0.1:${port}`), 'silence', signal))).toMatchObject({ status: 'CANCELLED' });
  });
});
