import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MasterConfig } from '../config/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { type Keyring, openVault, readFileNames, type Vault } from '../vault/index.ts';
import {
  KeysRefused,
  nextVersion,
  openDataKeys,
  openMasterKey,
  readKeyStatus,
  rotateDatasetKey,
  rotateRootKey,
} from './index.ts';

const serverMain = new URL('../main.ts', import.meta.url).pathname;
const HEADER_BYTES = 8_192;
const FILES_COUNT = 150;
const fileMaster: MasterConfig = { kind: 'file', file: null };

let dataDirectory: string;
let keyring: Keyring;
let vault: Vault;
const stores: Store[] = [];

async function openKeys(master: MasterConfig = fileMaster): Promise<Keyring> {
  const store = await openStore(dataDirectory);
  stores.push(store);
  return await openDataKeys({ dataDirectory, keys: { master } }, store);
}

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'galley-keys-'));
  keyring = await openKeys();
  vault = openVault(keyring);
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

const placeOf = (name: string, dataset?: string) => ({
  path: join(dataDirectory, 'parts', dataset ?? 'none', `${name}.sealed`),
  fileId: `${dataset ?? 'none'}/${name}`,
  ...(dataset === undefined ? {} : { dataset }),
});

async function sealFile(name: string, dataset?: string): Promise<void> {
  const writer = await vault.createFile(placeOf(name, dataset));
  await writer.write(Buffer.from(`the rows of ${name}`));
  await writer.finish();
}

async function expectOpens(by: Keyring, name: string, dataset?: string): Promise<void> {
  const reader = await openVault(by).openFile(placeOf(name, dataset));
  const plain = Buffer.concat(await Array.fromAsync(reader.chunks()));
  await reader.close();
  expect(plain.toString()).toBe(`the rows of ${name}`);
}

/** All that must be the same before and after keys were changed. */
async function expectUnchanged(by: Keyring): Promise<void> {
  await expectOpens(by, 'a', 'ds-1');
  await expectOpens(by, 'b', 'ds-2');
  await expectOpens(by, 'c');
  expect(openVault(by).deriveKey('pseudonym/x').equals(vault.deriveKey('pseudonym/x'))).toBe(true);
  const place = { label: 'question-sql', id: 'q' };
  expect(Buffer.from(openVault(by).openBytes(place, vault.sealBytes(place, Buffer.from('select')))).toString()).toBe(
    'select',
  );
}

beforeEach(async () => {
  await sealFile('a', 'ds-1');
  await sealFile('b', 'ds-2');
  await sealFile('c');
});

describe('a rotation of the root key', () => {
  it('wraps every key anew, and changes neither files nor derived keys', async () => {
    const before = await readFile(placeOf('a', 'ds-1').path);
    await rotateRootKey(keyring);
    await expectUnchanged(keyring);
    await expectUnchanged(await openKeys());
    expect((await readFile(placeOf('a', 'ds-1').path)).equals(before)).toBe(true);
    expect(keyring.rootVersions).toEqual([2]);
    expect((await keyring.list()).map((key) => key.rootVersion)).toEqual([2, 2, 2]);
  });

  it('that was cut off leaves everything open, and is finished by the next one', async () => {
    await keyring.beginRoot();
    const started = await openKeys();
    await expectUnchanged(started);
    await (await openVault(started).createFile(placeOf('d', 'ds-3'))).abandon();
    expect(started.rootVersions).toEqual([1, 2]);
    await rotateRootKey(started);
    expect(started.rootVersions).toEqual([2]);
    await expectUnchanged(await openKeys());
  });

  it('leaves the old root key of no use for what is kept', async () => {
    const old = await readFile(join(dataDirectory, 'keys', 'root.wrapped'));
    await rotateRootKey(keyring);
    await writeFile(join(dataDirectory, 'keys', 'root.wrapped'), old);
    const stale = await openKeys();
    await expect(openVault(stale).openFile(placeOf('a', 'ds-1'))).rejects.toThrow(/broken/);
  });
});

describe('a change of the master key', () => {
  const variable = 'GALLEY_TEST_MASTER';
  const environment: MasterConfig = { kind: 'environment', variable };

  afterEach(() => {
    delete process.env[variable];
  });

  it('goes from a file to a variable and back, and the old one opens nothing any more', async () => {
    process.env[variable] = randomBytes(32).toString('base64');
    await keyring.changeMaster(await openMasterKey({ dataDirectory, master: environment }, false));
    await expectUnchanged(await openKeys(environment));
    await expect(openKeys()).rejects.toThrow(/is not the master key.*wrapped with `environment:GALLEY_TEST_MASTER`/);
    const elsewhere: MasterConfig = { kind: 'file', file: join(dataDirectory, 'mounted', 'master.key') };
    await keyring.changeMaster(await openMasterKey({ dataDirectory, master: elsewhere }, true));
    await expectUnchanged(await openKeys(elsewhere));
    expect((await stat(elsewhere.file ?? '')).mode & 0o777).toBe(0o600);
  });

  it('is refused when the variable is missing, or not base64 of 32 bytes, and its value is never told', async () => {
    await expect(openKeys(environment)).rejects.toThrow(/`GALLEY_TEST_MASTER` is not set/);
    for (const wrong of ['swordfish', randomBytes(31).toString('base64'), randomBytes(33).toString('base64')]) {
      process.env[variable] = wrong;
      const refusal = await openKeys(environment).catch((error: unknown) => error as Error);
      expect(refusal).toMatchObject({ name: 'MasterKeyRefused', message: expect.stringMatching(/not base64 of 32/) });
      expect((refusal as Error).message).not.toContain(wrong);
    }
    process.env[variable] = randomBytes(32).toString('base64');
    await expect(openKeys(environment)).rejects.toThrow(/wrapped with `file:/);
  });

  it('is refused for a file that others can read', async () => {
    await chmod(join(dataDirectory, 'keys', 'master.key'), 0o644);
    await expect(openKeys()).rejects.toThrow(/0600/);
  });

  it('changes nothing when the new one does not give back what it wrapped', async () => {
    const liar = {
      name: 'kms:liar',
      fingerprint: 'x',
      wrap: async (b: Uint8Array) => b,
      unwrap: async () => new Uint8Array(32),
    };
    await expect(keyring.changeMaster(liar)).rejects.toThrow(/does not give back/);
    await expectUnchanged(await openKeys());
  });
});

describe("a rotation of a dataset's key", () => {
  it('writes headers and no data, and destroys the old key', async () => {
    const path = placeOf('a', 'ds-1').path;
    const before = await readFile(path);
    const { version, fileCount, brokenFiles } = await rotateDatasetKey({ keyring, dataDirectory }, 'ds-1');
    expect({ version, fileCount, brokenFiles }).toEqual({ version: 2, fileCount: 1, brokenFiles: [] });
    const after = await readFile(path);
    expect(after.subarray(HEADER_BYTES).equals(before.subarray(HEADER_BYTES))).toBe(true);
    expect(after.subarray(0, HEADER_BYTES).equals(before.subarray(0, HEADER_BYTES))).toBe(false);
    expect((await keyring.list('ds-1')).map((key) => key.version)).toEqual([2]);
    await expectUnchanged(await openKeys());
    await writeFile(path, before);
    await expect(vault.openFile(placeOf('a', 'ds-1'))).rejects.toThrow(/broken at its header/);
  });

  it('keeps the old key while a file could not be opened, and names it', async () => {
    const path = placeOf('a', 'ds-1').path;
    const whole = await readFile(path);
    const altered = Buffer.from(whole);
    altered[100] = (altered[100] ?? 0) ^ 1;
    await writeFile(path, altered);
    const { brokenFiles } = await rotateDatasetKey({ keyring, dataDirectory }, 'ds-1');
    expect(brokenFiles).toEqual(['parts/ds-1/a.sealed']);
    expect((await keyring.list('ds-1')).map((key) => key.state)).toEqual(['old', 'current']);
    await writeFile(path, whole);
    expect(await nextVersion(keyring, 'ds-1')).toEqual({ from: 1, to: 2 });
    expect(await rotateDatasetKey({ keyring, dataDirectory }, 'ds-1')).toMatchObject({ version: 2, brokenFiles: [] });
    await expectUnchanged(keyring);
  });

  it('is refused for a dataset without a key, and for one whose key was destroyed', async () => {
    await expect(rotateDatasetKey({ keyring, dataDirectory }, 'ds-9')).rejects.toThrow(KeysRefused);
    await vault.destroyDatasetKey('ds-1');
    await expect(rotateDatasetKey({ keyring, dataDirectory }, 'ds-1')).rejects.toThrow(/was destroyed/);
  });

  it('says how many files are under which version', async () => {
    await keyring.addVersion('ds-1');
    await sealFile('e', 'ds-1');
    const { keys } = await readKeyStatus({ keyring, dataDirectory });
    const counts = keys.map(({ owner, version, fileCount }) => `${owner} ${version}: ${fileCount}`);
    expect(counts).toEqual(['ds-1 1: 1', 'ds-1 2: 1', 'ds-2 1: 1', 'vault 1: 1']);
  });

  // Each file takes two writes that reach the disk; a death some milliseconds after the first hits any of them.
  it('that is killed again and again leaves every file open, and is finished in the end', {
    timeout: 300_000,
  }, async () => {
    const names = Array.from({ length: FILES_COUNT }, (_, index) => `f${index}`);
    for (const name of names) await sealFile(name, 'ds-1');
    const killCount = process.env.GALLEY_LONG === '1' ? 60 : 4;
    for (let round = 0; round < killCount; round += 1) {
      await dieDuringRotation(round);
      const started = await openKeys();
      for (const name of names) await expectOpens(started, name, 'ds-1');
    }
    const started = await openKeys();
    const { version, brokenFiles } = await rotateDatasetKey({ keyring: started, dataDirectory }, 'ds-1');
    expect(brokenFiles).toEqual([]);
    expect((await started.list('ds-1')).map((key) => key.version)).toEqual([version]);
    for (const name of names) await expectOpens(started, name, 'ds-1');
  });
});

/** Runs the operator's own command, and kills it some milliseconds after it has begun to write headers. */
async function dieDuringRotation(round: number): Promise<void> {
  const watched = await nextToChange();
  const before = await headerOf(watched);
  const args = [serverMain, 'keys', 'rotate-dataset', 'ds-1', '--data', dataDirectory];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const ended = once(child, 'exit');
  while (child.exitCode === null && (await headerOf(watched)) === before) await sleep(1);
  await sleep((round * 7) % 40);
  child.kill('SIGKILL');
  await ended;
}

/** The file whose header a rotation writes first: of those under the oldest key the first by name. */
async function nextToChange(): Promise<string> {
  const names = Array.from({ length: FILES_COUNT }, (_, index) => `f${index}`).toSorted();
  const headers = await Promise.all(names.map(headerOf));
  const oldest = Math.min(...headers.map((header) => (JSON.parse(header) as number[])[0] ?? 0));
  return names.find((_, index) => headers[index]?.startsWith(`[${oldest}`)) ?? 'f0';
}

async function headerOf(name: string): Promise<string> {
  return JSON.stringify((await readFileNames(placeOf(name, 'ds-1').path))?.map(({ version }) => version));
}
