import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CheckpointSigner, verifyCheckpoint } from '../checkpoint/index.ts';
import { expectCode } from '../testdata/expect-code.ts';
import { entryOf, ORIGIN, temporaryDirectory, testSigner } from '../testdata/kitchen-log.ts';
import { openLog } from './open-log.ts';

const signer = testSigner();

/** A signer that counts, and that waits before it signs so that calls overlap. */
function countingSigner(): { signer: CheckpointSigner; signed: number[] } {
  const signed: number[] = [];
  const sign: CheckpointSigner['sign'] = async (tree) => {
    signed.push(tree.treeSize);
    await new Promise((resolve) => setTimeout(resolve, 10));
    return signer.sign(tree);
  };
  return { signer: { ...signer, sign }, signed };
}

describe('the checkpoint of a log', () => {
  it('covers every entry appended before it was asked for', async () => {
    const log = await openLog({ directory: await temporaryDirectory(), origin: ORIGIN, signer });
    await Promise.all([0, 1, 2].map((turn) => log.append(entryOf('log-read', { turn }))));
    const { treeSize, rootHash } = verifyCheckpoint(await log.checkpoint(), signer.verifierKey);
    expect(treeSize).toBe(3);
    expect(new Uint8Array(rootHash)).toEqual(log.rootHash());
    await log.close();
  });

  it('is on disk before it is given away, and the same until the tree grows, also after a restart', async () => {
    const directory = await temporaryDirectory();
    const counting = countingSigner();
    const log = await openLog({ directory, origin: ORIGIN, signer: counting.signer });
    await log.append(entryOf('log-read'));
    const notes = await Promise.all([log.checkpoint(), log.checkpoint(), log.checkpoint()]);
    expect(await readFile(join(directory, 'checkpoint'), 'utf8')).toBe(notes[0]);
    await log.close();
    const again = await openLog({ directory, origin: ORIGIN, signer: counting.signer });
    expect(new Set([...notes, await again.checkpoint()]).size).toBe(1);
    expect(counting.signed).toEqual([1]);
    await again.close();
  });

  it('covers an entry that came while an older tree was being signed', async () => {
    const counting = countingSigner();
    const log = await openLog({ directory: await temporaryDirectory(), origin: ORIGIN, signer: counting.signer });
    const first = log.checkpoint();
    await log.append(entryOf('log-read'));
    expect(verifyCheckpoint(await log.checkpoint(), signer.verifierKey).treeSize).toBe(1);
    expect(verifyCheckpoint(await first, signer.verifierKey).treeSize).toBe(0);
    await log.close();
  });

  it('stops an operator who puts an older copy of the leaves back', async () => {
    const [directory, copy] = [await temporaryDirectory(), join(await temporaryDirectory(), 'copy')];
    const log = await openLog({ directory, origin: ORIGIN, signer });
    await log.append(entryOf('log-read'));
    await log.close();
    await cp(directory, copy, { recursive: true });
    const later = await openLog({ directory, origin: ORIGIN, signer });
    await later.append(entryOf('release-made', { question: 'q-1' }));
    await later.checkpoint();
    await later.close();
    for (const file of ['journal', 'durable-mark']) await cp(join(copy, file), join(directory, file));
    await expectCode(() => openLog({ directory, origin: ORIGIN, signer }), 'CHECKPOINT_CONTRADICTS_LOG');
  });

  it('stops an operator who puts another history in its place', async () => {
    const [directory, other] = [await temporaryDirectory(), await temporaryDirectory()];
    for (const [place, kind] of [
      [directory, 'release-made'],
      [other, 'question-refused'],
    ] as const) {
      const log = await openLog({ directory: place, origin: ORIGIN, signer });
      await log.append(entryOf(kind, { question: 'q-1' }));
      await log.checkpoint();
      await log.close();
    }
    for (const file of ['journal', 'durable-mark']) await cp(join(other, file), join(directory, file));
    await expectCode(() => openLog({ directory, origin: ORIGIN, signer }), 'CHECKPOINT_CONTRADICTS_LOG');
  });

  it('must be of the log’s own key', async () => {
    const directory = await temporaryDirectory();
    const log = await openLog({ directory, origin: ORIGIN, signer });
    await log.checkpoint();
    await log.close();
    await expectCode(
      () => openLog({ directory, origin: ORIGIN, signer: testSigner(ORIGIN, 8) }),
      'CHECKPOINT_CONTRADICTS_LOG',
    );
    await writeFile(join(directory, 'checkpoint'), 'torn');
    await expectCode(() => openLog({ directory, origin: ORIGIN, signer }), 'CHECKPOINT_CONTRADICTS_LOG');
    await rm(join(directory, 'checkpoint'));
    await (await openLog({ directory, origin: ORIGIN, signer })).close();
  });
});
