import { appendFile, copyFile, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toLeaf } from '../entry/index.ts';
import { expectCode } from '../testdata/expect-code.ts';
import { entryOf, ORIGIN, temporaryDirectory, testSigner } from '../testdata/kitchen-log.ts';
import { encodeFrame } from './frame.ts';
import { openLog } from './open-log.ts';

const signer = testSigner();
const GROUP_COUNT = 4;

/** A log of four groups of one entry each, closed; and where its leaves are. */
async function closedLog(): Promise<{
  directory: string;
  leaves: string;
  mark: string;
  byteLength: number;
  groupBytes: number;
}> {
  const directory = await temporaryDirectory();
  const log = await openLog({ directory, origin: ORIGIN, signer });
  for (let turn = 0; turn < GROUP_COUNT; turn += 1) await log.append(entryOf('log-read', { turn }));
  await log.close();
  const leaves = join(directory, 'leaves');
  const { size } = await stat(leaves);
  return { directory, leaves, mark: join(directory, 'durable-mark'), byteLength: size, groupBytes: size / GROUP_COUNT };
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
    const { directory, leaves, byteLength } = await closedLog();
    const original = await readFile(leaves);
    const mark = await readFile(join(directory, 'durable-mark'));
    for (let kept = 1; kept < nextGroup.byteLength; kept += 7) {
      await writeFile(leaves, Buffer.concat([original, nextGroup.subarray(0, kept)]));
      await writeFile(join(directory, 'durable-mark'), mark);
      expect(await sizeWhenOpened(directory), `torn after ${kept} bytes`).toBe(GROUP_COUNT);
    }
    expect(byteLength).toBe(original.byteLength);
  });

  it('is cut back when the tail has its length but not its bytes', async () => {
    const { directory, leaves } = await closedLog();
    await appendFile(leaves, Buffer.alloc(500));
    expect(await sizeWhenOpened(directory)).toBe(GROUP_COUNT);
    expect(await sizeWhenOpened(directory)).toBe(GROUP_COUNT + 1);
  });

  it('keeps a whole group that was written but not yet acknowledged', async () => {
    const { directory, leaves } = await closedLog();
    await appendFile(leaves, nextGroup);
    expect(await sizeWhenOpened(directory)).toBe(GROUP_COUNT + 2);
  });
});

describe('a damaged log', () => {
  it('is refused, and left as it is, for a flipped bit anywhere in what was acknowledged', async () => {
    const { directory, leaves, byteLength } = await closedLog();
    const original = await readFile(leaves);
    for (let offset = 0; offset < byteLength; offset += 11) {
      const flipped = Buffer.from(original);
      flipped[offset] = (flipped[offset] ?? 0) ^ 0x10;
      await writeFile(leaves, flipped);
      await expectCode(() => openLog({ directory, origin: ORIGIN, signer }), 'LOG_CORRUPT');
      expect(await readFile(leaves)).toEqual(flipped);
    }
  });

  it('is refused with the place of the damage', async () => {
    const { directory, leaves, groupBytes } = await closedLog();
    const bytes = await readFile(leaves);
    bytes[2 * groupBytes + 40] = 0;
    await writeFile(leaves, bytes);
    const opening = openLog({ directory, origin: ORIGIN, signer });
    await expect(opening).rejects.toThrow(`entry 2, byte ${2 * groupBytes} `);
  });

  it('is refused for damage in the middle also when the mark of what was acknowledged is lost', async () => {
    const { directory, leaves, mark, groupBytes } = await closedLog();
    const bytes = await readFile(leaves);
    bytes[groupBytes + 30] = 0;
    await writeFile(leaves, bytes);
    await rm(mark);
    await expectCode(() => openLog({ directory, origin: ORIGIN, signer }), 'LOG_CORRUPT');
  });

  it('is refused when acknowledged groups are gone, even cut off cleanly', async () => {
    const { directory, leaves, byteLength, groupBytes } = await closedLog();
    await truncate(leaves, byteLength - groupBytes);
    await expectCode(() => openLog({ directory, origin: ORIGIN, signer }), 'LOG_CORRUPT');
  });

  it('is refused when groups are exchanged or doubled', async () => {
    const { directory, leaves, groupBytes } = await closedLog();
    const bytes = await readFile(leaves);
    const group = (index: number) => bytes.subarray(index * groupBytes, (index + 1) * groupBytes);
    for (const order of [
      [0, 2, 1, 3],
      [0, 1, 1, 2, 3],
      [1, 2, 3],
    ]) {
      await writeFile(leaves, Buffer.concat(order.map(group)));
      await expectCode(() => openLog({ directory, origin: ORIGIN, signer }), 'LOG_CORRUPT');
    }
  });

  it('is refused when more is damaged at the end than one crash can do', async () => {
    const { directory, leaves } = await closedLog();
    await appendFile(leaves, Buffer.alloc(2_000_000));
    await expectCode(() => openLog({ directory, origin: ORIGIN, signer }), 'LOG_CORRUPT');
  });

  it('is found while reading, when it was damaged after it was opened', async () => {
    const { directory, leaves, groupBytes } = await closedLog();
    const log = await openLog({ directory, origin: ORIGIN, signer });
    const bytes = await readFile(leaves);
    const other = encodeFrame(2, [toLeaf(entryOf('log-read', { turn: 7 }))]);
    expect(other.byteLength).toBe(groupBytes);
    other.copy(bytes, 2 * groupBytes);
    await writeFile(`${leaves}.edited`, bytes);
    await copyFile(`${leaves}.edited`, leaves);
    expect(await Array.fromAsync(log.read(0, 2))).toHaveLength(2);
    await expectCode(() => Array.fromAsync(log.read(0, 4)), 'LOG_CORRUPT');
    await log.close();
  });
});
