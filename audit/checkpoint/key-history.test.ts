import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { expectCode } from '../testdata/expect-code.ts';
import { ORIGIN, temporaryDirectory, testSigner } from '../testdata/kitchen-log.ts';
import { rotatedLog } from '../testdata/rotated-log.ts';
import { handoverSigner } from './checkpoint-signer.ts';
import {
  formatKeyHistory,
  type Handover,
  type KeyHistory,
  newKeyHistory,
  parseKeyHistory,
  verifyCheckpointByHistory,
  verifyKeyHistory,
} from './key-history.ts';
import { parseNote } from './note.ts';

const directory = await mkdtemp(join(tmpdir(), 'galley-keys-'));
afterAll(() => rm(directory, { recursive: true, force: true }));
const { log, history, signers, checkpoints } = await rotatedLog(directory);
await log.close();
const [first = '', second = '', third = ''] = signers.map(({ verifierKey }) => verifierKey);
const text = formatKeyHistory(history);
const rootHash = new Uint8Array(32).fill(9);

/** The history with one of its handovers changed. */
function withHandover(at: number, change: (handover: Handover) => Handover): KeyHistory {
  return { ...history, handovers: history.handovers.map((one, index) => (index === at ? change(one) : one)) };
}

describe('the keys of a log', () => {
  it('are followed through two changes from the first key alone, and from any other', () => {
    for (const trusted of [first, second, third]) {
      const { keys, handovers, origin } = verifyKeyHistory(parseKeyHistory(text), trusted);
      expect(origin).toBe(ORIGIN);
      expect(keys.map(({ verifierKey }) => verifierKey)).toEqual([first, second, third]);
      expect(keys.map(({ leafIndex, fromSize, untilSize }) => [leafIndex, fromSize, untilSize])).toEqual([
        [null, 0, 6],
        [5, 6, 12],
        [11, 12, null],
      ]);
      expect(handovers.map(({ treeSize }) => treeSize)).toEqual([6, 12]);
    }
  });

  it('are a history of one where the key was never changed', () => {
    expect(verifyKeyHistory(newKeyHistory(first), first).keys).toHaveLength(1);
  });

  it('say nothing to whoever trusts another key', async () => {
    const stranger = testSigner(ORIGIN, 1).verifierKey;
    await expectCode(() => verifyKeyHistory(history, stranger), 'KEY_NOT_IN_HISTORY');
    // A history of the stranger's own that ends in the true key needs the true key's hand.
    const own = { firstKey: stranger, handovers: history.handovers };
    await expectCode(() => verifyKeyHistory(own, first), 'SIGNATURE_MISSING');
  });

  it('verify the checkpoints that each of them signed', () => {
    const verified = verifyKeyHistory(history, first);
    expect(checkpoints.map((note) => verifyCheckpointByHistory(note, verified).treeSize)).toEqual([5, 11, 17]);
    for (const { note } of history.handovers) verifyCheckpointByHistory(note, verified);
  });

  it('sign nothing after they were replaced, and nothing before they took over', async () => {
    const verified = verifyKeyHistory(history, first);
    const [old, , newest] = signers;
    const late = await old?.sign({ treeSize: 7, rootHash });
    await expectCode(() => verifyCheckpointByHistory(late ?? '', verified), 'KEY_NOT_IN_FORCE');
    const early = await newest?.sign({ treeSize: 7, rootHash });
    await expectCode(() => verifyCheckpointByHistory(early ?? '', verified), 'KEY_NOT_IN_FORCE');
    const strange = await testSigner(ORIGIN, 1).sign({ treeSize: 7, rootHash });
    await expectCode(() => verifyCheckpointByHistory(strange, verified), 'SIGNATURE_MISSING');
  });
});

describe('a handover', () => {
  it('is refused when only one of the two keys signed it', async () => {
    const { text: signed, signatures } = parseNote(history.handovers[0]?.note ?? '');
    expect(signatures).toHaveLength(2);
    const lines = (history.handovers[0]?.note ?? '').split('\n').filter((line) => line.startsWith('— '));
    for (const line of lines) {
      const note = `${signed}\n${line}\n`;
      await expectCode(
        () =>
          verifyKeyHistory(
            withHandover(0, (one) => ({ ...one, note })),
            first,
          ),
        'SIGNATURE_MISSING',
      );
    }
  });

  it('is refused when its entry is not in the tree that was signed', async () => {
    const moved = withHandover(0, (one) => ({ ...one, leafIndex: one.leafIndex - 1 }));
    await expectCode(() => verifyKeyHistory(moved, first), 'ROOT_HASH_MISMATCH');
    const exchanged = withHandover(0, ({ note }) => ({ ...(history.handovers[1] as Handover), note }));
    await expectCode(() => verifyKeyHistory(exchanged, first), 'LEAF_INDEX_OUTSIDE_TREE');
  });

  it('is refused when its entry announces something else', async () => {
    const { log: other, history: begun, signers: hands } = await rotatedLog(await temporaryDirectory());
    const [leaf] = await Array.fromAsync(other.read(0, 1));
    const size = other.treeSize;
    const inclusionProof = await other.inclusionProof(0, size);
    await other.close();
    const [, , newest] = hands;
    const next = testSigner(ORIGIN, 10);
    if (newest === undefined || leaf === undefined) throw new Error('the log has no entries');
    const note = await handoverSigner(newest, next).sign({ treeSize: size, rootHash: other.rootHash(size) });
    const made = { note, leafIndex: 0, leaf: leaf.leaf, inclusionProof };
    const forged = { ...begun, handovers: [...begun.handovers, made] };
    await expectCode(() => verifyKeyHistory(forged, first), 'HANDOVER_NOT_ANNOUNCED');
  });

  it('is refused when it is left out, told twice or out of its order', async () => {
    const [one, two] = history.handovers as [Handover, Handover];
    await expectCode(() => verifyKeyHistory({ ...history, handovers: [two] }, first), 'SIGNATURE_MISSING');
    await expectCode(() => verifyKeyHistory({ ...history, handovers: [one, one] }, first), 'HANDOVER_NOT_ANNOUNCED');
    await expectCode(() => verifyKeyHistory({ ...history, handovers: [two, one] }, first), 'SIGNATURE_MISSING');
  });
});

describe('the file of keys', () => {
  it('is read back as it was written', () => {
    expect(formatKeyHistory(parseKeyHistory(text))).toBe(text);
  });

  it('is refused or says the same when any byte of it is changed', () => {
    const honest = JSON.stringify(verifyKeyHistory(history, first));
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 127 }), (at, change) => {
        const changed = `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ change)}${text.slice(at + 1)}`;
        let told = honest;
        try {
          told = JSON.stringify(verifyKeyHistory(parseKeyHistory(changed), first));
        } catch (error) {
          expect(error).toHaveProperty('code');
        }
        expect(told).toBe(honest);
      }),
      { numRuns: 300 },
    );
  });

  it('is refused with fields that nobody knows, and of another version', async () => {
    const value = JSON.parse(text) as Record<string, unknown>;
    for (const changed of [{ ...value, more: 1 }, { ...value, version: 2 }, { ...value, handovers: {} }, [], 7]) {
      await expectCode(() => parseKeyHistory(JSON.stringify(changed)), 'PROOF_FILE_MALFORMED');
    }
    await expectCode(() => parseKeyHistory('{'), 'PROOF_FILE_MALFORMED');
  });
});
