// What libraries that we did not write make of our log and our witness: Go's own for signed notes, tiles and proofs, and
// transparency-dev's for cosignatures. One service with two witnesses: one made of those libraries, and ours.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { verifyAudit } from '../../cli/audit-verify.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { ServiceStage } from '../support/service-stage.ts';
import { setTable } from '../support/service-table.ts';

/** Go compiles some libraries at first, on a machine that may be busy. */
const TIMEOUT_MS = 600_000;

const run = promisify(execFile);
const cli = new URL('../../cli/main.ts', import.meta.url);
const origin = 'clean-room.example/log';
const name = 'witness.example/ours';

let folder: string;
let stock: string;
let stage: ServiceStage;
let ours: ServiceProcess;
let theirs: ServiceProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'galley-stock-'));
  stock = await build(folder);
  stage = await ServiceStage.open({ log: { origin } });
  await setTable(stage);
  const { verifierKey } = await stage.as('auditor').audit.checkpoint();
  const state = join(folder, 'witness');
  ours = await ServiceProcess.start(
    cli,
    ['witness', '--state', state, '--name', name, '--listen', '127.0.0.1:0', '--log', `${origin}=${verifierKey}`],
    join(folder, 'ours.log'),
  );
  const key = await inStock('keys', 'witness.example/theirs');
  // The program is no JavaScript: the prefix runs it, and what comes behind is nothing to it.
  theirs = await ServiceProcess.start(cli, [], join(folder, 'theirs.log'), [
    stock,
    'witness',
    String(key.private),
    String(key.public),
    verifierKey,
  ]);
  await stage.end('SIGTERM');
  const witnesses = [ours, theirs].map((one) => ({
    url: `http://${one.address()}`,
    verifierKey: one.ready.verifierKey,
  }));
  await stage.start({ log: { origin, witnesses, witnessIntervalMs: 500 } });
}, TIMEOUT_MS);

afterAll(async () => {
  await ours?.end('SIGTERM');
  await theirs?.end('SIGKILL');
  await stage?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** Compiles the program of their libraries; the Go that does so is the one that the task for tests has prepared. */
async function build(into: string): Promise<string> {
  const python = process.env.GALLEY_PEERS_PYTHON;
  if (python === undefined) throw new Error('set GALLEY_PEERS_PYTHON, or run `npm run verify:log`');
  const go = join(dirname(python), 'go');
  if (!existsSync(go)) throw new Error('the test peers have no Go; run `npm run verify:log`');
  const program = join(into, 'stock-log');
  const cwd = new URL('./stock-log', import.meta.url).pathname;
  const env = { ...process.env, GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
  await run(go, ['build', '-o', program, '.'], { cwd, env });
  return program;
}

async function inStock(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await run(stock, [...args], { env: { ...process.env } });
  return JSON.parse(stdout) as Record<string, unknown>;
}

const keysOfWitnesses = () => [ours, theirs].map(({ ready }) => ready.verifierKey ?? '');

describe('the log of a service with two witnesses', () => {
  it('is cosigned by both in the background, and says so to an auditor', { timeout: TIMEOUT_MS }, async () => {
    const witnesses = { keys: keysOfWitnesses(), quorum: 2 };
    const { verified } = await vi.waitFor(
      async () => ({ verified: await verifyAudit(stage.as('auditor'), { seenCheckpoints: [], witnesses }) }),
      { timeout: 60_000, interval: 500 },
    );
    expect(verified.witnessed?.cosignatures.map(({ witness }) => witness).toSorted()).toEqual([
      name,
      'witness.example/theirs',
    ]);
    // Reading the log has made it grow: what follows is still to be cosigned.
    expect(verified.witnessed?.treeSize).toBeLessThanOrEqual(verified.treeSize);
  });

  it('is read by stock libraries from its files: notes, tiles, inclusion, consistency', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const { verifierKey } = await stage.as('auditor').audit.checkpoint();
    const directory = join(stage.dataDirectory, 'log');
    const told = await vi.waitFor(
      async () => {
        const read = await inStock('verify', directory, verifierKey, ...keysOfWitnesses());
        // The newest checkpoint itself carries the cosignatures once the log rests.
        expect(read.signedBy).toHaveLength(3);
        return read;
      },
      { timeout: 60_000, interval: 500 },
    );
    expect(told).toMatchObject({ origin, signedBy: [origin, name, 'witness.example/theirs'] });
    expect(told.records).toBe(told.size);
    expect(told.inclusions).toBe(told.size);
    expect(Number(told.prefixes)).toBeGreaterThan(3);
    const other = String((await inStock('keys', origin)).public);
    await expect(inStock('verify', directory, other)).rejects.toThrow();
  });
});

describe('our witness', () => {
  it('cosigns a log of stock libraries, which verify what it answers', { timeout: TIMEOUT_MS }, async () => {
    const key = await inStock('keys', 'other.example/log');
    const witness = await ServiceProcess.start(
      cli,
      [
        'witness',
        ...['--state', join(folder, 'other'), '--name', name],
        ...['--listen', '127.0.0.1:0', '--log', String(key.public)],
      ],
      join(folder, 'other.log'),
    );
    const env = { ...process.env, LOG_KEY: String(key.private), LOG_PUBLIC_KEY: String(key.public) };
    const address = `http://${witness.address()}`;
    const { stdout } = await run(stock, ['submit', address, 'other.example/log', witness.ready.verifierKey ?? ''], {
      env,
    });
    expect(JSON.parse(stdout)).toEqual({ sizes: [5, 5, 64, 700], conflict: 409, held: '700\n' });
    await witness.end('SIGTERM');
  });
});
