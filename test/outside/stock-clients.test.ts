// What a client that we did not write can do with Galley: Python's grpcio and pyarrow, over TLS, with a token and with
// the contract as the service itself tells it.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GalleyClient } from '../../cli/client/index.ts';
import { readReleaseRows } from '../../cli/render/index.ts';
import { makeTestCertificates, type TestCertificates } from '../fixtures/tls/test-certificates.ts';
import { armsSql, chargesOf, type Row } from '../support/service-questions.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable, type Table } from '../support/service-table.ts';

const EPSILON = 1;

let stage: ServiceStage;
let table: Table;
let certificates: TestCertificates;
let others: TestCertificates;

beforeAll(async () => {
  stage = await ServiceStage.open();
  certificates = await makeTestCertificates(join(stage.directory, 'tls'));
  others = await makeTestCertificates(join(stage.directory, 'other-tls'));
  table = await setTable(stage);
});

afterAll(() => stage[Symbol.asyncDispose]());

/** Listens with TLS from now on. */
async function startWithTls(fields: { clientCaFile?: string } = {}): Promise<void> {
  await stage.end('SIGTERM');
  const { serverCertFile: certFile, serverKeyFile: keyFile } = certificates;
  await stage.start({ tls: { certFile, keyFile, ...fields } });
}

/** Runs the Python client; its interpreter is the one that the task for tests has prepared. */
async function askInPython(caFile: string): Promise<Record<string, unknown>> {
  const python = process.env.GALLEY_PEERS_PYTHON;
  if (python === undefined) throw new Error('set GALLEY_PEERS_PYTHON, or run `npm test -- test/outside`');
  const script = new URL('./ask.py', import.meta.url).pathname;
  const token = await stage.token('brand');
  const args = [stage.service.address(), caFile, token, table.collaborationId, armsSql, String(EPSILON)];
  const { stdout } = await promisify(execFile)(python, [script, ...args]);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('a stock gRPC client and a stock Arrow reader', () => {
  it('ask over TLS what our own client asks, and read the same answer', async () => {
    await startWithTls();
    const told = await askInPython(certificates.caFile);
    expect(told).toMatchObject({ connected: true, health: 'SERVING', withoutToken: 'UNAUTHENTICATED' });
    expect(told.services).toEqual(
      expect.arrayContaining(
        ['Audience', 'Audit', 'Collaboration', 'Dataset', 'Query'].map((name) => `galley.v1.${name}Service`),
      ),
    );
    expect(told.types).toMatchObject({ arm: 'string', persons: 'int64', spend: 'double' });

    const options = { server: stage.service.address(), token: await stage.token('brand'), ca: certificates.caFile };
    using client = new GalleyClient(options);
    const { rows } = readReleaseRows(await client.queries.readRelease(String(told.query)));
    expect(told.rows).toEqual(rows as Row[]);
    expect(rows).toHaveLength(3);
    expect(told.charged).toBeGreaterThan(0);
  });

  it('do not trust a service whose certificate another authority signed', async () => {
    await startWithTls();
    expect(await askInPython(others.caFile)).toEqual({ connected: false });
  });

  it('are not let in without a certificate where mutual TLS is asked for, and our client is with one', async () => {
    await startWithTls({ clientCaFile: certificates.caFile });
    expect(await askInPython(certificates.caFile)).toEqual({ connected: false });
    const { caFile: ca, clientCertFile: cert, clientKeyFile: key } = certificates;
    const options = { server: stage.service.address(), token: await stage.token('brand'), ca, cert, key };
    using client = new GalleyClient(options);
    expect((await client.collaborations.get(table.collaborationId)).collaborationId).toBe(table.collaborationId);
  });

  it('left no more than their one charge', async () => {
    await stage.end('SIGTERM');
    await stage.start();
    const charges = await chargesOf(stage, 'brand', table.collaborationId);
    expect(new Set(Object.values(charges)).size).toBe(1);
  });
});
