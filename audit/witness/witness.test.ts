import { hash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cosignedAt, parseCheckpoint, parseNote, parseWitnessKey } from '../checkpoint/index.ts';
import { toLeaf } from '../entry/leaf.ts';
import { CompactRange, consistencyProof, HashTree, leafHash } from '../merkle/index.ts';
import { expectCode } from '../testdata/expect-code.ts';
import { entryOf, ORIGIN, signedLeaves, temporaryDirectory, testSigner } from '../testdata/kitchen-log.ts';
import { parseSplitView, verifySplitView } from '../verify/index.ts';
import { formatAddCheckpoint } from './add-checkpoint.ts';
import { Witness } from './witness.ts';

const NAME = 'witness.example/w1';
const { verifierKey } = testSigner();
const leafAt = (index: number, branch: string) => toLeaf(entryOf('log-read', { from: index, branch }));

/** A log of so many entries; branches of other names part from the main one at an entry. */
function leavesOfLog(size: number, branch = 'main', from = 0): Uint8Array[] {
  return Array.from({ length: size }, (_, index) => leafAt(index, index < from ? 'main' : branch));
}

/** What a log sends: its tree of a size, and that it goes on from an older one. */
async function requestOf(leaves: readonly Uint8Array[], oldSize: number, signer = testSigner()): Promise<string> {
  const tree = new HashTree();
  for (const leaf of leaves) tree.append(leafHash(leaf));
  const { checkpoint } = await signedLeaves(leaves, signer);
  const proof = oldSize <= leaves.length ? consistencyProof(tree, oldSize, leaves.length) : [];
  return formatAddCheckpoint({ oldSize, proof, note: checkpoint });
}

async function openWitness(directory?: string, keys: readonly string[] = [verifierKey]): Promise<Witness> {
  return Witness.open({
    directory: directory ?? (await temporaryDirectory()),
    name: NAME,
    logs: [{ origin: ORIGIN, verifierKeys: keys }],
    nowSeconds: () => 1_900_000_000,
  });
}

const noteIn = (request: string) => request.slice(request.indexOf('\n\n') + 2);

describe('a witness', () => {
  it('signs each tree that goes on from the last one, with the time, and nothing else', async () => {
    const witness = await openWitness();
    let last = 0;
    for (const size of [0, 1, 1, 5, 64, 200]) {
      const request = await requestOf(leavesOfLog(size), last);
      const { status, body } = await witness.addCheckpoint(request);
      expect(status).toBe(200);
      const note = parseNote(`${noteIn(request)}${body}`);
      expect(cosignedAt(note, parseWitnessKey(witness.verifierKey))).toBe(1_900_000_000);
      last = size;
    }
    await witness.close();
  });

  it('answers whatever is wrong with the status that the protocol has for it', async () => {
    const witness = await openWitness();
    await witness.addCheckpoint(await requestOf(leavesOfLog(5), 0));
    const good = await requestOf(leavesOfLog(9), 5);
    const forged = await requestOf(leavesOfLog(9), 5, testSigner(ORIGIN, 8));
    const answers: readonly (readonly [string, number, string?])[] = [
      [good.replace('old 5', 'old 05'), 400],
      [good.replace('old 5', 'old 5 '), 400],
      [good.replace('old 5', 'new 5'), 400],
      [good.replace('old 5\n', `old 5\n${'AAAA\n'}`), 400],
      ['', 400],
      ['old 0\n\nno note', 400],
      [await requestOf(leavesOfLog(9), 12), 400],
      [await requestOf(leavesOfLog(9), 5, testSigner('other.example/log')), 404],
      [forged, 403],
      [good.replace('\n9\n', '\n8\n'), 403],
      [await requestOf(leavesOfLog(9), 0), 409, '5\n'],
      [await requestOf(leavesOfLog(4), 4), 409, '5\n'],
      [await requestOf(leavesOfLog(9, 'fork'), 5), 422],
      [await requestOf(leavesOfLog(5, 'fork', 4), 5), 422],
      [good, 200],
    ];
    for (const [request, status, body] of answers) {
      const answer = await witness.addCheckpoint(request);
      expect([answer.status, ...(body === undefined ? [] : [answer.body])]).toEqual([
        status,
        ...(body === undefined ? [] : [body]),
      ]);
    }
    await witness.close();
  });

  it('never signs two trees of which one does not go on from the other, whatever it is sent', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(12), fc.nat(12), fc.constantFrom('main', 'fork'), fc.nat(6)), { maxLength: 12 }),
        async (tries) => {
          const directory = await temporaryDirectory();
          let witness = await openWitness(directory);
          const signed: Uint8Array[][] = [];
          for (const [nth, [size, oldSize, branch, from]] of tries.entries()) {
            const leaves = leavesOfLog(size, branch, from);
            const { status } = await witness.addCheckpoint(await requestOf(leaves, oldSize));
            if (status === 200) signed.push(leaves);
            if (nth % 3 !== 2) continue;
            await witness.close();
            witness = await openWitness(directory);
          }
          await witness.close();
          for (const [nth, leaves] of signed.entries()) {
            const before = signed[nth - 1] ?? [];
            expect(rootOf(leaves.slice(0, before.length))).toEqual(rootOf(before));
            expect(leaves.length).toBeGreaterThanOrEqual(before.length);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('signs one of two trees that come at the same time', async () => {
    const witness = await openWitness();
    const requests = await Promise.all(['one', 'other'].map((branch) => requestOf(leavesOfLog(4, branch), 0)));
    const answers = await Promise.all(requests.map((request) => witness.addCheckpoint(request)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    await witness.close();
  });

  it('keeps evidence of two trees of one size that anybody can check', async () => {
    const witness = await openWitness();
    await witness.addCheckpoint(await requestOf(leavesOfLog(5), 0));
    const { evidence } = await witness.addCheckpoint(await requestOf(leavesOfLog(5, 'fork', 2), 5));
    const shown = verifySplitView(parseSplitView(await readFile(evidence ?? '', 'utf8')), verifierKey);
    expect(shown).toMatchObject({ origin: ORIGIN, treeSize: 5 });
    // A proof that does not hold may be a fault of the sender: it is kept, and proves nothing.
    const unproved = await witness.addCheckpoint(await requestOf(leavesOfLog(9, 'fork', 2), 5));
    await expectCode(
      async () => parseSplitView(await readFile(unproved.evidence ?? '', 'utf8')),
      'PROOF_FILE_MALFORMED',
    );
    const superfluous = (await requestOf(leavesOfLog(5), 5)).replace(
      'old 5\n',
      `old 5\n${Buffer.alloc(32).toString('base64')}\n`,
    );
    const careless = await witness.addCheckpoint(superfluous);
    expect(careless.status).toBe(422);
    await expectCode(
      async () => parseSplitView(await readFile(careless.evidence ?? '', 'utf8')),
      'PROOF_FILE_MALFORMED',
    );
    await witness.close();
  });

  it('follows a log that changes its key, where it knows both', async () => {
    const next = testSigner(ORIGIN, 8);
    const witness = await openWitness(undefined, [verifierKey, next.verifierKey]);
    expect(await witness.addCheckpoint(await requestOf(leavesOfLog(3), 0))).toMatchObject({ status: 200 });
    expect(await witness.addCheckpoint(await requestOf(leavesOfLog(7), 3, next))).toMatchObject({ status: 200 });
    await witness.close();
  });

  it('shows monitors what it signed last, with the line of the log that it verified and no other', async () => {
    const witness = await openWitness();
    const request = await requestOf(leavesOfLog(5), 0);
    const strange = (await signedLeaves(leavesOfLog(5), testSigner(ORIGIN, 8))).checkpoint.split('\n\n')[1] ?? '';
    await witness.addCheckpoint(`${request}${strange}`);
    const shown = witness.checkpointOf(hash('sha256', ORIGIN, 'hex')) ?? '';
    expect(parseCheckpoint(shown).treeSize).toBe(5);
    expect(parseNote(shown).signatures.map(({ name }) => name)).toEqual([ORIGIN, NAME]);
    expect(witness.checkpointOf(hash('sha256', 'other', 'hex'))).toBeUndefined();
    await witness.close();
  });
});

describe('the memory of a witness', () => {
  it('is one process at a time', async () => {
    const directory = await temporaryDirectory();
    const witness = await openWitness(directory);
    await expectCode(() => openWitness(directory), 'LOG_LOCKED');
    await witness.close();
    await (await openWitness(directory)).close();
  });

  it('is refused when it is damaged, and when it is gone and the key is not', async () => {
    const directory = await temporaryDirectory();
    const witness = await openWitness(directory);
    await witness.addCheckpoint(await requestOf(leavesOfLog(5), 0));
    await witness.close();
    const file = join(directory, 'state.json');
    const text = await readFile(file, 'utf8');
    for (const damaged of [
      '',
      '{}',
      '[]',
      'null',
      text.slice(0, -9),
      text.replace(ORIGIN, 'other'),
      text.replace('"version": 1', '"version": 2'),
      text.replace('\\n5\\n', '\\n4\\n'),
    ]) {
      await writeFile(file, damaged);
      await expectCode(() => openWitness(directory), 'WITNESS_STATE_INVALID');
    }
    await rm(file);
    await expectCode(() => openWitness(directory), 'WITNESS_STATE_INVALID');
    expect(await readdir(directory)).not.toContain('state.json');
  });
});

function rootOf(leaves: readonly Uint8Array[]): string {
  const tree = new CompactRange();
  for (const leaf of leaves) tree.append(leafHash(leaf));
  return Buffer.from(tree.root()).toString('hex');
}
