import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EntryBody } from '../entry/index.ts';
import { openLog } from '../log/index.ts';
import { expectCode } from '../testdata/expect-code.ts';
import {
  entryOf,
  lawfulHistory,
  leavesOf,
  ORIGIN,
  signedLeaves,
  stream,
  temporaryDirectory,
  testSigner,
} from '../testdata/kitchen-log.ts';
import { verifyLog } from './verify-log.ts';

const signer = testSigner();
const { verifierKey } = signer;
const honest = leavesOf(lawfulHistory());

async function verify(leaves: readonly Uint8Array[], checkpoint: string, seenCheckpoints: readonly string[] = []) {
  return verifyLog({ leaves: stream(leaves), checkpoint, verifierKey, seenCheckpoints });
}

/** Verifies a history that the operator wrote and signed as it stands: only its meaning can give it away. */
async function verifySigned(history: readonly EntryBody[]) {
  const { leaves, checkpoint } = await signedLeaves(leavesOf(history));
  return verify(leaves, checkpoint);
}

describe('an honest log', () => {
  it('verifies from its leaves, its checkpoint and every earlier checkpoint', async () => {
    const log = await openLog({ directory: await temporaryDirectory(), origin: ORIGIN, signer });
    const seenCheckpoints = [await log.checkpoint()];
    for (const body of lawfulHistory()) {
      await log.append(body);
      seenCheckpoints.push(await log.checkpoint());
    }
    const leaves = (await Array.fromAsync(log.read(0, log.treeSize))).map(({ leaf }) => leaf);
    const rootHash = Buffer.from(log.rootHash()).toString('hex');
    expect(await verify(leaves, await log.checkpoint(), seenCheckpoints)).toEqual({
      entries: 6,
      treeSize: 6,
      rootHash,
      checkedCheckpoints: 7,
    });
    await log.close();
  });

  it('verifies when it is empty', async () => {
    const { leaves, checkpoint } = await signedLeaves([]);
    expect(await verify(leaves, checkpoint)).toMatchObject({ entries: 0, treeSize: 0 });
  });
});

describe('an altered log', async () => {
  const { checkpoint } = await signedLeaves(honest);

  it('is found when any leaf is dropped', async () => {
    for (const index of honest.keys()) {
      const leaves = honest.toSpliced(index, 1);
      await expect(verify(leaves, checkpoint)).rejects.toMatchObject({
        code: expect.stringMatching(/^(TREE_SIZE_MISMATCH|RELEASE_NOT_RESERVED|RELEASE_NOT_ADMITTED)$/),
      });
    }
    await expectCode(() => verify(honest.slice(0, -1), checkpoint), 'TREE_SIZE_MISMATCH');
  });

  it('is found when a leaf is doubled or added', async () => {
    await expectCode(() => verify(honest.toSpliced(1, 0, honest[1] as Uint8Array), checkpoint), 'TREE_SIZE_MISMATCH');
    await expectCode(() => verify([...honest, honest.at(-1) as Uint8Array], checkpoint), 'TREE_SIZE_MISMATCH');
  });

  it('is found when two leaves are exchanged', async () => {
    const exchanged = honest.with(1, honest[2] as Uint8Array).with(2, honest[1] as Uint8Array);
    await expectCode(() => verify(exchanged, checkpoint), 'ENTRY_BACKDATED');
    const sameTime = leavesOf([entryOf('log-read', { turn: 1 }), entryOf('log-read', { turn: 2 })]);
    const signed = await signedLeaves(sameTime);
    await expectCode(() => verify(sameTime.toReversed(), signed.checkpoint), 'ROOT_HASH_MISMATCH');
  });

  it('is found when any bit of any leaf is flipped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: honest.length - 1 }), fc.nat(), async (index, at) => {
        const leaf = Buffer.from(honest[index] as Uint8Array);
        const bit = at % (leaf.byteLength * 8);
        leaf[bit >> 3] = (leaf[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await expect(verify(honest.with(index, leaf), checkpoint)).rejects.toMatchObject({
          name: 'LogVerificationError',
        });
      }),
    );
  });

  it('is found when an entry says something else in good form', async () => {
    const edited = lawfulHistory().with(2, entryOf('budget-reserved', { question: 'q-1', epsilonMicros: 1 }, 2));
    await expectCode(() => verify(leavesOf(edited), checkpoint), 'ROOT_HASH_MISMATCH');
  });

  it('is found when its checkpoint is forged or of another log', async () => {
    const forged = await signedLeaves(honest, testSigner(ORIGIN, 8));
    await expectCode(() => verify(honest, forged.checkpoint), 'SIGNATURE_MISSING');
    await expectCode(() => verify(honest, checkpoint.replace('\n6\n', '\n7\n')), 'SIGNATURE_WRONG');
    const other = await signedLeaves(honest, testSigner('other.example/log'));
    await expectCode(() => verify(honest, other.checkpoint), 'SIGNATURE_MISSING');
  });
});

describe('a history rewritten and signed again', () => {
  it('is found by a checkpoint seen before, when it is a fork of a common beginning', async () => {
    const seen = await signedLeaves(honest.slice(0, 5));
    const forked = await signedLeaves(
      leavesOf([
        ...lawfulHistory().slice(0, 4),
        entryOf('run-failed', { question: 'q-1' }, 4),
        entryOf('log-read', {}, 6),
      ]),
    );
    const common = await signedLeaves(honest.slice(0, 4));
    expect(await verify(forked.leaves, forked.checkpoint, [common.checkpoint])).toMatchObject({
      checkedCheckpoints: 1,
    });
    await expectCode(
      () => verify(forked.leaves, forked.checkpoint, [common.checkpoint, seen.checkpoint]),
      'LOG_FORKED',
    );
  });

  it('is found by a checkpoint seen before, when it is shorter or of the same size', async () => {
    const seen = await signedLeaves(honest);
    const shorter = await signedLeaves(honest.slice(0, 5));
    await expectCode(() => verify(shorter.leaves, shorter.checkpoint, [seen.checkpoint]), 'LOG_ROLLED_BACK');
    const rewritten = await signedLeaves(leavesOf(lawfulHistory().with(5, entryOf('log-read', {}, 5))));
    await expectCode(() => verify(rewritten.leaves, rewritten.checkpoint, [seen.checkpoint]), 'LOG_FORKED');
  });

  it('does not count a checkpoint that somebody else signed', async () => {
    const { leaves, checkpoint } = await signedLeaves(honest);
    const foreign = await signedLeaves(honest.slice(0, 2), testSigner(ORIGIN, 8));
    await expectCode(() => verify(leaves, checkpoint, [foreign.checkpoint]), 'SIGNATURE_MISSING');
  });

  it('is found when an entry is back-dated', async () => {
    await expectCode(
      () => verifySigned(lawfulHistory().with(4, entryOf('release-made', { question: 'q-1' }, 2))),
      'ENTRY_BACKDATED',
    );
  });

  it('is found when a leaf is not an entry, not canonical or of no known kind', async () => {
    for (const [from, to, code] of [
      ['{', '[', 'LEAF_NOT_JSON'],
      ['{', '{ ', 'LEAF_NOT_CANONICAL'],
      ['log-read', 'log-lost', 'ENTRY_KIND_UNKNOWN'],
    ] as const) {
      const odd = Buffer.from(
        Buffer.from(honest[5] as Uint8Array)
          .toString('utf8')
          .replace(from, to),
      );
      const { leaves, checkpoint } = await signedLeaves(honest.with(5, odd));
      await expect(verify(leaves, checkpoint)).rejects.toMatchObject({ code, leafIndex: 5 });
    }
  });
});

describe('a release in the log', () => {
  const history = lawfulHistory();

  it('must have budget reserved for its own question before it', async () => {
    await expectCode(() => verifySigned(history.toSpliced(2, 1)), 'RELEASE_NOT_RESERVED');
    await expectCode(
      () => verifySigned(history.with(2, entryOf('budget-reserved', { question: 'q-2' }, 2))),
      'RELEASE_NOT_RESERVED',
    );
  });

  it('must be of an admitted question', async () => {
    await expectCode(() => verifySigned(history.toSpliced(3, 1)), 'RELEASE_NOT_ADMITTED');
  });

  it('must not be charged for afterwards', async () => {
    const late = entryOf('budget-reserved', { question: 'q-1' }, 9);
    await expectCode(() => verifySigned([...history, late]), 'RESERVED_AFTER_RELEASE');
    expect(await verifySigned([...history, entryOf('budget-reserved', { question: 'q-2' }, 9)])).toMatchObject({
      entries: 7,
    });
  });

  it('must name its question', async () => {
    await expectCode(() => verifySigned(history.with(4, entryOf('release-made', {}, 4))), 'RELEASE_WITHOUT_QUESTION');
  });
});
