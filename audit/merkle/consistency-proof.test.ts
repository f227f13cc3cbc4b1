import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectCode } from '../testdata/expect-code.ts';
import { oracleProof, oracleRoot } from '../testdata/rfc6962-oracle.ts';
import { vectorConsistency, vectorLeaves, vectorRoots } from '../testdata/rfc6962-vectors.ts';
import { consistencyProof } from './consistency-proof.ts';
import { leafHash } from './hash.ts';
import { HashTree } from './hash-tree.ts';
import { type ConsistencyClaim, verifyConsistency } from './verify-consistency.ts';

function grow(leaves: readonly Uint8Array[]): HashTree {
  const tree = new HashTree();
  for (const leaf of leaves) tree.append(leafHash(leaf));
  return tree;
}

const leaves = Array.from({ length: 70 }, (_, index) => Buffer.from(`leaf ${index}`));
const tree = grow(leaves);

function claimOf(firstSize: number, secondSize: number): ConsistencyClaim {
  return {
    firstSize,
    firstRoot: tree.root(firstSize),
    secondSize,
    secondRoot: tree.root(secondSize),
    proof: consistencyProof(tree, firstSize, secondSize),
  };
}

const anySizes = fc
  .integer({ min: 2, max: 70 })
  .chain((second) => fc.tuple(fc.integer({ min: 1, max: second - 1 }), fc.constant(second)));

describe('a consistency proof', () => {
  it('is the published one for the reference vectors', () => {
    const vectorTree = grow(vectorLeaves);
    for (const { first, second, proof } of vectorConsistency) {
      expect(consistencyProof(vectorTree, first, second).map((hash) => Buffer.from(hash))).toEqual(proof);
      const [firstRoot, secondRoot] = [vectorRoots[first], vectorRoots[second]] as [Uint8Array, Uint8Array];
      verifyConsistency({ firstSize: first, firstRoot, secondSize: second, secondRoot, proof });
    }
  });

  it('is that of the RFC definition, and verifies, for every two sizes up to 70', () => {
    const roots = leaves.map((_, index) => oracleRoot(leaves.slice(0, index + 1)));
    for (let second = 1; second <= leaves.length; second += 1) {
      for (let first = 1; first <= second; first += 1) {
        const proof = consistencyProof(tree, first, second);
        expect(proof.map((hash) => Buffer.from(hash))).toEqual(oracleProof(first, leaves.slice(0, second)));
        const [firstRoot, secondRoot] = [roots[first - 1], roots[second - 1]] as [Uint8Array, Uint8Array];
        verifyConsistency({ firstSize: first, firstRoot, secondSize: second, secondRoot, proof });
      }
    }
  });

  it('is refused when one bit of it or of a root is flipped', () => {
    fc.assert(
      fc.property(anySizes, fc.nat(), fc.nat({ max: 255 }), ([first, second], which, bit) => {
        const claim = claimOf(first, second);
        const hashes = [claim.firstRoot, claim.secondRoot, ...claim.proof];
        const flipped = hashes[which % hashes.length] as Uint8Array;
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(() => verifyConsistency(claim)).toThrow(expect.objectContaining({ code: 'ROOT_HASH_MISMATCH' }));
      }),
    );
  });

  it('is refused with a hash too many or too few', () => {
    fc.assert(
      fc.property(anySizes, ([first, second]) => {
        const claim = claimOf(first, second);
        const longer = [...claim.proof, tree.leafHash(0)];
        expect(() => verifyConsistency({ ...claim, proof: longer })).toThrow();
        expect(() => verifyConsistency({ ...claim, proof: claim.proof.slice(0, -1) })).toThrow();
        expect(() => verifyConsistency({ ...claim, proof: [] })).toThrow();
      }),
    );
  });

  it('is refused between two histories that part after a common beginning', async () => {
    const fork = grow([...leaves.slice(0, 30), ...leaves.slice(31)]);
    const claim = { ...claimOf(40, 60), secondRoot: fork.root(60), proof: consistencyProof(fork, 40, 60) };
    await expectCode(() => verifyConsistency(claim), 'ROOT_HASH_MISMATCH');
  });

  it('proves nothing, and needs no hash, from the empty tree or to itself', async () => {
    verifyConsistency(claimOf(0, 0));
    verifyConsistency(claimOf(0, 5));
    verifyConsistency(claimOf(5, 5));
    await expectCode(() => verifyConsistency({ ...claimOf(5, 5), firstRoot: tree.root(4) }), 'ROOT_HASH_MISMATCH');
    await expectCode(() => verifyConsistency({ ...claimOf(0, 5), firstRoot: tree.root(4) }), 'ROOT_HASH_MISMATCH');
    await expectCode(() => verifyConsistency({ ...claimOf(0, 0), secondRoot: tree.root(4) }), 'ROOT_HASH_MISMATCH');
    await expectCode(() => verifyConsistency({ ...claimOf(0, 5), proof: [tree.root(1)] }), 'PROOF_LENGTH_WRONG');
    await expectCode(() => verifyConsistency({ ...claimOf(5, 5), proof: [tree.root(1)] }), 'PROOF_LENGTH_WRONG');
  });

  it('is refused from a larger tree to a smaller', async () => {
    const claim = claimOf(3, 8);
    await expectCode(() => verifyConsistency({ ...claim, firstSize: 9 }), 'TREE_SIZE_INVALID');
    await expectCode(() => verifyConsistency({ ...claim, firstSize: -1 }), 'TREE_SIZE_INVALID');
    await expectCode(() => verifyConsistency({ ...claim, firstRoot: new Uint8Array(0) }), 'HASH_LENGTH_WRONG');
  });
});
