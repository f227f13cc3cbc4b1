import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from './index.ts';

async function fileOf(text: string): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'galley-config-')), 'galley.json');
  await writeFile(file, text);
  return file;
}

const tls = { certFile: 'server.pem', keyFile: 'server.key' };
const external = {
  kind: 'external',
  issuer: 'https://id.example',
  audience: 'galley',
  jwks: 'https://id.example/keys',
  algorithms: ['ES256'],
};

async function refusedField(overrides: object, env = {}): Promise<string> {
  const refusal = await readConfig(undefined, env, overrides as never).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ name: 'ConfigRefused', message: expect.stringMatching(/^[^A-Z].*[^.]$/) });
  return (refusal as { field: string }).field;
}

describe('configuration', () => {
  it('needs nothing: loopback, the embedded issuer, a directory beside', async () => {
    const config = await readConfig(undefined, {});
    expect(config).toMatchObject({
      dataDirectory: resolve('.galley'),
      listenAddress: '127.0.0.1:7443',
      tls: null,
      issuer: { kind: 'local' },
    });
  });

  it('lets the environment go over the file, and the command line over both', async () => {
    const file = await fileOf(JSON.stringify({ listenAddress: '127.0.0.1:1', limits: { callsPerSecond: 1 } }));
    const env = { GALLEY_LISTEN_ADDRESS: '127.0.0.1:2', GALLEY_LIMITS_CALLS_PER_SECOND: '2' };
    const config = await readConfig(file, env, { listenAddress: '127.0.0.1:3' });
    expect(config.listenAddress).toBe('127.0.0.1:3');
    expect(config.limits.callsPerSecond).toBe(2);
  });

  it('reads paths of the file as beside the file, and others as beside the caller', async () => {
    const file = await fileOf(JSON.stringify({ dataDirectory: 'kept', tls }));
    const config = await readConfig(file, { GALLEY_TLS_KEY_FILE: 'other.key' });
    expect(config.dataDirectory).toBe(join(file, '..', 'kept'));
    expect(config.tls).toEqual({ certFile: join(file, '..', 'server.pem'), keyFile: resolve('other.key') });
  });

  it('names the log, and refuses a name that no checkpoint can carry', async () => {
    expect((await readConfig(undefined, {})).log).toMatchObject({ origin: 'galley/log' });
    const named = await readConfig(undefined, { GALLEY_LOG_ORIGIN: 'clean-room.example/log' });
    expect(named.log.origin).toBe('clean-room.example/log');
    for (const origin of ['', 'a b', 'a+b', 'a\nb', 7, 'x'.repeat(256)]) {
      expect(await refusedField({ log: { origin } })).toBe('log.origin');
    }
    expect(await refusedField({ log: { name: 'x' } })).toBe('log.name');
  });

  it('refuses to listen without TLS where other machines can connect', async () => {
    for (const listenAddress of ['0.0.0.0:7443', '[::]:7443', '192.168.1.4:7443', 'galley.example:7443']) {
      expect(await refusedField({ listenAddress })).toBe('tls');
      await expect(readConfig(undefined, {}, { listenAddress, tls })).resolves.toMatchObject({ listenAddress });
    }
  });

  it('listens without TLS on every loopback address', async () => {
    for (const listenAddress of ['127.0.0.1:0', '127.1.2.3:1', '[::1]:1', 'localhost:65535']) {
      await expect(readConfig(undefined, {}, { listenAddress })).resolves.toMatchObject({ tls: null });
    }
  });

  it('refuses an address that is none', async () => {
    for (const listenAddress of ['7443', 'localhost', 'localhost:70000', '127.0.0.1:x', '::1:7443', '']) {
      expect(await refusedField({ listenAddress })).toBe('listenAddress');
    }
  });

  it('refuses a misspelt field, so that it cannot silently turn a protection off', async () => {
    expect(await refusedField({ tls: { ...tls, clientCAFile: 'ca.pem' } })).toBe('tls.clientCAFile');
    expect(await refusedField({ limit: {} })).toBe('limit');
    await expect(readConfig(undefined, { GALLEY_TLS_CLIENT_CAFILE: 'x' })).rejects.toMatchObject({
      message: 'the environment variable `GALLEY_TLS_CLIENT_CAFILE` is not known',
    });
  });

  it('refuses half a TLS configuration', async () => {
    expect(await refusedField({ tls: { certFile: 'a' } })).toBe('tls.keyFile');
  });

  it('takes a real issuer by address or by file', async () => {
    await expect(readConfig(undefined, {}, { issuer: external })).resolves.toMatchObject({ issuer: external });
    const config = await readConfig(undefined, {}, { issuer: { ...external, jwks: 'keys.json' } });
    expect(config.issuer).toMatchObject({ jwks: resolve('keys.json') });
  });

  it('refuses an issuer that a forger could stand in for', async () => {
    expect(await refusedField({ issuer: { ...external, algorithms: ['HS256'] } })).toBe('issuer.algorithms');
    expect(await refusedField({ issuer: { ...external, algorithms: ['none'] } })).toBe('issuer.algorithms');
    expect(await refusedField({ issuer: { ...external, algorithms: [] } })).toBe('issuer.algorithms');
    expect(await refusedField({ issuer: { ...external, jwks: 'http://id.example/keys' } })).toBe('issuer.jwks');
    expect(await refusedField({ issuer: { ...external, audience: undefined } })).toBe('issuer.audience');
    expect(await refusedField({ issuer: { ...external, kind: 'local' } })).toBe('issuer.issuer');
  });

  it('refuses a limit out of bounds', async () => {
    for (const callsPerSecond of [0, -1, 1.5, 1e9, 'many']) {
      expect(await refusedField({ limits: { callsPerSecond } })).toBe('limits.callsPerSecond');
    }
  });

  it('reserves uids for workers where nobody else lives, or where it is told', async () => {
    await expect(readConfig(undefined, {})).resolves.toMatchObject({
      wall: { workerUsers: { first: 60_608, last: 61_119 }, developmentWithoutBubblewrap: false },
    });
    const env = { GALLEY_WALL_WORKER_USERS_FIRST: '30000', GALLEY_WALL_WORKER_USERS_LAST: '30063' };
    await expect(readConfig(undefined, env)).resolves.toMatchObject({
      wall: { workerUsers: { first: 30_000, last: 30_063 } },
    });
  });

  it('copies the worker where it is told, beside the file', async () => {
    const file = await fileOf(JSON.stringify({ wall: { runtimeDirectory: 'staged' } }));
    await expect(readConfig(file, {})).resolves.toMatchObject({
      wall: { runtimeDirectory: join(file, '..', 'staged') },
    });
    await expect(readConfig(undefined, {})).resolves.toMatchObject({ wall: { runtimeDirectory: null } });
  });

  it('refuses uids for workers that are root, nobody, or too few', async () => {
    const field = (first: unknown, last: unknown) => refusedField({ wall: { workerUsers: { first, last } } });
    expect(await field(0, 100)).toBe('wall.workerUsers.first');
    expect(await field(65_500, 65_533)).toBe('wall.workerUsers.first');
    expect(await field(65_000, 65_534)).toBe('wall.workerUsers.last');
    expect(await field(30_000, 30_062)).toBe('wall.workerUsers.last');
    expect(await field(30_000, undefined)).toBe('wall.workerUsers.last');
  });

  it('opens the development wall only when told in the file or on the command line, never by a variable', async () => {
    const wall = { developmentWithoutBubblewrap: true };
    await expect(readConfig(undefined, {}, { wall })).resolves.toMatchObject({ wall });
    expect(await refusedField({ wall: { developmentWithoutBubblewrap: 'yes' } })).toBe(
      'wall.developmentWithoutBubblewrap',
    );
    await expect(readConfig(undefined, { GALLEY_WALL_DEVELOPMENT_WITHOUT_BUBBLEWRAP: 'true' })).rejects.toThrow(
      'is not known',
    );
  });

  it('says that a file is missing or no JSON, without quoting it', async () => {
    await expect(readConfig('/nowhere/galley.json', {})).rejects.toThrow(/cannot be read/);
    const broken = readConfig(await fileOf('{"issuer": swordfish}'), {});
    await expect(broken).rejects.toThrow(/is not JSON/);
    await expect(broken).rejects.not.toThrow(/swordfish/);
    await expect(readConfig(await fileOf('[]'), {})).rejects.toThrow(/one JSON object/);
  });
});
