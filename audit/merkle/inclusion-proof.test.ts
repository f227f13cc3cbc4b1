import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectCode } from '../testdata/expect-code.ts';
import { oraclePath, oracleRoot } from '../testdata/rfc6962-oracle.ts';
import { leafHash } from './hash.ts';
import { HashTree } from './hash-tree.ts';
import { inclusionProof } from './inclusion-proof.ts';
import { type InclusionClaim, verifyInclusion } from './verify-inclusion.ts';

const leaves = Array.from({ length: 70 }, (_, index) => Buffer.from(`leaf ${index}`));
const tree = new HashTree();
for (const leaf of leaves) tree.append(leafHash(leaf));

function claimOf(leafIndex: number, treeSize: number): InclusionClaim {
  return {
    leafHash: tree.leafHash(leafIndex),
    leafIndex,
    treeSize,
    proof: inclusionProof(tree, leafIndex, treeSize),
    rootHash: tree.root(treeSize),
  };
}

const anyPlace = fc
  .integer({ min: 1, max: 70 })
  .chain((treeSize) => fc.tuple(fc.nat({ max: treeSize - 1 }), fc.constant(treeSize)));

describe('an inclusion proof', () => {
  it('is the path of the RFC definition, and verifies, for every leaf of every size up to 70', () => {
    for (let treeSize = 1; treeSize <= leaves.length; treeSize += 1) {
      const prefix = leaves.slice(0, treeSize);
      const rootHash = oracleRoot(prefix);
      for (let leafIndex = 0; leafIndex < treeSize; leafIndex += 1) {
        const proof = inclusionProof(tree, leafIndex, treeSize);
        expect(proof.map((hash) => Buffer.from(hash))).toEqual(oraclePath(leafIndex, prefix));
        verifyInclusion({ leafHash: tree.leafHash(leafIndex), leafIndex, treeSize, proof, rootHash });
      }
    }
  });

  it('is refused when one bit of it, of the leaf hash or of the root is flipped', () => {
    fc.assert(
      fc.property(anyPlace, fc.nat(), fc.nat({ max: 255 }), ([leafIndex, treeSize], which, bit) => {
        const claim = claimOf(leafIndex, treeSize);
        const hashes = [claim.leafHash, claim.rootHash, ...claim.proof];
        const flipped = hashes[which % hashes.length] as Uint8Array;
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(() => verifyInclusion(claim)).toThrow(expect.objectContaining({ code: 'ROOT_HASH_MISMATCH' }));
      }),
    );
  });

  it('is refused at any other index', () => {
    fc.assert(
      fc.property(anyPlace, fc.nat({ max: 69 }), ([leafIndex, treeSize], other) => {
        fc.pre(other !== leafIndex && other < treeSize);
        expect(() => verifyInclusion({ ...claimOf(leafIndex, treeSize), leafIndex: other })).toThrow();
      }),
    );
  });

  it('is refused with a hash too many, a hash too few or two exchanged', async () => {
    const claim = claimOf(37, 70);
    const [first, second, ...rest] = claim.proof as [Uint8Array, Uint8Array, ...Uint8Array[]];
    await expectCode(() => verifyInclusion({ ...claim, proof: [...claim.proof, first] }), 'PROOF_LENGTH_WRONG');
    await expectCode(() => verifyInclusion({ ...claim, proof: claim.proof.slice(0, -1) }), 'PROOF_LENGTH_WRONG');
    await expectCode(() => verifyInclusion({ ...claim, proof: [second, first, ...rest] }), 'ROOT_HASH_MISMATCH');
  });

  it('is refused outside the tree, and with hashes that are none', async () => {
    const claim = claimOf(3, 8);
    for (const leafIndex of [-1, 8, 1.5, Number.NaN]) {
      await expectCode(() => verifyInclusion({ ...claim, leafIndex }), 'LEAF_INDEX_OUTSIDE_TREE');
    }
    await expectCode(() => verifyInclusion({ ...claim, treeSize: 0 }), 'LEAF_INDEX_OUTSIDE_TREE');
    await expectCode(() => verifyInclusion({ ...claim, rootHash: new Uint8Array(31) }), 'HASH_LENGTH_WRONG');
  });

  it('has at most one hash a level', () => {
    expect(inclusionProof(tree, 0, 64)).toHaveLength(6);
    expect(inclusionProof(tree, 64, 65)).toHaveLength(1);
  });
});
