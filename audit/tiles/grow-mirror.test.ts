import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCheckpoint } from '../checkpoint/index.ts';
import { CompactRange, leafHash } from '../merkle/index.ts';
import { expectCode } from '../testdata/expect-code.ts';
import { signedLeaves, stream, temporaryDirectory } from '../testdata/kitchen-log.ts';
import { growMirror } from './grow-mirror.ts';
import { checkpointOfMirror, leavesOfMirror, seenByMirror } from './mirror.ts';

const leavesUpTo = (size: number, said = 'leaf', length = 10) =>
  Array.from({ length: size }, (_, index) => Buffer.from(`${said} ${index}`.padEnd(length)));

/** A log that shows these leaves, and counts what is asked of it; it breaks off after so many. */
function shown(leaves: readonly Uint8Array[], breaksAfter = Number.POSITIVE_INFINITY) {
  const asked: number[] = [];
  async function* send(from: number, until: number) {
    asked.push(until - from);
    for (const [nth, leaf] of leaves.slice(from, until).entries()) {
      if (nth >= breaksAfter) throw new Error('the line is cut');
      yield leaf;
    }
  }
  return { asked, send };
}

async function grow(directory: string, leaves: readonly Uint8Array[], show = shown(leaves)) {
  const { checkpoint } = await signedLeaves(leaves);
  const grown = await growMirror({ directory, checkpoint, keys: '{}', leaves: show.send });
  return { ...grown, asked: show.asked };
}

/** Every leaf that the mirror has, after its root was found to be the one its checkpoint signs. */
async function wholeLeaves(directory: string): Promise<string[]> {
  const { treeSize, rootHash } = parseCheckpoint(await checkpointOfMirror(directory));
  const leaves = await Array.fromAsync(leavesOfMirror(directory, { untilIndex: treeSize }));
  const range = new CompactRange();
  for (const leaf of leaves) range.append(leafHash(leaf));
  expect(Buffer.from(range.root())).toEqual(Buffer.from(rootHash));
  return leaves.map((leaf) => Buffer.from(leaf).toString());
}

async function filesOf(directory: string): Promise<Map<string, string>> {
  const files = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  const told = paths.map(async (path) => [path.slice(directory.length), await readFile(path, 'latin1')] as const);
  return new Map((await Promise.all(told)).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

describe('a mirror that grows', () => {
  it('asks for what it lacks, and keeps every checkpoint it was shown', async () => {
    const directory = await temporaryDirectory();
    const sizes = [0, 1, 100, 256, 300, 300, 1000];
    for (const size of sizes) {
      await grow(directory, leavesUpTo(size));
      expect(await wholeLeaves(directory)).toHaveLength(size);
    }
    const { asked, hadEntries } = await grow(directory, leavesUpTo(1100));
    // The bundle that was partial is asked for again.
    expect([asked, hadEntries]).toEqual([[1100 - 768], 1000]);
    expect(await seenByMirror(directory)).toHaveLength(new Set(sizes).size + 1);
    expect((await readdir(directory)).toSorted()).toEqual(['checkpoint', 'keys', 'lock', 'seen', 'tile']);
  });

  it('goes on where it was interrupted', async () => {
    const directory = await temporaryDirectory();
    const leaves = leavesUpTo(3000, 'leaf', 3000);
    await grow(directory, leaves.slice(0, 500));
    await expect(grow(directory, leaves, shown(leaves, 2000))).rejects.toThrow('the line is cut');
    expect(await wholeLeaves(directory)).toHaveLength(500);
    const { asked } = await grow(directory, leaves);
    expect(asked[0]).toBeLessThan(1700);
    expect(await wholeLeaves(directory)).toEqual(leaves.map(String));
  });

  it('stays what it was when the log is rolled back, forked or sends what it did not sign', async () => {
    const directory = await temporaryDirectory();
    await grow(directory, leavesUpTo(600));
    const before = await filesOf(join(directory, 'tile'));
    const forked = [...leavesUpTo(599), ...leavesUpTo(5000, 'other', 3000)];
    const signed = leavesUpTo(4000, 'leaf', 10);
    const cases = [
      ['LOG_ROLLED_BACK', leavesUpTo(599), undefined],
      ['LOG_FORKED', leavesUpTo(600, 'other'), undefined],
      ['LOG_FORKED', forked, undefined],
      ['TREE_SIZE_MISMATCH', signed, shown(signed.slice(0, 3999))],
      ['ROOT_HASH_MISMATCH', signed, shown([...signed.slice(0, 600), ...leavesUpTo(3400, 'other', 3000)])],
      ['ROOT_HASH_MISMATCH', signed, shown(signed.with(601, Buffer.from('altered')))],
    ] as const;
    for (const [code, leaves, show] of cases) {
      const { checkpoint } = await signedLeaves(leaves);
      await expectCode(() => grow(directory, leaves, show ?? shown(leaves)), code);
      expect(await filesOf(join(directory, 'tile')), code).toEqual(before);
      expect(await seenByMirror(directory), 'what was shown is evidence').toContain(checkpoint);
      expect(await wholeLeaves(directory)).toHaveLength(600);
    }
    await expectCode(() => growMirrorSending(directory, leavesUpTo(700), leavesUpTo(701)), 'TREE_SIZE_MISMATCH');
    await grow(directory, signed);
    expect(await wholeLeaves(directory)).toHaveLength(4000);
  });

  it('is the same files as a plain copy of them', async () => {
    const [directory, copy] = [await temporaryDirectory(), join(await temporaryDirectory(), 'copy')];
    await grow(directory, leavesUpTo(700));
    await cp(directory, copy, { recursive: true });
    expect(await wholeLeaves(copy)).toHaveLength(700);
    await grow(copy, leavesUpTo(900));
    expect(await wholeLeaves(copy)).toHaveLength(900);
  });
});

/** A log that goes on sending after the last leaf that it was asked for. */
async function growMirrorSending(directory: string, signed: readonly Uint8Array[], sent: readonly Uint8Array[]) {
  const { checkpoint } = await signedLeaves(signed);
  await growMirror({ directory, checkpoint, keys: '{}', leaves: (from) => stream(sent.slice(from)) });
}
