import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localDisk, sweepDrafts } from '../disk/index.ts';
import { HashTree, leafHash, tilePath } from '../merkle/index.ts';
import { expectCode } from '../testdata/expect-code.ts';
import { temporaryDirectory } from '../testdata/kitchen-log.ts';
import { oracleRoot } from '../testdata/rfc6962-oracle.ts';
import { checkpointOfMirror, leavesOfMirror, seenByMirror } from './mirror.ts';
import { TileReader } from './tile-reader.ts';
import { TileWriter } from './tile-writer.ts';

const leafOf = (index: number) => Buffer.from(`leaf ${index}`);

/** A folder with the tiles of so many leaves. */
async function folderOf(size: number): Promise<string> {
  const directory = await temporaryDirectory();
  await sweepDrafts(localDisk, directory);
  const tree = new HashTree(new TileReader(directory).fullTile);
  const writer = new TileWriter({ disk: localDisk, directory, tree });
  for (let index = 0; index < size; index += 1) writer.add(leafOf(index), leafHash(leafOf(index)));
  await writer.writePartials(size);
  return directory;
}

/** The RFC's hash over a run of leaves, by the definition. */
const oracleRun = (from: number, until: number) =>
  oracleRoot(Array.from({ length: until - from }, (_, nth) => leafOf(from + nth)));

describe('tiles on disk', () => {
  it('are full and partial as the example of the format counts them', async () => {
    const directory = await folderOf(70_000);
    const names = async (folder: string) => (await readdir(join(directory, folder))).toSorted();
    expect((await names('tile/0')).filter((name) => !name.endsWith('.p'))).toHaveLength(273);
    expect(await names('tile/0/273.p')).toEqual(['112']);
    expect(await names('tile/1')).toEqual(['000', '001.p']);
    expect(await names('tile/1/001.p')).toEqual(['17']);
    expect(await names('tile/2')).toEqual(['000.p']);
    expect(await names('tile/2/000.p')).toEqual(['1']);
    expect(await names('tile/entries/273.p')).toEqual(['112']);
  });

  it('hold the hashes that the RFC defines for their place', async () => {
    const directory = await folderOf(770);
    const full = await readFile(join(directory, tilePath(0, 2)));
    expect(full.subarray(0, 32)).toEqual(oracleRun(512, 513));
    expect(full.subarray(255 * 32)).toEqual(oracleRun(767, 768));
    const above = await readFile(join(directory, tilePath(1, 0, 3)));
    expect(above).toEqual(Buffer.concat([oracleRun(0, 256), oracleRun(256, 512), oracleRun(512, 768)]));
    expect(await readFile(join(directory, tilePath(0, 3, 2)))).toEqual(
      Buffer.concat([oracleRun(768, 769), oracleRun(769, 770)]),
    );
  });

  it('give a tree taken up again every root and hash that it had', async () => {
    const directory = await folderOf(1024);
    const leaves = Array.from({ length: 1024 }, (_, index) => leafOf(index));
    const tree = HashTree.resume(1024, new TileReader(directory).fullTile);
    fc.assert(
      fc.property(fc.nat({ max: 1024 }), (size) => {
        expect(Buffer.from(tree.root(size))).toEqual(oracleRoot(leaves.slice(0, size)));
      }),
      { numRuns: 20 },
    );
  });

  it('are believed only as far as the tiles above them say the same', async () => {
    const directory = await folderOf(1024);
    const tree = HashTree.resume(1024, new TileReader(directory).fullTile);
    const path = join(directory, tilePath(0, 1));
    const bytes = await readFile(path);
    bytes[77] = (bytes[77] ?? 0) ^ 1;
    await writeFile(path, bytes);
    // A fresh tree would take the damage up; the one whose root is known tells it.
    await expectCode(() => tree.leafHash(300), 'LOG_CORRUPT');
    await truncate(path, 100);
    await expectCode(() => tree.leafHash(300), 'LOG_CORRUPT');
    await rm(path);
    await expectCode(() => tree.leafHash(300), 'LOG_CORRUPT');
    await expectCode(() => HashTree.resume(1024, new TileReader(directory).fullTile), 'LOG_CORRUPT');
  });
});

describe('a mirror', () => {
  it('gives back the leaves it was made of, any run of them', async () => {
    const directory = await folderOf(600);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 600 }), fc.nat({ max: 600 }), async (one, other) => {
        const [fromIndex, untilIndex] = [Math.min(one, other), Math.max(one, other)];
        const leaves = await Array.fromAsync(leavesOfMirror(directory, { fromIndex, untilIndex }));
        const expected = Array.from({ length: untilIndex - fromIndex }, (_, nth) => `leaf ${fromIndex + nth}`);
        expect(leaves.map((leaf) => Buffer.from(leaf).toString())).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('reads on from a full bundle where a partial one was meant', async () => {
    const directory = await folderOf(256);
    expect(await Array.fromAsync(leavesOfMirror(directory, { untilIndex: 100 }))).toHaveLength(100);
  });

  it('says which bundle is missing or no bundle', async () => {
    const directory = await folderOf(600);
    const reading = () => Array.fromAsync(leavesOfMirror(directory, { untilIndex: 600 }));
    const copy = join(await temporaryDirectory(), 'copy');
    await cp(directory, copy, { recursive: true });
    await truncate(join(directory, tilePath('entries', 1)), 300);
    await expectCode(reading, 'TILE_MISSING');
    await expect(reading()).rejects.toMatchObject({ leafIndex: 256 });
    await rm(join(copy, 'tile/entries/002.p'), { recursive: true });
    await expect(Array.fromAsync(leavesOfMirror(copy, { untilIndex: 600 }))).rejects.toMatchObject({
      code: 'TILE_MISSING',
      leafIndex: 512,
    });
  });

  it('has a checkpoint, or is none', async () => {
    const directory = await temporaryDirectory();
    await expectCode(() => checkpointOfMirror(directory), 'CHECKPOINT_MISSING');
    expect(await seenByMirror(directory)).toEqual([]);
    await writeFile(join(directory, 'checkpoint'), 'a note');
    await mkdir(join(directory, 'seen'));
    await writeFile(join(directory, 'seen', '1-aa'), 'an older note');
    expect(await checkpointOfMirror(directory)).toBe('a note');
    expect(await seenByMirror(directory)).toEqual(['an older note']);
  });
});

describe('a folder that somebody filled with traps', () => {
  const traps: readonly (readonly [string, (file: string) => Promise<unknown>])[] = [
    ['a pipe that nobody writes', async (file) => execFileSync('mkfifo', [file])],
    ['a device that never ends', (file) => symlink('/dev/zero', file)],
    ['a file larger than memory', (file) => writeFile(file, '').then(() => truncate(file, 2 ** 42))],
    ['a folder', (file) => mkdir(file)],
  ];

  it.each(traps)('does not catch whoever reads it, with %s', async (_, set) => {
    const directory = await folderOf(3);
    await set(join(directory, 'checkpoint'));
    await expectCode(() => checkpointOfMirror(directory), 'FILE_NOT_READABLE');
    await mkdir(join(directory, 'seen'));
    await set(join(directory, 'seen', '3-0'));
    await expectCode(() => seenByMirror(directory), 'FILE_NOT_READABLE');
    for (const level of ['entries', 0] as const) {
      await rm(join(directory, tilePath(level, 0, 3)));
      await set(join(directory, tilePath(level, 0, 3)));
    }
    await expectCode(() => Array.fromAsync(leavesOfMirror(directory, { untilIndex: 3 })), 'FILE_NOT_READABLE');
    await expectCode(async () => new TileReader(directory).tile(0, 0, 3), 'FILE_NOT_READABLE');
  });
});
