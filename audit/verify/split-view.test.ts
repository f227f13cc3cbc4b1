import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toLeaf } from '../entry/leaf.ts';
import { expectCode } from '../testdata/expect-code.ts';
import { entryOf, ORIGIN, signedLeaves, stream, temporaryDirectory, testSigner } from '../testdata/kitchen-log.ts';
import { rotatedLog } from '../testdata/rotated-log.ts';
import { formatSplitView, makeSplitView, parseSplitView, verifySplitView } from './split-view.ts';

const { verifierKey } = testSigner();
const leafAt = (index: number, more = 0) => toLeaf(entryOf('log-read', { from: index, more }));
/** A log of so many entries; the second one parts from the first at an entry. */
const honest = (size: number) => Array.from({ length: size }, (_, index) => leafAt(index));
const forked = (size: number, at: number) => honest(size).map((leaf, index) => (index < at ? leaf : leafAt(index, 1)));

async function evidenceOf(earlier: readonly Uint8Array[], later: readonly Uint8Array[]) {
  const [one, other] = [await signedLeaves(earlier), await signedLeaves(later)];
  return makeSplitView([one.checkpoint, other.checkpoint], stream(later));
}

describe('evidence of a split view', () => {
  it('is conclusive for any two logs of one key that part before the end of the smaller one, and for no others', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.nat(40), fc.nat(60), async (size, more, at) => {
        const evidence = await evidenceOf(honest(size), forked(size + more, at));
        const read = parseSplitView(formatSplitView(evidence));
        if (at < size) expect(verifySplitView(read, verifierKey)).toMatchObject({ origin: ORIGIN, treeSize: size });
        else await expectCode(() => verifySplitView(read, verifierKey), 'EVIDENCE_INCONCLUSIVE');
      }),
      { numRuns: 60 },
    );
  });

  it('accuses nobody who did not sign both', async () => {
    const evidence = await evidenceOf(honest(5), forked(9, 3));
    await expectCode(() => verifySplitView(evidence, testSigner(ORIGIN, 8).verifierKey), 'SIGNATURE_MISSING');
    const strange = await signedLeaves(honest(5), testSigner(ORIGIN, 8));
    const made = { ...evidence, notes: [strange.checkpoint, evidence.notes[1]] as const };
    await expectCode(() => verifySplitView(made, verifierKey), 'SIGNATURE_MISSING');
  });

  it('accuses nobody with a root that is not of the later tree', async () => {
    const evidence = await evidenceOf(honest(5), honest(9));
    const otherRoot = new Uint8Array(32).fill(7);
    await expectCode(() => verifySplitView({ ...evidence, otherRoot }, verifierKey), 'ROOT_HASH_MISMATCH');
    const equal = await evidenceOf(honest(5), honest(5));
    await expectCode(() => verifySplitView({ ...equal, otherRoot }, verifierKey), 'ROOT_HASH_MISMATCH');
  });

  it('holds where the key was changed in between', async () => {
    const { log, history, signers, checkpoints } = await rotatedLog(await temporaryDirectory());
    const size = log.treeSize;
    await log.close();
    const other = await signedLeaves(forked(size, 0), signers[2]);
    const notes = [checkpoints[0] ?? '', other.checkpoint] as const;
    const evidence = await makeSplitView(notes, stream(other.leaves), history);
    const read = parseSplitView(formatSplitView(evidence));
    expect(verifySplitView(read, signers[1]?.verifierKey ?? '')).toMatchObject({ treeSize: 5 });
    await expectCode(
      () => verifySplitView({ ...read, keys: null }, signers[0]?.verifierKey ?? ''),
      'SIGNATURE_MISSING',
    );
  });

  it('is not made from fewer leaves than were signed', async () => {
    const [one, other] = [await signedLeaves(honest(3)), await signedLeaves(forked(9, 1))];
    await expectCode(() => makeSplitView([one.checkpoint, other.checkpoint], stream(honest(8))), 'TREE_SIZE_MISMATCH');
  });

  it('is no file of another form', async () => {
    const value = JSON.parse(formatSplitView(await evidenceOf(honest(3), forked(4, 0)))) as Record<string, unknown>;
    const odd = [
      { ...value, version: 2 },
      { ...value, kind: 'rumour' },
      { ...value, checkpoints: ['x'] },
      { ...value, more: 1 },
    ];
    for (const one of odd) await expectCode(() => parseSplitView(JSON.stringify(one)), 'PROOF_FILE_MALFORMED');
  });
});
