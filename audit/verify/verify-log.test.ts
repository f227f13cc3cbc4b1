import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CosignatureKey, cosign, formatNote, parseNote } from '../checkpoint/index.ts';
import { COSIGNATURE_TYPE, formatVerifierKey } from '../checkpoint/verifier-key.ts';
import type { EntryBody } from '../entry/index.ts';
import { openLog } from '../log/index.ts';
import { leafHash } from '../merkle/index.ts';
import { expectCode } from '../testdata/expect-code.ts';
import {
  entryOf,
  leavesOf,
  ORIGIN,
  signedLeaves,
  stream,
  temporaryDirectory,
  testSigner,
} from '../testdata/kitchen-log.ts';
import { entriesOfScenes, lawfulNight } from '../testdata/lawful-night.ts';
import { rotatedLog } from '../testdata/rotated-log.ts';
import type { LogForked } from './log-forked.ts';
import { type VerifyLogOptions, verifyLog } from './verify-log.ts';

const signer = testSigner();
const { verifierKey } = signer;
const night = entriesOfScenes(lawfulNight());
const honest = leavesOf(night);

type More = Partial<VerifyLogOptions>;

async function verify(leaves: readonly Uint8Array[], checkpoint: string, more: More = {}) {
  return verifyLog({ leaves: stream(leaves), checkpoint, verifierKey, ...more });
}

const seenIn = (...seenCheckpoints: string[]): More => ({ seenCheckpoints });

/** Verifies a history that the operator wrote and signed as it stands: only its meaning can give it away. */
async function verifySigned(history: readonly EntryBody[]) {
  const { leaves, checkpoint } = await signedLeaves(leavesOf(history));
  return verify(leaves, checkpoint);
}

/** A witness's key, with the public half as an auditor has it. */
function witnessOf(name: string): CosignatureKey & { readonly verifierKey: string } {
  const { privateKey, publicKey: key } = generateKeyPairSync('ed25519');
  const publicKey = key.export({ format: 'der', type: 'spki' }).subarray(-32);
  return { name, privateKey, publicKey, verifierKey: formatVerifierKey(name, publicKey, COSIGNATURE_TYPE) };
}

function cosigned(note: string, ...witnesses: readonly CosignatureKey[]): string {
  const { text, signatures } = parseNote(note);
  return formatNote({ text, signatures: [...signatures, ...witnesses.map((one) => cosign(text, one, 1_900_000_000))] });
}

describe('an honest log', () => {
  it('verifies from its leaves, its checkpoint and every earlier checkpoint', async () => {
    const log = await openLog({ directory: await temporaryDirectory(), origin: ORIGIN, signer });
    const seenCheckpoints = [await log.checkpoint()];
    for (const body of night) {
      await log.append(body);
      seenCheckpoints.push(await log.checkpoint());
    }
    const leaves = (await Array.fromAsync(log.read(0, log.treeSize))).map(({ leaf }) => leaf);
    const rootHash = Buffer.from(log.rootHash()).toString('hex');
    expect(await verify(leaves, await log.checkpoint(), { seenCheckpoints })).toMatchObject({
      entries: night.length,
      treeSize: night.length,
      rootHash,
      checkedCheckpoints: night.length + 1,
      witnessed: null,
      keyCount: 1,
    });
    await log.close();
  });

  it('verifies when it is empty', async () => {
    const { leaves, checkpoint } = await signedLeaves([]);
    expect(await verify(leaves, checkpoint)).toMatchObject({ entries: 0, treeSize: 0 });
  });

  it('says what the charges of each account add up to', async () => {
    const { leaves, checkpoint } = await signedLeaves(honest);
    const { accounts } = await verify(leaves, checkpoint);
    const whole = { rho: 7 * 2 ** -6, delta: 7 * 2 ** -30, isExact: false, chargeCount: 7 };
    expect(accounts.get('owner/ds-1')).toEqual(whole);
    expect(accounts.get('consumer/spring-menu/data-wok')).toEqual({
      ...whole,
      rho: 2 ** -6,
      delta: 2 ** -30,
      chargeCount: 1,
    });
  });

  it('is followed over its keys from the first, and not without their history', async () => {
    const { log, history, signers, checkpoints } = await rotatedLog(await temporaryDirectory());
    const leaves = (await Array.fromAsync(log.read(0, log.treeSize))).map(({ leaf }) => leaf);
    const checkpoint = await log.checkpoint();
    await log.close();
    const trusted = { verifierKey: signers[0]?.verifierKey ?? '' };
    const more = { ...trusted, keys: history, seenCheckpoints: checkpoints };
    expect(await verify(leaves, checkpoint, more)).toMatchObject({ keyCount: 3, checkedCheckpoints: 3 });
    await expectCode(() => verify(leaves, checkpoint, trusted), 'SIGNATURE_MISSING');
    // The key was exchanged without a handover: the new one signs the very same tree.
    const swapped = await testSigner(ORIGIN, 30).sign({ treeSize: leaves.length, rootHash: new Uint8Array(32) });
    await expectCode(() => verify(leaves, swapped, more), 'SIGNATURE_MISSING');
    // The old key, stolen after it had been replaced, signs a tree of its own.
    const stolen = await signedLeaves([...leaves, ...leavesOf([entryOf('log-read')])], signers[0]);
    await expectCode(() => verify(stolen.leaves, stolen.checkpoint, more), 'KEY_NOT_IN_FORCE');
    // So does an auditor know who is shown no story of the keys, or one that ends before the change: the log tells of it.
    await expectCode(() => verify(stolen.leaves, stolen.checkpoint, trusted), 'HANDOVER_NOT_SHOWN');
    const untilSecond = { ...trusted, keys: { ...history, handovers: history.handovers.slice(0, 1) } };
    const bySecond = await signedLeaves(leaves, signers[1]);
    await expectCode(() => verify(bySecond.leaves, bySecond.checkpoint, untilSecond), 'HANDOVER_NOT_SHOWN');
  });

  it('is a fork when it does not go on from the tree over which its key was changed', async () => {
    const { log, history, signers } = await rotatedLog(await temporaryDirectory());
    const leaves = (await Array.fromAsync(log.read(0, log.treeSize))).map(({ leaf }) => leaf);
    await log.close();
    const other = await signedLeaves(
      leaves.with(0, leavesOf([entryOf('log-read', { from: 9 })])[0] as Uint8Array),
      signers[2],
    );
    await expectCode(() => verify(other.leaves, other.checkpoint, { keys: history }), 'LOG_FORKED');
  });
});

describe('an altered copy of a log', async () => {
  const { checkpoint } = await signedLeaves(honest);

  it('is found when any leaf is dropped, and is not taken for the crime of the operator', async () => {
    for (const index of honest.keys()) {
      await expectCode(() => verify(honest.toSpliced(index, 1), checkpoint), 'TREE_SIZE_MISMATCH');
    }
  });

  it('is found when a leaf is doubled or added', async () => {
    await expectCode(() => verify(honest.toSpliced(1, 0, honest[1] as Uint8Array), checkpoint), 'TREE_SIZE_MISMATCH');
    await expectCode(() => verify([...honest, honest.at(-1) as Uint8Array], checkpoint), 'TREE_SIZE_MISMATCH');
  });

  it('is found when two leaves are exchanged', async () => {
    const exchanged = honest.with(1, honest[2] as Uint8Array).with(2, honest[1] as Uint8Array);
    await expectCode(() => verify(exchanged, checkpoint), 'ROOT_HASH_MISMATCH');
  });

  it('is found when any bit of any leaf is flipped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: honest.length - 1 }), fc.nat(), async (index, at) => {
        const leaf = Buffer.from(honest[index] as Uint8Array);
        const bit = at % (leaf.byteLength * 8);
        leaf[bit >> 3] = (leaf[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await expectCode(() => verify(honest.with(index, leaf), checkpoint), 'ROOT_HASH_MISMATCH');
      }),
    );
  });

  it('is found when its checkpoint is forged or of another log', async () => {
    const forged = await signedLeaves(honest, testSigner(ORIGIN, 8));
    await expectCode(() => verify(honest, forged.checkpoint), 'SIGNATURE_MISSING');
    const size = honest.length;
    await expectCode(() => verify(honest, checkpoint.replace(`\n${size}\n`, `\n${size + 1}\n`)), 'SIGNATURE_WRONG');
    const other = await signedLeaves(honest, testSigner('other.example/log'));
    await expectCode(() => verify(honest, other.checkpoint), 'SIGNATURE_MISSING');
  });
});

describe('a history rewritten and signed again', () => {
  const rewritten = (from: number) =>
    leavesOf(night)
      .slice(0, from)
      .concat(
        leavesOf(
          night
            .slice(from)
            .map(() => entryOf('log-read', {}, 0))
            .map((body, nth) => ({ ...body, at: night[from + nth]?.at ?? '' })),
        ),
      );

  it('is found by a checkpoint seen before, and told where the two part at the earliest', async () => {
    const common = await signedLeaves(honest.slice(0, 4));
    const seen = await signedLeaves(honest.slice(0, 9));
    const forked = await signedLeaves(rewritten(7));
    await expectCode(
      () => verify(forked.leaves, forked.checkpoint, seenIn(common.checkpoint, seen.checkpoint)),
      'LOG_FORKED',
    );
    const fault = await verify(forked.leaves, forked.checkpoint, seenIn(common.checkpoint, seen.checkpoint)).catch(
      (error: LogForked) => error,
    );
    expect(fault).toMatchObject({ leafIndex: 4, notes: [seen.checkpoint, forked.checkpoint] });
    expect(
      await verify(honest, (await signedLeaves(honest)).checkpoint, seenIn(common.checkpoint, seen.checkpoint)),
    ).toMatchObject({ checkedCheckpoints: 2 });
  });

  it('is found by a checkpoint seen before, when it is shorter or of the same size', async () => {
    const seen = await signedLeaves(honest);
    const shorter = await signedLeaves(honest.slice(0, 12));
    await expect(verify(shorter.leaves, shorter.checkpoint, seenIn(seen.checkpoint))).rejects.toMatchObject({
      code: 'LOG_ROLLED_BACK',
      leafIndex: 12,
    });
    const other = await signedLeaves(rewritten(honest.length - 1));
    await expectCode(() => verify(other.leaves, other.checkpoint, seenIn(seen.checkpoint)), 'LOG_FORKED');
  });

  it('is found between two checkpoints that were both seen before', async () => {
    const [one, other] = [await signedLeaves(honest.slice(0, 9)), await signedLeaves(rewritten(8).slice(0, 9))];
    const { leaves, checkpoint } = await signedLeaves(honest);
    await expectCode(() => verify(leaves, checkpoint, seenIn(one.checkpoint, other.checkpoint)), 'LOG_FORKED');
  });

  it('does not count a checkpoint that somebody else signed', async () => {
    const { leaves, checkpoint } = await signedLeaves(honest);
    const foreign = await signedLeaves(honest.slice(0, 2), testSigner(ORIGIN, 8));
    await expectCode(() => verify(leaves, checkpoint, seenIn(foreign.checkpoint)), 'SIGNATURE_MISSING');
  });

  it('is found when what it says is unlawful, with the entry', async () => {
    const release = night.findIndex(({ kind }) => kind === 'release-made');
    const early = night.with(release, { ...(night[release] as EntryBody), at: '2031-05-01T12:00:00.000Z' });
    await expect(verifySigned(early)).rejects.toMatchObject({ code: 'ENTRY_BACKDATED', leafIndex: release });
    const admission = night.findIndex(({ kind }) => kind === 'question-admitted');
    await expect(verifySigned(night.toSpliced(admission, 1))).rejects.toMatchObject({
      code: 'RELEASE_NOT_ADMITTED',
      leafIndex: release - 1,
    });
  });

  it('is found when a leaf is not an entry, not canonical or of no known kind', async () => {
    for (const [from, to, code] of [
      ['{', '[', 'LEAF_NOT_JSON'],
      ['{', '{ ', 'LEAF_NOT_CANONICAL'],
      ['release-read', 'release-lost', 'ENTRY_KIND_UNKNOWN'],
    ] as const) {
      const odd = Buffer.from(
        Buffer.from(honest[12] as Uint8Array)
          .toString('utf8')
          .replace(from, to),
      );
      const { leaves, checkpoint } = await signedLeaves(honest.with(12, odd));
      await expect(verify(leaves, checkpoint)).rejects.toMatchObject({ code, leafIndex: 12 });
    }
  });
});

describe('a claimed leaf', () => {
  it('must be the one at its place', async () => {
    const { leaves, checkpoint } = await signedLeaves(honest);
    const claim = (leafIndex: number, leaf: number): More => ({
      claimedLeaves: new Map([[leafIndex, leafHash(honest[leaf] as Uint8Array)]]),
    });
    await verify(leaves, checkpoint, claim(9, 9));
    for (const [at, leaf] of [
      [9, 8],
      [honest.length, 9],
    ] as const) {
      await expect(verify(leaves, checkpoint, claim(at, leaf))).rejects.toMatchObject({
        code: 'RECEIPT_NOT_IN_LOG',
        leafIndex: at,
      });
    }
  });
});

describe('witnesses', async () => {
  const { leaves, checkpoint } = await signedLeaves(honest);
  const [one, two, three] = ['w1.example', 'w2.example', 'w3.example'].map(witnessOf) as [
    ReturnType<typeof witnessOf>,
    ReturnType<typeof witnessOf>,
    ReturnType<typeof witnessOf>,
  ];
  const of = (quorum: number, ...known: readonly { verifierKey: string }[]): More => ({
    witnesses: { keys: known.map((witness) => witness.verifierKey), quorum },
  });

  it('must have signed as many as were asked for, one and the same tree', async () => {
    const both = cosigned(checkpoint, one, two);
    const told = await verify(leaves, both, of(2, one, two, three));
    expect(told.witnessed).toEqual({
      treeSize: honest.length,
      cosignatures: [
        { witness: 'w1.example', atSeconds: 1_900_000_000 },
        { witness: 'w2.example', atSeconds: 1_900_000_000 },
      ],
    });
    await expectCode(() => verify(leaves, both, of(3, one, two, three)), 'COSIGNATURES_MISSING');
    await expectCode(() => verify(leaves, both, of(1, three)), 'COSIGNATURES_MISSING');
    await expectCode(() => verify(leaves, checkpoint, of(1, one)), 'COSIGNATURES_MISSING');
    const early = (await signedLeaves(honest.slice(0, 5))).checkpoint;
    const spread = { ...of(2, one, two), ...seenIn(cosigned(early, one)) };
    await expectCode(() => verify(leaves, cosigned(checkpoint, two), spread), 'COSIGNATURES_MISSING');
  });

  it('may have signed an earlier tree than the newest, which is then told', async () => {
    const early = cosigned((await signedLeaves(honest.slice(0, 5))).checkpoint, one, two);
    const told = await verify(leaves, checkpoint, { ...of(2, one, two), ...seenIn(early) });
    expect(told.witnessed).toMatchObject({ treeSize: 5 });
  });

  it('are counted by their keys and not by their names', async () => {
    const alias = {
      ...one,
      name: 'alias.example',
      verifierKey: formatVerifierKey('alias.example', one.publicKey, COSIGNATURE_TYPE),
    };
    await expectCode(() => verify(leaves, cosigned(checkpoint, one, alias), of(2, one, alias)), 'COSIGNATURES_MISSING');
  });

  it('must have made the signature of their name', async () => {
    const forged = cosigned(checkpoint, { ...one, privateKey: two.privateKey });
    await expectCode(() => verify(leaves, forged, of(1, one)), 'COSIGNATURE_WRONG');
    const { text, signatures } = parseNote(cosigned(checkpoint, one));
    const moved = signatures.map((line, nth) => {
      if (nth === 0) return line;
      const signature = Buffer.from(line.signature);
      signature[7] = (signature[7] ?? 0) ^ 1;
      return { ...line, signature };
    });
    await expectCode(() => verify(leaves, formatNote({ text, signatures: moved }), of(1, one)), 'COSIGNATURE_WRONG');
  });
});
