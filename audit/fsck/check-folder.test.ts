import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLog } from '../log/index.ts';
import { tilePath } from '../merkle/index.ts';
import { expectCode } from '../testdata/expect-code.ts';
import { ORIGIN, temporaryDirectory, testSigner } from '../testdata/kitchen-log.ts';
import { encodeBundle } from '../tiles/entry-bundle.ts';
import { leavesOfMirror } from '../tiles/index.ts';
import { checkFolder } from './check-folder.ts';

const signer = testSigner();
const verifierKey = signer.verifierKey;

function body(turn: number) {
  const subject = { from: 0, until: turn, kind: '' };
  return { kind: 'log-read', at: '2031-05-01T12:00:00.000Z', actor: null, collaboration: null, subject } as const;
}

/** The folder of a stopped service's log: so many entries under its checkpoint, and some that came later. */
async function logFolder(count: number, later = 0): Promise<{ directory: string; notes: string[] }> {
  const directory = await temporaryDirectory();
  const log = await openLog({ directory, origin: ORIGIN, signer });
  const append = (from: number, until: number) =>
    Promise.all(Array.from({ length: until - from }, (_, nth) => log.append(body(from + nth))));
  await append(0, Math.min(100, count));
  const notes = [await log.checkpoint()];
  await append(Math.min(100, count), count);
  notes.push(await log.checkpoint());
  await append(count, count + later);
  await log.close();
  return { directory, notes };
}

/** What a plain copy of the public files is. */
async function mirrorOf({ directory, notes }: { directory: string; notes: readonly string[] }): Promise<string> {
  const mirror = await temporaryDirectory();
  for (const name of ['checkpoint', 'tile'].filter((one) => existsSync(join(directory, one))))
    await cp(join(directory, name), join(mirror, name), { recursive: true });
  await mkdir(join(mirror, 'seen'));
  for (const [nth, note] of notes.entries()) await writeFile(join(mirror, 'seen', String(nth)), note);
  return mirror;
}

async function codesOf(directory: string, repair = false): Promise<string[]> {
  const { differences } = await checkFolder({ directory, repair, verifierKey });
  return [...new Set(differences.map(({ code }) => code))].toSorted();
}

async function flipBit(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(file, bytes);
}

describe('a log checked from its entries alone', () => {
  it('is found whole: the stopped log itself, with and without entries after its checkpoint, and a copy', async () => {
    for (const [count, later] of [
      [0, 0],
      [1, 0],
      [256, 0],
      [700, 40],
      [700, 600],
    ] as const) {
      const folder = await logFolder(count, later);
      const found = await checkFolder({ directory: folder.directory, verifierKey });
      expect(found).toMatchObject({ treeSize: count, differencesCount: 0, repairedTiles: 0, isWhole: true });
      expect(found.entries).toBeGreaterThanOrEqual(count);
      expect(await codesOf(await mirrorOf(folder))).toEqual([]);
    }
  });

  it('gets every tile of hashes back, byte by byte, when all of them are gone', async () => {
    const folder = await logFolder(1000);
    const mirror = await mirrorOf(folder);
    for (const level of ['0', '1']) await rm(join(mirror, 'tile', level), { recursive: true });
    const found = await checkFolder({ directory: mirror, repair: true, verifierKey });
    expect(found).toMatchObject({ repairedTiles: 5, differencesCount: 5, isWhole: true });
    expect(await codesOf(mirror)).toEqual([]);
    for (const path of [tilePath(0, 0), tilePath(0, 2), tilePath(0, 3, 232), tilePath(1, 0, 3)]) {
      expect(await readFile(join(mirror, path)), path).toEqual(await readFile(join(folder.directory, path)));
    }
    expect(await readdir(mirror)).not.toContain('drafts');
  });

  it('names a tile that was altered, cut short or taken away, and repairs it', async () => {
    const { directory } = await logFolder(700, 40);
    const level0 = join(directory, tilePath(0, 1));
    await flipBit(level0, 44 * 32);
    const { differences } = await checkFolder({ directory });
    expect(differences).toMatchObject([{ code: 'ENTRY_DIFFERS', path: 'tile/0/001', leafIndex: 256 + 44 }]);
    await flipBit(join(directory, tilePath(1, 0, 2)), 3);
    await truncate(join(directory, tilePath(0, 2, 188)), 31);
    expect(await codesOf(directory, true)).toEqual(['ENTRY_DIFFERS', 'TILE_DIFFERS']);
    expect(await codesOf(directory)).toEqual([]);
    await rm(level0);
    expect(await codesOf(directory, true)).toEqual(['TILE_MISSING']);
    expect(await codesOf(directory)).toEqual([]);
    await (await openLog({ directory, origin: ORIGIN, signer })).close();
  });

  it('names the entry that was altered, and does not make the tiles fit it', async () => {
    const mirror = await mirrorOf(await logFolder(700));
    const bundle = join(mirror, tilePath('entries', 1));
    const leaves = await Array.fromAsync(leavesOfMirror(mirror, { fromIndex: 256, untilIndex: 512 }));
    leaves[44] = Buffer.from(String(Buffer.from(leaves[44] as Uint8Array)).replace('300', '301'));
    await writeFile(bundle, encodeBundle(leaves));
    const { differences, repairedTiles, isWhole } = await checkFolder({ directory: mirror, repair: true });
    expect(differences).toContainEqual(expect.objectContaining({ code: 'ENTRY_DIFFERS', leafIndex: 300 }));
    expect(await codesOf(mirror)).toEqual(['ENTRY_DIFFERS', 'ROOT_DIFFERS', 'SEEN_ROOT_DIFFERS', 'TILE_DIFFERS']);
    expect([repairedTiles, isWhole]).toEqual([0, false]);
  });

  it('names bundles that are missing or no bundles, and journals that say otherwise', async () => {
    const folder = await logFolder(700, 40);
    const mirror = await mirrorOf(folder);
    await truncate(join(mirror, tilePath('entries', 1)), 999);
    expect(await codesOf(mirror, true)).toContain('BUNDLE_MALFORMED');
    await rm(join(mirror, tilePath('entries', 1)));
    expect(await codesOf(mirror, true)).toContain('BUNDLE_MISSING');
    const other = await logFolder(700, 41);
    const exchanged = await Array.fromAsync(leavesOfMirror(folder.directory, { untilIndex: 256 }));
    await writeFile(join(folder.directory, tilePath('entries', 0)), encodeBundle(exchanged.toReversed()));
    expect(await codesOf(folder.directory)).toContain('JOURNAL_DIFFERS');
    await truncate(join(other.directory, 'journal'), 20);
    expect(await codesOf(other.directory)).toEqual(['JOURNAL_DIFFERS']);
  });

  it('names a checkpoint that is gone, unreadable or by another key, an earlier one, and files of another tree', async () => {
    const mirror = await mirrorOf(await logFolder(300));
    const note = await readFile(join(mirror, 'checkpoint'), 'utf8');
    const other = await mirrorOf(await logFolder(300));
    await writeFile(
      join(mirror, 'seen', 'other'),
      await testSigner(ORIGIN).sign({ treeSize: 7, rootHash: Buffer.alloc(32) }),
    );
    expect(await codesOf(mirror)).toEqual(['SEEN_ROOT_DIFFERS']);
    await rm(join(mirror, 'seen'), { recursive: true });
    await rename(join(other, tilePath(0, 0)), join(mirror, tilePath(0, 5)));
    await writeFile(join(mirror, 'tile', 'notes.txt'), 'mine');
    expect(await codesOf(mirror)).toEqual(['FILE_UNKNOWN']);
    for (const bad of [note.replace('300', '3oo'), 'torn']) {
      await writeFile(join(mirror, 'checkpoint'), bad);
      expect(await codesOf(mirror, true)).toContain('CHECKPOINT_UNUSABLE');
    }
    await writeFile(join(mirror, 'checkpoint'), note);
    const found = await checkFolder({ directory: mirror, verifierKey: testSigner(ORIGIN, 8).verifierKey });
    expect(found.differences).toContainEqual(expect.objectContaining({ code: 'CHECKPOINT_UNUSABLE' }));
    await rm(join(mirror, 'checkpoint'));
    expect(await codesOf(mirror)).toContain('CHECKPOINT_UNUSABLE');
  });

  it('is not checked while a service has it open', async () => {
    const { directory } = await logFolder(1);
    const log = await openLog({ directory, origin: ORIGIN, signer });
    await expectCode(() => checkFolder({ directory }), 'LOG_LOCKED');
    await log.close();
  });
});
