import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCheckpoint } from '../checkpoint/index.ts';
import { leavesOf } from '../testdata/kitchen-log.ts';
import { entriesOfScenes, lawfulNight } from '../testdata/lawful-night.ts';
import { mirrorOf, withOtherEntries } from '../testdata/mirror-of.ts';
import { checkpointOfMirror } from '../tiles/index.ts';
import { findAlteredEntry } from './find-altered-entry.ts';

const night = leavesOf(entriesOfScenes(lawfulNight()));
/** More than a bundle: what is looked for may lie in any of them. */
const leaves: Uint8Array[] = Array.from({ length: 8 }, (_, nth) =>
  night.map((leaf) => Buffer.concat([leaf, Buffer.from(` ${nth}`)])),
).flat();
const checkpointOf = async (mirror: string) => parseCheckpoint(await checkpointOfMirror(mirror));
const leafAt = (index: number) => leaves[index] as Uint8Array;
const strange: Uint8Array = Buffer.from('another entry');

async function findIn(altered: readonly Uint8Array[]) {
  const mirror = await mirrorOf(leaves);
  return findAlteredEntry(await withOtherEntries(mirror, altered), await checkpointOf(mirror));
}

describe('an altered mirror', () => {
  it.each([
    ['an entry is another', leaves.with(270, strange), 'ENTRY_ALTERED', 270],
    ['the first entry is another', leaves.with(0, strange), 'ENTRY_ALTERED', 0],
    ['the last entry is another', leaves.with(-1, strange), 'ENTRY_ALTERED', leaves.length - 1],
    ['an entry is left out', leaves.toSpliced(100, 1), 'ENTRY_DROPPED', 100],
    ['the last entry is left out', leaves.slice(0, -1), 'ENTRY_DROPPED', leaves.length - 1],
    ['an entry stands twice', leaves.toSpliced(100, 0, leafAt(99)), 'ENTRY_REPEATED', 100],
    ['an entry was slipped in', leaves.toSpliced(100, 0, strange), 'ENTRY_ADDED', 100],
    ['two neighbours are exchanged', leaves.with(40, leafAt(41)).with(41, leafAt(40)), 'ENTRY_MOVED', 40],
    ['two entries far apart are exchanged', leaves.with(3, leafAt(290)).with(290, leafAt(3)), 'ENTRY_MOVED', 3],
  ])('tells the place and the deed when %s', async (_, altered, code, leafIndex) => {
    expect(await findIn(altered)).toMatchObject({ code, leafIndex });
  });

  it('has nothing to tell when nothing was altered', async () => {
    expect(await findIn(leaves)).toBeUndefined();
  });

  it('tells no place when its hashes are not those that were signed either', async () => {
    const mirror = await mirrorOf(leaves);
    const checkpoint = await checkpointOf(mirror);
    const altered = await withOtherEntries(mirror, leaves.with(5, strange));
    const tile = join(altered, 'tile/0/000');
    const bytes = await readFile(tile);
    bytes[5 * 32] = (bytes[5 * 32] ?? 0) ^ 1;
    await writeFile(tile, bytes);
    expect(await findAlteredEntry(altered, checkpoint)).toBeUndefined();
    await rm(tile);
    expect(await findAlteredEntry(altered, checkpoint)).toBeUndefined();
  });
});
