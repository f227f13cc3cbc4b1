// The root key wrapped by a key service that we did not write: a server that speaks the protocol of AWS KMS, with callers
// whose rights it checks.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceStage } from '../support/service-stage.ts';

const REGION = 'eu-central-1';
const START_MS = 60_000;
const LONG_MS = 300_000;
const RETRY_MS = 100;
/** This server denies with a bare status; the one it stands for says `AccessDeniedException`. */
const DENIED = /`(HTTP 403|AccessDeniedException)`\): permit this service to Encrypt and Decrypt/;
const serverMain = new URL('../../api/main.ts', import.meta.url).pathname;

interface Caller {
  readonly id: string;
  readonly secret: string;
}

interface Made {
  readonly keys: Readonly<Record<'first' | 'second', string>>;
  readonly callers: Readonly<Record<'service' | 'wrapsOnly' | 'nobody', Caller>>;
}

let keyService: ChildProcess;
let endpoint: string;
let made: Made;
let stage: ServiceStage;

beforeAll(async () => {
  endpoint = `http://127.0.0.1:${await freePort()}`;
  keyService = await startKeyService(endpoint);
  be({ id: 'owner', secret: 'owner' });
  const script = new URL('./kms_keys.py', import.meta.url).pathname;
  made = JSON.parse((await promisify(execFile)(pythonOfPeers(), [script, endpoint, REGION])).stdout) as Made;
  // From now on the key service asks who calls, and whether he may.
  await fetch(`${endpoint}/moto-api/reset-auth`, { method: 'POST', body: '0' });
  be(made.callers.service);
  stage = await ServiceStage.open({ keys: { master: masterOf('first') } });
  await stage.end('SIGTERM');
}, LONG_MS);

afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
  keyService?.kill('SIGKILL');
});

const masterOf = (key: keyof Made['keys'], address = endpoint) => {
  return { kind: 'kms', keyId: made.keys[key], region: REGION, endpoint: address };
};

/** Calls the key service from now on in somebody's name. */
function be({ id, secret }: Caller): void {
  process.env.AWS_ACCESS_KEY_ID = id;
  process.env.AWS_SECRET_ACCESS_KEY = secret;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}

/** The interpreter that the task for tests has prepared. */
function pythonOfPeers(): string {
  const python = process.env.GALLEY_PEERS_PYTHON;
  if (python === undefined) throw new Error('set GALLEY_PEERS_PYTHON, or run `npm test -- test/outside`');
  return python;
}

async function startKeyService(address: string): Promise<ChildProcess> {
  const { hostname, port } = new URL(address);
  const args = ['-m', 'moto.server', '-H', hostname, '-p', port];
  const child = spawn(pythonOfPeers(), args, { stdio: 'ignore' });
  process.once('exit', () => child.kill('SIGKILL'));
  for (const deadline = Date.now() + START_MS; Date.now() < deadline; await sleep(RETRY_MS)) {
    if (await fetch(`${address}/moto-api/`).catch(() => undefined)) return child;
  }
  throw new Error('the key service did not start');
}

/** Runs `galley-server keys` over the stage's data directory. */
async function keys(args: readonly string[], master: object): Promise<{ status: number; out: string; error: string }> {
  const env: NodeJS.ProcessEnv = { ...process.env };
  const variables: Readonly<Record<string, string>> = {
    kind: 'KIND',
    keyId: 'KEY_ID',
    region: 'REGION',
    endpoint: 'ENDPOINT',
    file: 'FILE',
  };
  for (const [field, value] of Object.entries(master)) env[`GALLEY_KEYS_MASTER_${variables[field]}`] = String(value);
  const child = spawn(process.execPath, [serverMain, 'keys', ...args, '--data', stage.dataDirectory], { env });
  let out = '';
  let error = '';
  child.stdout.on('data', (text) => (out += String(text)));
  child.stderr.on('data', (text) => (error += String(text)));
  const [status] = (await once(child, 'close')) as [number];
  return { status, out, error };
}

/** The refusal of a command, one sentence in which no text of the key service is quoted. */
async function refusal(master: object): Promise<string> {
  const { status, error } = await keys(['status'], master);
  expect({ status, lines: error.trim().split('\n').length }).toEqual({ status: 1, lines: 1 });
  return error;
}

const statusUnder = async (master: object) => JSON.parse((await keys(['status', '--json'], master)).out) as object;

// Each step is a program of its own, which takes seconds to start on a busy machine.
describe('a root key in a key service', { timeout: LONG_MS }, () => {
  it('is not on the disk, and opens with the key service only', async () => {
    expect(await statusUnder(masterOf('first'))).toMatchObject({ master: { name: `kms:${made.keys.first}` } });
    expect(readFileSync(join(stage.dataDirectory, 'keys', 'root.wrapped'), 'utf8')).toContain(made.keys.first);
    expect(() => readFileSync(join(stage.dataDirectory, 'keys', 'master.key'))).toThrow(/ENOENT/);
    expect(await refusal({ kind: 'file' })).toMatch(/master.key` is missing/);
  });

  it('is wrapped with another key of the service, with a file, and back, and nothing else changes', async () => {
    const before = await statusUnder(masterOf('first'));
    const at = ['--region', REGION, '--endpoint', endpoint];
    const second = await keys(['rotate-master', '--to', `kms:${made.keys.second}`, ...at], masterOf('first'));
    expect(second).toMatchObject({ status: 0, error: '' });
    expect(await refusal(masterOf('first'))).toMatch(
      /`(IncorrectKey|InvalidCiphertext|AccessDenied)Exception`.*was wrapped with `kms:/,
    );
    const file = join(stage.directory, 'mounted.key');
    expect((await keys(['rotate-master', '--to', `file:${file}`], masterOf('second'))).status).toBe(0);
    expect((await keys(['rotate-root'], { kind: 'file', file })).status).toBe(0);
    const back = await keys(['rotate-master', '--to', `kms:${made.keys.first}`, ...at], { kind: 'file', file });
    expect(back.status).toBe(0);
    expect(await statusUnder(masterOf('first'))).toEqual({ ...before, rootVersions: [2] });
  });

  it('is not opened for whom the key service denies, and who may wrap but not unwrap cannot lock himself out', async () => {
    be(made.callers.nobody);
    expect(await refusal(masterOf('first'))).toMatch(DENIED);
    be(made.callers.wrapsOnly);
    expect(await refusal(masterOf('first'))).toMatch(DENIED);
    const file = join(stage.directory, 'between.key');
    be(made.callers.service);
    await keys(['rotate-master', '--to', `file:${file}`], masterOf('first'));
    be(made.callers.wrapsOnly);
    const at = ['--region', REGION, '--endpoint', endpoint];
    const locked = await keys(['rotate-master', '--to', `kms:${made.keys.first}`, ...at], { kind: 'file', file });
    expect(locked).toMatchObject({ status: 1, error: expect.stringMatching(DENIED) });
    be(made.callers.service);
    await keys(['rotate-master', '--to', `kms:${made.keys.first}`, ...at], { kind: 'file', file });
    expect(await statusUnder(masterOf('first'))).toMatchObject({ master: { name: `kms:${made.keys.first}` } });
  });

  // A disabled key is not tried here: this key service lets it wrap, where the one it stands for refuses.
  it('says what is wrong when the key is unknown, or the service is out of reach', async () => {
    const at = ['--region', REGION, '--endpoint', endpoint];
    const changedTo = (key: string) => keys(['rotate-master', '--to', `kms:${key}`, ...at], masterOf('first'));
    expect((await changedTo('no-such-key')).error).toMatch(/`NotFoundException`\): check `keys/);
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    expect(await refusal(masterOf('first', nowhere))).toMatch(/the key service cannot be reached; check `keys.master/);
  });

  it('starts the service, and keeps it from starting when it is out of reach', async () => {
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    await expect(stage.start({ keys: { master: masterOf('first', nowhere) } })).rejects.toThrow(/cannot be reached/);
    await stage.start({ keys: { master: masterOf('first') } });
    expect(stage.service.isAlive).toBe(true);
    await stage.end('SIGTERM');
  });
});
