import { appendFile, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toLeaf } from '../entry/index.ts';
import { tilePath } from '../merkle/index.ts';
import { expectCode } from '../testdata/expect-code.ts';
import { entryOf, ORIGIN, temporaryDirectory, testSigner } from '../testdata/kitchen-log.ts';
import type { AuditLog } from './audit-log.ts';
import { encodeFrame } from './frame.ts';
import { JOURNAL_HEADER_BYTES } from './journal-header.ts';
import { openLog } from './open-log.ts';

const signer = testSigner();
const GROUP_COUNT = 4;

/** A log of four groups of one entry each, closed; and where its journal is. */
async function closedLog(): Promise<{
  directory: string;
  journal: string;
  mark: string;
  byteLength: number;
  groupBytes: number;
}> {
  const directory = await temporaryDirectory();
  const log = await openLog({ directory, origin: ORIGIN, signer });
  for (let turn = 0; turn < GROUP_COUNT; turn += 1) await log.append(entryOf('log-read', { turn }));
  await log.close();
  const journal = join(directory, 'journal');
  const { size } = await stat(journal);
  const groupBytes = (size - JOURNAL_HEADER_BYTES) / GROUP_COUNT;
  return { directory, journal, mark: join(directory, 'durable-mark'), byteLength: size, groupBytes };
}

async function sizeWhenOpened(directory: string): Promise<number> {
  const log = await openLog({ directory, origin: ORIGIN, signer });
  const { treeSize } = log;
  await log.append(entryOf('log-read', { turn: treeSize }));
  await log.close();
  return treeSize;
}

const nextGroup = encodeFrame(GROUP_COUNT, [
  toLeaf(entryOf('log-read', { turn: GROUP_COUNT })),
  toLeaf(entryOf('log-read', { turn: 5 })),
]);

describe('a log with a torn tail', () => {
  it('is cut back to what was acknowledged, wherever the tear is, and goes on', async () => {
    const { directory, journal, byteLength } = await closedLog();
    const original = await readFile(journal);
    const mark = await readFile(join(directory, 'durable-mark'));
    for (let kept = 1; kept < nextGroup.byteLength; kept += 7) {
      await writeFile(journal, Buffer.concat([original, nextGroup.subarray(0, kept)]));
      await writeFile(join(directory, 'durable-mark'), mark);
      expect(await sizeWhenOpened(directory), `torn after ${kept} bytes`).toBe(GROUP_COUNT);
    }
    expect(byteLength).toBe(original.byteLength);
  });

  it('is cut back when the tail has its length but not its bytes', async () => {
    const { directory, journal } = await closedLog();
    await appendFile(journal, Buffer.alloc(500));
    expect(await sizeWhenOpened(directory)).toBe(GROUP_COUNT);
    expect(await sizeWhenOpened(directory)).toBe(GROUP_COUNT + 1);
  });

  it('keeps a whole group that was written but not yet acknowledged', async () => {
    const { directory, journal } = await closedLog();
    await appendFile(journal, nextGroup);
    expect(await sizeWhenOpened(directory)).toBe(GROUP_COUNT + 2);
  });
});

describe('a damaged log', () => {
  it('is refused, and left as it is, for a flipped bit anywhere in what was acknowledged', async () => {
    const { directory, journal, byteLength } = await closedLog();
    const original = await readFile(journal);
    for (let offset = 0; offset < byteLength; offset += 11) {
      const flipped = Buffer.from(original);
      flipped[offset] = (flipped[offset] ?? 0) ^ 0x10;
      await writeFile(journal, flipped);
      await expectCode(() => openLog({ directory, origin: ORIGIN, signer }), 'LOG_CORRUPT');
      expect(await readFile(journal)).toEqual(flipped);
    }
  });

  it('is refused with the place of the damage', async () => {
    const { directory, journal, groupBytes } = await closedLog();
    const bytes = await readFile(journal);
    bytes[JOURNAL_HEADER_BYTES + 2 * groupBytes + 40] = 0;
    await writeFile(journal, bytes);
    const opening = openLog({ directory, origin: ORIGIN, signer });
    await expect(opening).rejects.toThrow(`entry 2, byte ${JOURNAL_HEADER_BYTES + 2 * groupBytes} `);
  });

  it('is refused for damage in the middle also when the mark of what was acknowledged is lost', async () => {
    const { directory, journal, mark, groupBytes } = await closedLog();
    const bytes = await readFile(journal);
    bytes[JOURNAL_HEADER_BYTES + groupBytes + 30] = 0;
    await writeFile(journal, bytes);
    await rm(mark);
    await expectCode(() => openLog({ directory, origin: ORIGIN, signer }), 'LOG_CORRUPT');
  });

  it('is refused when acknowledged groups are gone, even cut off cleanly', async () => {
    const { directory, journal, byteLength, groupBytes } = await closedLog();
    await truncate(journal, byteLength - groupBytes);
    await expectCode(() => openLog({ directory, origin: ORIGIN, signer }), 'LOG_CORRUPT');
  });

  it('is refused when groups are exchanged or doubled', async () => {
    const { directory, journal, groupBytes } = await closedLog();
    const bytes = await readFile(journal);
    const header = bytes.subarray(0, JOURNAL_HEADER_BYTES);
    const group = (index: number) =>
      bytes
        .subarray(header.length)
        .subarray(index * groupBytes)
        .subarray(0, groupBytes);
    for (const order of [
      [0, 2, 1, 3],
      [0, 1, 1, 2, 3],
      [1, 2, 3],
    ]) {
      await writeFile(journal, Buffer.concat([header, ...order.map(group)]));
      await expectCode(() => openLog({ directory, origin: ORIGIN, signer }), 'LOG_CORRUPT');
    }
  });

  it('is refused when more is damaged at the end than one crash can do', async () => {
    const { directory, journal } = await closedLog();
    await appendFile(journal, Buffer.alloc(2_000_000));
    await expectCode(() => openLog({ directory, origin: ORIGIN, signer }), 'LOG_CORRUPT');
  });

  it('is refused when its journal is gone, or does not begin as one', async () => {
    const { directory, journal } = await closedLog();
    const log = await openLog({ directory, origin: ORIGIN, signer });
    await log.checkpoint();
    await log.close();
    const bytes = await readFile(journal);
    for (const damage of [
      () => rm(journal),
      () => truncate(journal, 20),
      () => writeFile(journal, bytes.subarray(1)),
    ]) {
      await damage();
      await expectCode(() => openLog({ directory, origin: ORIGIN, signer }), 'LOG_CORRUPT');
      await writeFile(journal, bytes);
    }
    expect(await sizeWhenOpened(directory)).toBe(GROUP_COUNT);
  });
});

describe('a log whose entries lie in tiles', () => {
  /** A log of so many entries, with a checkpoint over all of them. */
  async function longLog(count: number): Promise<{ directory: string; log: AuditLog }> {
    const directory = await temporaryDirectory();
    const log = await openLog({ directory, origin: ORIGIN, signer });
    const turns = Array.from({ length: count }, (_, turn) => turn);
    await Promise.all(turns.map((turn) => log.append(entryOf('log-read', { turn }))));
    await log.checkpoint();
    return { directory, log };
  }

  it('finds while reading what was damaged after it was opened', async () => {
    const { directory, log } = await longLog(600);
    const bundle = join(directory, tilePath('entries', 1));
    const text = await readFile(bundle, 'latin1');
    await writeFile(bundle, text.replace('"turn":300}', '"turn":301}'), 'latin1');
    expect(await Array.fromAsync(log.read(0, 300))).toHaveLength(300);
    await expectCode(() => Array.fromAsync(log.read(299, 2)), 'LOG_CORRUPT');
    await rm(bundle);
    await expectCode(() => Array.fromAsync(log.read(256, 1)), 'LOG_CORRUPT');
    expect(await Array.fromAsync(log.read(512, 100))).toHaveLength(88);
    await log.close();
  });

  it('makes partial tiles again that a crash tore, and drops those of entries that are lost', async () => {
    const { directory, log } = await longLog(280);
    await Promise.all(Array.from({ length: 20 }, () => log.append(entryOf('log-read'))));
    await log.checkpoint();
    await log.close();
    const partials = [24, 44].flatMap((width) => [tilePath('entries', 1, width), tilePath(0, 1, width)]);
    const paths = [...partials, tilePath(1, 0, 1)];
    const whole = await Promise.all(paths.map((path) => readFile(join(directory, path))));
    for (const path of paths) await truncate(join(directory, path), 7);
    await writeFile(join(directory, tilePath(0, 1, 45)), 'of an entry that never was');
    const again = await openLog({ directory, origin: ORIGIN, signer });
    expect(await Promise.all(paths.map((path) => readFile(join(directory, path))))).toEqual(whole);
    await expect(readFile(join(directory, tilePath(0, 1, 45)))).rejects.toThrow('ENOENT');
    await again.close();
  });
});
