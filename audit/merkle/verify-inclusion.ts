import { LogVerificationError } from '../log-verification-error.ts';
import { assertHashes, isSameHash, nodeHash } from './hash.ts';

/** What is claimed: the leaf with this hash stands at this index in the tree of this size with this root. */
export interface InclusionClaim {
  readonly leafHash: Uint8Array;
  readonly leafIndex: number;
  readonly treeSize: number;
  readonly proof: readonly Uint8Array[];
  readonly rootHash: Uint8Array;
}

/**
 * Verifies an inclusion proof with nothing but the claim itself.
 *
 * Source: RFC 9162, section 2.1.3.2 (the hashes are those of RFC 6962).
 *
 * @throws {LogVerificationError} `HASH_LENGTH_WRONG`, `LEAF_INDEX_OUTSIDE_TREE`, `PROOF_LENGTH_WRONG`,
 * `ROOT_HASH_MISMATCH`
 */
export function verifyInclusion(claim: InclusionClaim): void {
  assertHashes([claim.leafHash, claim.rootHash, ...claim.proof]);
  assertIndexInTree(claim.leafIndex, claim.treeSize);
  if (!isSameHash(rootOf(claim), claim.rootHash)) {
    throw new LogVerificationError('ROOT_HASH_MISMATCH', 'inclusion proof leads to another root', claim.leafIndex);
  }
}

function rootOf({ leafHash, leafIndex, treeSize, proof }: InclusionClaim): Uint8Array {
  let root = leafHash;
  // Positions of the node on the path and of the last node, level by level. Division, since shifts stop at 32 bits.
  let node = leafIndex;
  let last = treeSize - 1;
  for (const sibling of proof) {
    if (last === 0) throw wrongLength(leafIndex);
    if (node % 2 === 1 || node === last) {
      root = nodeHash(sibling, root);
      // On the right edge a node without a sibling rises unhashed.
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      root = nodeHash(root, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw wrongLength(leafIndex);
  return root;
}

function assertIndexInTree(leafIndex: number, treeSize: number): void {
  if (!Number.isSafeInteger(treeSize) || !Number.isSafeInteger(leafIndex) || leafIndex < 0 || leafIndex >= treeSize) {
    throw new LogVerificationError('LEAF_INDEX_OUTSIDE_TREE', 'leaf index is outside the tree');
  }
}

function wrongLength(leafIndex: number): LogVerificationError {
  return new LogVerificationError('PROOF_LENGTH_WRONG', 'inclusion proof is too long or too short', leafIndex);
}
