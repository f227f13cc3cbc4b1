import { LogVerificationError } from '../log-verification-error.ts';
import { assertHashes, EMPTY_ROOT, isSameHash, nodeHash } from './hash.ts';

/** What is claimed: the tree of the first size and root is the beginning of the tree of the second. */
export interface ConsistencyClaim {
  readonly firstSize: number;
  readonly firstRoot: Uint8Array;
  readonly secondSize: number;
  readonly secondRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Verifies a consistency proof with nothing but the claim itself.
 *
 * Source: RFC 9162, section 2.1.4.2, plus the two cases it leaves out (equal sizes; an empty first tree).
 *
 * @throws {LogVerificationError} `HASH_LENGTH_WRONG`, `TREE_SIZE_INVALID`, `PROOF_LENGTH_WRONG`, `ROOT_HASH_MISMATCH`
 */
export function verifyConsistency(claim: ConsistencyClaim): void {
  assertHashes([claim.firstRoot, claim.secondRoot, ...claim.proof]);
  assertSizes(claim.firstSize, claim.secondSize);
  const { firstRoot, secondRoot } = rootsOf(claim);
  if (!isSameHash(firstRoot, claim.firstRoot)) throw mismatch('first');
  if (!isSameHash(secondRoot, claim.secondRoot)) throw mismatch('second');
}

interface Roots {
  firstRoot: Uint8Array;
  secondRoot: Uint8Array;
}

function rootsOf(claim: ConsistencyClaim): Roots {
  const { firstSize, secondSize, proof } = claim;
  if (firstSize === 0) {
    if (proof.length > 0) throw wrongLength();
    return { firstRoot: EMPTY_ROOT, secondRoot: secondSize === 0 ? EMPTY_ROOT : claim.secondRoot };
  }
  if (firstSize === secondSize) {
    if (proof.length > 0) throw wrongLength();
    return { firstRoot: claim.secondRoot, secondRoot: claim.secondRoot };
  }
  return climb(claim);
}

function climb({ firstSize, firstRoot, secondSize, proof }: ConsistencyClaim): Roots {
  let node = firstSize - 1;
  let last = secondSize - 1;
  while (node % 2 === 1) {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  // A first tree of 2^k leaves is itself a subtree of the second, so the proof does not repeat its root.
  const [seed, ...rest] = node === 0 ? [firstRoot, ...proof] : proof;
  if (seed === undefined || proof.length === 0) throw wrongLength();
  const roots = { firstRoot: seed, secondRoot: seed };
  for (const sibling of rest) {
    if (last === 0) throw wrongLength();
    if (node % 2 === 1 || node === last) {
      roots.firstRoot = nodeHash(sibling, roots.firstRoot);
      roots.secondRoot = nodeHash(sibling, roots.secondRoot);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      roots.secondRoot = nodeHash(roots.secondRoot, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw wrongLength();
  return roots;
}

function assertSizes(firstSize: number, secondSize: number): void {
  if (
    !Number.isSafeInteger(firstSize) ||
    !Number.isSafeInteger(secondSize) ||
    firstSize < 0 ||
    firstSize > secondSize
  ) {
    throw new LogVerificationError('TREE_SIZE_INVALID', 'first tree is not at most as large as the second');
  }
}

function wrongLength(): LogVerificationError {
  return new LogVerificationError('PROOF_LENGTH_WRONG', 'consistency proof is too long or too short');
}

function mismatch(which: 'first' | 'second'): LogVerificationError {
  return new LogVerificationError('ROOT_HASH_MISMATCH', `consistency proof leads to another ${which} root`);
}
