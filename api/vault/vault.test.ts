import { chmod, mkdtemp, readdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { openVault, SealBroken, type Vault } from './index.ts';
import { CHUNK_BYTES, END_BYTES, HEADER_BYTES } from './sealed-format.ts';

let directory: string;
let vault: Vault;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'galley-vault-'));
  vault = await openVault(directory);
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

  it('notices one flipped bit wherever it is, and names the file and the chunk', async () => {
    const sealed = await readFile(await sealFile('f', threeChunks));
    const bit = fc.record({ at: fc.nat(sealed.length - 1), bit: fc.nat(7) });
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
      { numRuns: 30 },
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
    const other = await openVault(await mkdtemp(join(tmpdir(), 'galley-vault-')));
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

describe('the master key', () => {
  const keyFile = () => join(directory, 'keys', 'master.key');

  it('is made once, for its owner alone, and derives the same keys on every start', async () => {
    const again = await openVault(directory);
    expect(again.deriveKey('pseudonym/1').equals(vault.deriveKey('pseudonym/1'))).toBe(true);
    expect(again.deriveKey('pseudonym/2').equals(vault.deriveKey('pseudonym/1'))).toBe(false);
    expect((await stat(keyFile())).mode & 0o777).toBe(0o600);
  });

  it('is the same for two processes that start at once', async () => {
    const fresh = await mkdtemp(join(tmpdir(), 'galley-vault-'));
    const vaults = await Promise.all([openVault(fresh), openVault(fresh), openVault(fresh)]);
    const keys = new Set(vaults.map((opened) => opened.deriveKey('x').export().toString('hex')));
    expect(keys.size).toBe(1);
  });

  it('is not made anew over data it could not open', async () => {
    await unlink(keyFile());
    await expect(openVault(directory)).rejects.toThrow(/is missing/);
  });

  it('is refused when it is another one, too short, or readable by others', async () => {
    await writeFile(keyFile(), Buffer.alloc(32, 1));
    await expect(openVault(directory)).rejects.toThrow(/is not the key/);
    await writeFile(keyFile(), Buffer.alloc(31));
    await expect(openVault(directory)).rejects.toThrow(/32 bytes/);
    await chmod(keyFile(), 0o640);
    await expect(openVault(directory)).rejects.toThrow(/0600/);
  });
});
