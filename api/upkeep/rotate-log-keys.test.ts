import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseKeyHistory, verifyKeyHistory } from '../../audit/index.ts';
import { type Config, readConfig } from '../config/index.ts';
import { openReceiptKey } from '../keys/index.ts';
import { type Cellar, openCellar } from '../kitchen/index.ts';
import { announceReceiptKey } from '../receipts/index.ts';
import { rotateLogKey, rotateReceiptKey } from './rotate-log-keys.ts';

let config: Config;
let firstKey: string;

beforeEach(async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'galley-rotations-'));
  config = await readConfig(undefined, {}, { dataDirectory });
  firstKey = await inCellar(async (cellar) => {
    const key = await openReceiptKey(dataDirectory, cellar.store);
    await announceReceiptKey(cellar, key, { isCompromised: false });
    return cellar.logVerifierKey;
  });
});

afterEach(() => rm(config.dataDirectory, { recursive: true, force: true }));

async function inCellar<Result>(work: (cellar: Cellar) => Promise<Result>): Promise<Result> {
  const cellar = await openCellar(config);
  try {
    return await work(cellar);
  } finally {
    await cellar.close();
  }
}

const file = (...path: string[]): string => join(config.dataDirectory, ...path);

async function entries(kind: string) {
  return await inCellar(async ({ log }) => {
    const all = await Array.fromAsync(log.read(0, log.treeSize));
    return all.filter(({ entry }) => entry.kind === kind).map(({ entry }) => entry.subject);
  });
}

/** The keys of the log that its first key leads to. */
async function knownKeys(): Promise<readonly string[]> {
  const history = parseKeyHistory(await readFile(file('log', 'keys'), 'utf8'));
  return verifyKeyHistory(history, firstKey).keys.map(({ verifierKey }) => verifierKey);
}

/** Puts files back as a crash leaves them that came before they had changed their names. */
async function asBefore(name: string, rotate: () => Promise<unknown>): Promise<void> {
  await copyFile(file('keys', name), file('keys', `${name}.kept`));
  await rotate();
  await copyFile(file('keys', name), file('keys', `${name}.next`));
  await copyFile(file('keys', `${name}.kept`), file('keys', name));
}

describe('the key of the log', () => {
  it('changes, and changes again, and the first key leads to each', async () => {
    const { verifierKey: second } = await rotateLogKey(config);
    const { verifierKey: third } = await rotateLogKey(config);
    expect(await knownKeys()).toEqual([firstKey, second, third]);
    expect(await inCellar(async ({ logVerifierKey }) => logVerifierKey)).toBe(third);
    expect(await entries('key-rotated')).toEqual([
      { key: 'log', from: firstKey, to: second },
      { key: 'log', from: second, to: third },
    ]);
  });

  it('is the new one after a crash that came when the handover was written, and can be changed on', async () => {
    await asBefore('log.key', () => rotateLogKey(config));
    const [, second] = await knownKeys();
    const { verifierKey: third } = await rotateLogKey(config);
    expect(await knownKeys()).toEqual([firstKey, second, third]);
    expect(new Set(await knownKeys()).size).toBe(3);
  });
});

describe('the key of receipts', () => {
  it('changes, each named with the one it replaces', async () => {
    await rotateReceiptKey(config, { isCompromised: false });
    const { kid } = await rotateReceiptKey(config, { isCompromised: true });
    const announced = await entries('receipt-key-announced');
    expect(announced.map(({ isCompromised }) => isCompromised)).toEqual([false, false, true]);
    expect(announced.map(({ replaces }) => replaces)).toEqual([null, announced[0]?.kid, announced[1]?.kid]);
    const opened = await inCellar(async ({ store }) => await openReceiptKey(config.dataDirectory, store));
    expect([opened.kid, announced[2]?.kid]).toEqual([kid, kid]);
  });

  it('is finished by the same command after a crash that came when it was announced', async () => {
    await asBefore('receipt.key', () => rotateReceiptKey(config, { isCompromised: true }));
    const { leafIndex } = await rotateReceiptKey(config, { isCompromised: true });
    expect(await entries('receipt-key-announced')).toHaveLength(2);
    expect(leafIndex).toBeGreaterThan(0);
    await inCellar(async ({ store }) => await openReceiptKey(config.dataDirectory, store));
  });

  it('is given up although a crash cut a change off that gave up none', async () => {
    await asBefore('receipt.key', () => rotateReceiptKey(config, { isCompromised: false }));
    await rotateReceiptKey(config, { isCompromised: true });
    const announced = await entries('receipt-key-announced');
    expect(announced.map(({ isCompromised }) => isCompromised)).toEqual([false, false, true]);
  });

  it('can be changed when it is lost, and no service starts without it', async () => {
    await rm(file('keys', 'receipt.key'));
    const open = () => inCellar(async ({ store }) => await openReceiptKey(config.dataDirectory, store));
    await expect(open()).rejects.toMatchObject({ name: 'KeysRefused' });
    const { kid } = await rotateReceiptKey(config, { isCompromised: false });
    expect((await open()).kid).toBe(kid);
  });
});
