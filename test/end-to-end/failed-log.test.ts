// The disk of the log fails under a running service: it must say so to whoever asks for its health, answer nothing that it
// cannot log, and find everything that it has acknowledged after a fresh start.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js';
import { service as healthDefinition } from 'grpc-health-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { entriesOf, verifyLogOf } from '../support/service-questions.ts';
import { expectRefused } from '../support/service-refusal.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { agree } from '../support/service-table.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

/** Room for what the service tells its operator of the failures to come. */
const OPERATOR_LOG_BYTES = 16_384;
/** Each leaves an entry of some hundred bytes. */
const READS_COUNT = 100;

let stage: ServiceStage;

beforeAll(async () => {
  stage = await ServiceStage.open();
});

afterAll(() => stage[Symbol.asyncDispose]());

type HealthClient = {
  readonly check: (request: object, done: (error: unknown, answer: { status: string }) => void) => void;
  readonly close: () => void;
};

async function healthOf(service: string): Promise<string> {
  const make = makeGenericClientConstructor(healthDefinition, 'Health');
  const client = new make(stage.service.address(), credentials.createInsecure()) as unknown as HealthClient;
  const status = await new Promise<string>((resolve) => client.check({ service }, (_, { status }) => resolve(status)));
  client.close();
  return status;
}

it('a service whose log cannot be written says that it is unfit, does nothing more, and is whole after a start', async () => {
  await agree(stage);
  for (let turn = 0; turn < READS_COUNT; turn += 1) await entriesOf(stage, 'service-stopped');
  const before = (await entriesOf(stage)).length;
  const { checkpoint } = await stage.as('auditor').audit.checkpoint();
  expect(await healthOf('galley.v1.QueryService')).toBe('SERVING');
  // From here on the system lets no file of it grow past what the journal of the log has: its next entry fails, while
  // the operator's log, which is shorter, goes on.
  const limit = statSync(join(stage.dataDirectory, 'log', 'journal')).size;
  expect(limit).toBeGreaterThan(stage.operatorLog().length + OPERATOR_LOG_BYTES);
  execFileSync('prlimit', ['--pid', String(stage.service.pid), `--fsize=${limit}`]);
  await expectRefused(agree(stage), 'INTERNAL');
  await vi.waitFor(async () => expect(await healthOf('')).toBe('NOT_SERVING'), { timeout: 45_000, interval: 200 });
  expect(await healthOf('galley.v1.QueryService')).toBe('NOT_SERVING');
  await expectRefused(entriesOf(stage), 'INTERNAL');
  await stage.end('SIGKILL');
  await stage.start();
  expect(await healthOf('')).toBe('SERVING');
  const kinds = (await entriesOf(stage)).map(({ kind }) => kind);
  expect(kinds.slice(before).filter((kind) => kind === 'collaboration-created')).toEqual([]);
  expect(kinds.filter((kind) => kind === 'collaboration-created')).toHaveLength(1);
  await verifyLogOf(stage, [checkpoint]);
});
