import { hash } from 'node:crypto';
import { LogVerificationError } from '../log-verification-error.ts';

/** Length of a SHA-256 hash. */
export const HASH_BYTES = 32;

/** Root of the tree without leaves: the hash of nothing (RFC 6962, section 2.1). */
export const EMPTY_ROOT: Uint8Array = sha256(new Uint8Array(0));

// RFC 6962, section 2.1: without these two prefixes an inner node could be passed off as a leaf.
const LEAF_PREFIX = Uint8Array.of(0x00);
const NODE_PREFIX = 0x01;

/** Hashes a leaf: SHA-256(0x00 || leaf) (RFC 6962, section 2.1). */
export function leafHash(leaf: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([LEAF_PREFIX, leaf]));
}

/** Hashes an inner node: SHA-256(0x01 || left || right) (RFC 6962, section 2.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const node = new Uint8Array(1 + 2 * HASH_BYTES);
  node[0] = NODE_PREFIX;
  node.set(left, 1);
  node.set(right, 1 + HASH_BYTES);
  return sha256(node);
}

/** Tells whether two hashes are the same bytes. */
export function isSameHash(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/**
 * Checks that every hash given to a verifier has the length of one.
 *
 * @throws {LogVerificationError} `HASH_LENGTH_WRONG`
 */
export function assertHashes(hashes: readonly Uint8Array[]): void {
  for (const candidate of hashes) {
    if (!(candidate instanceof Uint8Array) || candidate.byteLength !== HASH_BYTES) {
      throw new LogVerificationError('HASH_LENGTH_WRONG', `hash is not ${HASH_BYTES} bytes long`);
    }
  }
}

function sha256(input: Uint8Array): Uint8Array {
  // A plain array and not a Buffer, whose `slice` is a view and no copy.
  return new Uint8Array(hash('sha256', input, 'buffer'));
}
