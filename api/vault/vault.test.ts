import { chmod, mkdtemp, readdir, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataKeys } from '../keys/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { checkSealedFile, KeyDestroyed, type Keyring, openVault, rewrapFile, SealBroken, type Vault } from './index.ts';
import { CHUNK_BYTES, END_BYTES, HEADER_BYTES, SLOT_BYTES } from './sealed-format.ts';

let directory: string;
let keyring: Keyring;
let vault: Vault;
const stores: Store[] = [];

async function openKeys(dataDirectory: string): Promise<Keyring> {
  const store = await openStore(dataDirectory);
  stores.push(store);
  return await openDataKeys({ dataDirectory, keys: { master: { kind: 'file', file: null } } }, store);
}

const freshDirectory = () => mkdtemp(join(tmpdir(), 'galley-vault-'));

beforeEach(async () => {
  directory = await freshDirectory();
  keyring = await openKeys(directory);
  vault = openVault(keyring);
});

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});

const pathOf = (fileId: string) => join(directory, 'sealed', `${fileId}.sealed`);

async function sealFile(fileId: string, plain: Uint8Array, pieceBytes = plain.length || 1): Promise<string> {
  const writer = await vault.createFile({ path: pathOf(fileId), fileId });
  for (let from = 0; from < plain.length; from += pieceBytes)
    await writer.write(plain.subarray(from, from + pieceBytes));
  await writer.finish();
  return pathOf(fileId);
}

async function openWhole(fileId: string, path = pathOf(fileId)): Promise<Buffer> {
  const reader = await vault.openFile({ path, fileId });
  try {
    return Buffer.concat(await Array.fromAsync(reader.chunks()));
  } finally {
    await reader.close();
  }
}

async function brokenAt(fileId: string, path = pathOf(fileId)): Promise<SealBroken> {
  const error = await openWhole(fileId, path).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(SealBroken);
  return error as SealBroken;
}

// Varied but cheap: no chunk equals another.
const bytesOf = (length: number) => Buffer.alloc(length).map((_, at) => (at * 31 + (at >> 10)) & 255);
const threeChunks = bytesOf(2 * CHUNK_BYTES + 1000);

describe('a sealed file', () => {
  it('gives back what was written, in pieces of any size', async () => {
    const lengths = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, threeChunks.length];
    for (const length of lengths) {
      const plain = threeChunks.subarray(0, length);
      await sealFile(`f${length}`, plain, 100_003);
      expect((await openWhole(`f${length}`)).equals(plain)).toBe(true);
    }
  });

  it('holds no plain byte of it on the disk', async () => {
    const plain = Buffer.from('ana@example.com,'.repeat(100));
    const sealed = await readFile(await sealFile('f', plain));
    expect(sealed.includes('ana@')).toBe(false);
    expect((await stat(pathOf('f'))).mode & 0o777).toBe(0o600);
  });

  it('is not there before it is finished, and leaves nothing when abandoned', async () => {
    const writer = await vault.createFile({ path: pathOf('f'), fileId: 'f' });
    await writer.write(threeChunks);
    await expect(stat(pathOf('f'))).rejects.toThrow();
    await writer.abandon();
    expect(await readdir(join(directory, 'sealed'))).toEqual([]);
    await expect(writer.write(threeChunks)).rejects.toThrow(/abandoned/);
  });

  it('notices one flipped bit wherever it is used, and names the file and the chunk', async () => {
    const sealed = await readFile(await sealFile('f', threeChunks));
    // The second place of the header is free: `galley keys check` alone looks at it.
    const used = fc.nat(sealed.length - 1).filter((at) => at < SLOT_BYTES || at >= HEADER_BYTES);
    const bit = fc.record({ at: fc.oneof(fc.nat(200), used), bit: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(bit, async (flip) => {
        const altered = Buffer.from(sealed);
        altered[flip.at] = (altered[flip.at] ?? 0) ^ (1 << flip.bit);
        await writeFile(pathOf('altered'), altered);
        const broken = await brokenAt('f', pathOf('altered'));
        const chunkIndex = Math.floor((flip.at - HEADER_BYTES) / (CHUNK_BYTES + 16));
        const isEdge = flip.at < HEADER_BYTES || flip.at >= sealed.length - END_BYTES;
        expect(broken.chunkIndex).toBe(isEdge ? undefined : chunkIndex);
        expect(broken.sealId).toBe('f');
      }),
      { numRuns: 60 },
    );
  });

  it('notices a cut before it hands out a byte', async () => {
    const sealed = await readFile(await sealFile('f', threeChunks));
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), async (length) => {
        await writeFile(pathOf('cut'), sealed.subarray(0, length));
        await expect(vault.openFile({ path: pathOf('cut'), fileId: 'f' })).rejects.toThrow(SealBroken);
      }),
      { numRuns: 30 },
    );
  });

  it('notices a whole chunk taken out, though header and end stand', async () => {
    const sealed = await readFile(await sealFile('f', threeChunks));
    const second = HEADER_BYTES + CHUNK_BYTES + 16;
    await writeFile(
      pathOf('f'),
      Buffer.concat([sealed.subarray(0, second), sealed.subarray(second + CHUNK_BYTES + 16)]),
    );
    await brokenAt('f');
  });

  it('notices two chunks of one file changed about', async () => {
    const sealed = await readFile(await sealFile('f', threeChunks));
    const size = CHUNK_BYTES + 16;
    const first = sealed.subarray(HEADER_BYTES, HEADER_BYTES + size);
    const second = sealed.subarray(HEADER_BYTES + size, HEADER_BYTES + 2 * size);
    const rest = sealed.subarray(HEADER_BYTES + 2 * size);
    await writeFile(pathOf('f'), Buffer.concat([sealed.subarray(0, HEADER_BYTES), second, first, rest]));
    expect((await brokenAt('f')).chunkIndex).toBe(0);
  });

  it('notices a chunk of another file, and a whole file under another name', async () => {
    const one = await readFile(await sealFile('one', threeChunks));
    const two = await readFile(await sealFile('two', threeChunks));
    const size = CHUNK_BYTES + 16;
    two.copy(one, HEADER_BYTES + size, HEADER_BYTES + size, HEADER_BYTES + 2 * size);
    await writeFile(pathOf('one'), one);
    expect((await brokenAt('one')).chunkIndex).toBe(1);
    await brokenAt('three', pathOf('two'));
  });

  it('does not open under another master key', async () => {
    await sealFile('f', threeChunks);
    const other = openVault(await openKeys(await freshDirectory()));
    await expect(other.openFile({ path: pathOf('f'), fileId: 'f' })).rejects.toThrow(SealBroken);
  });
});

describe('a sealed blob', () => {
  it('opens under its own label and id only, and with no bit changed', () => {
    const ids = fc.record({ label: fc.string(), id: fc.string() });
    fc.assert(
      fc.property(ids, ids, fc.uint8Array(), fc.nat(), (place, other, plain, at) => {
        const sealed = vault.sealBytes(place, plain);
        expect(Buffer.from(vault.openBytes(place, sealed)).equals(plain)).toBe(true);
        const isOther = other.label !== place.label || other.id !== place.id;
        if (isOther) expect(() => vault.openBytes(other, sealed)).toThrow(SealBroken);
        const altered = Uint8Array.from(sealed);
        altered[at % sealed.length] = (altered[at % sealed.length] ?? 0) ^ 1;
        expect(() => vault.openBytes(place, altered)).toThrow(SealBroken);
        expect(() => vault.openBytes(place, sealed.subarray(0, at % sealed.length))).toThrow(SealBroken);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a file of a dataset', () => {
  const fileOf = async (fileId: string, dataset?: string) => {
    const place = { path: pathOf(fileId), fileId, ...(dataset === undefined ? {} : { dataset }) };
    const writer = await vault.createFile(place);
    await writer.write(threeChunks);
    await writer.finish();
    return place;
  };

  it("is sealed under that dataset's own key, and cannot be opened once the key is destroyed", async () => {
    const mine = await fileOf('mine', 'ds-1');
    await fileOf('other', 'ds-2');
    const copy = await readFile(mine.path);
    await vault.destroyDatasetKey('ds-1');
    await vault.destroyDatasetKey('ds-1');
    await writeFile(mine.path, copy);
    await expect(vault.openFile(mine)).rejects.toThrow(KeyDestroyed);
    await expect(vault.createFile({ ...mine, fileId: 'new' })).rejects.toThrow(KeyDestroyed);
    expect((await openWhole('other')).equals(threeChunks)).toBe(true);
    const later = openVault(await openKeys(directory));
    await expect(later.openFile(mine)).rejects.toThrow(KeyDestroyed);
    await expect(later.createFile({ ...mine, fileId: 'new' })).rejects.toThrow(KeyDestroyed);
  });

  it('leaves no byte of a destroyed key in the store', async () => {
    await fileOf('mine', 'ds-1');
    const [store] = stores as [Store];
    const row = await store.db.selectFrom('dataset_keys').selectAll().where('dataset_id', '=', 'ds-1').execute();
    const wrapped = Buffer.from(row[0]?.wrapped as Uint8Array);
    const holds = async (file: string) => (await readFile(join(directory, file))).includes(wrapped);
    expect((await holds('control.sqlite')) || (await holds('control.sqlite-wal'))).toBe(true);
    await vault.destroyDatasetKey('ds-1');
    expect((await holds('control.sqlite')) || (await holds('control.sqlite-wal'))).toBe(false);
  });

  it('is given to a dataset without its data being written again', async () => {
    const place = await fileOf('staged');
    const before = (await readFile(place.path)).subarray(HEADER_BYTES);
    await vault.giveToDataset(place, 'ds-1');
    await vault.giveToDataset(place, 'ds-1');
    expect((await readFile(place.path)).subarray(HEADER_BYTES).equals(before)).toBe(true);
    expect((await openWhole('staged')).equals(threeChunks)).toBe(true);
    await vault.destroyDatasetKey('ds-1');
    await expect(vault.openFile(place)).rejects.toThrow(KeyDestroyed);
  });

  it('opens under its old key and under its new one, whatever of a rotation has reached the disk', async () => {
    const place = await fileOf('mine', 'ds-1');
    const before = await readFile(place.path);
    const to = await keyring.addVersion('ds-1');
    await rewrapFile(keyring, place, to);
    const after = await readFile(place.path);
    // The steps in their order: the new place written up to some byte, then the old one cleared up to some byte.
    const cut = fc.record({
      step: fc.constantFrom('writing' as const, 'clearing' as const),
      bytes: fc.nat(SLOT_BYTES),
    });
    await fc.assert(
      fc.asyncProperty(cut, async ({ step, bytes }) => {
        const torn = Buffer.from(before);
        const written = step === 'writing' ? bytes : SLOT_BYTES;
        after.copy(torn, SLOT_BYTES, SLOT_BYTES, SLOT_BYTES + written);
        if (step === 'clearing') after.copy(torn, 0, 0, bytes);
        await writeFile(place.path, torn);
        expect((await openWhole('mine')).equals(threeChunks)).toBe(true);
        await rewrapFile(keyring, place, to);
        expect((await readFile(place.path)).subarray(0, SLOT_BYTES).every((byte) => byte === 0)).toBe(true);
        expect(await checkSealedFile(keyring, place.path)).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });

  it('starts at any byte that its reader asks for', async () => {
    await fileOf('f');
    await fc.assert(
      fc.asyncProperty(fc.nat(threeChunks.length), async (from) => {
        const reader = await vault.openFile({ path: pathOf('f'), fileId: 'f' });
        const read = Buffer.concat(await Array.fromAsync(reader.chunks(from)));
        await reader.close();
        expect(read.equals(threeChunks.subarray(from))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a check of a sealed file', () => {
  it('finds one flipped bit wherever it is, and a file that is sound', async () => {
    const sealed = await readFile(await sealFile('f', threeChunks));
    expect(await checkSealedFile(keyring, pathOf('f'))).toBeUndefined();
    const at = fc.oneof(fc.nat(200), fc.nat(HEADER_BYTES), fc.nat(sealed.length - 1));
    await fc.assert(
      fc.asyncProperty(fc.record({ at, bit: fc.nat(7) }), async (flip) => {
        const altered = Buffer.from(sealed);
        altered[flip.at] = (altered[flip.at] ?? 0) ^ (1 << flip.bit);
        await writeFile(pathOf('altered'), altered);
        const part = (flip.at - HEADER_BYTES) / (CHUNK_BYTES + 16);
        const expected = part < 0 ? 'header' : flip.at >= sealed.length - END_BYTES ? 'end' : Math.floor(part);
        expect(await checkSealedFile(keyring, pathOf('altered'))).toEqual({ at: expected });
      }),
      { numRuns: 100 },
    );
  });
});

describe('the keys of a data directory', () => {
  const keyFile = () => join(directory, 'keys', 'master.key');

  it('are made once, for their owner alone, and derive the same keys on every start', async () => {
    const again = openVault(await openKeys(directory));
    expect(again.deriveKey('pseudonym/1').equals(vault.deriveKey('pseudonym/1'))).toBe(true);
    expect(again.deriveKey('pseudonym/2').equals(vault.deriveKey('pseudonym/1'))).toBe(false);
    expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
  });

  it('are the same for two processes that start at once', async () => {
    const fresh = await freshDirectory();
    await openKeys(fresh).then(() => rm(join(fresh, 'keys'), { recursive: true }));
    const vaults = (await Promise.all([openKeys(fresh), openKeys(fresh), openKeys(fresh)])).map(openVault);
    const keys = new Set(vaults.map((opened) => opened.deriveKey('x').export().toString('hex')));
    expect(keys.size).toBe(1);
  });

  it('are not made anew over data that they could not open', async () => {
    await unlink(keyFile());
    await expect(openKeys(directory)).rejects.toThrow(/is missing/);
    await rm(join(directory, 'keys', 'root.wrapped'));
    await expect(openKeys(directory)).rejects.toThrow(/root\.wrapped` is missing/);
    await sealFile('f', threeChunks);
    await rm(join(directory, 'keys'), { recursive: true });
    await expect(openKeys(directory)).rejects.toThrow(/root\.wrapped` is missing/);
  });

  it('are refused under a master key that is another one, too short, or readable by others', async () => {
    await writeFile(keyFile(), Buffer.alloc(32, 1));
    await expect(openKeys(directory)).rejects.toThrow(/is not the master key/);
    await writeFile(keyFile(), Buffer.alloc(31));
    await expect(openKeys(directory)).rejects.toThrow(/32 bytes/);
    await chmod(keyFile(), 0o640);
    await expect(openKeys(directory)).rejects.toThrow(/0600/);
  });

  it('are refused when one bit of them has changed', async () => {
    const path = join(directory, 'keys', 'root.wrapped');
    const whole = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
        const altered = Buffer.from(whole);
        altered[at] = (altered[at] ?? 0) ^ (1 << bit);
        await writeFile(path, altered);
        await expect(openKeys(directory)).rejects.toThrow(/root\.wrapped` is damaged/);
      }),
      { numRuns: 40 },
    );
  });
});
