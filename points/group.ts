// Points of ristretto255 as 32 bytes each, many of them end to end. The group has prime order and one encoding a point,
// so that there are no small subgroups to push a secret into and no second spelling to pass for another point.
import { createHash } from 'node:crypto';
import sodium from 'libsodium-wrappers-sumo';

await sodium.ready;

/** Bytes of an encoded point, and of a scalar. */
export const POINT_BYTES = 32;
/** What a point is derived from: as many uniform bytes as the map needs. */
const UNIFORM_BYTES = 64;
/** Block of SHA-512: what its first padding fills. */
const HASH_BLOCK_BYTES = 128;

/** Names what digests become points for; points of one kind of identifier never equal those of another. */
function matchTag(identifier: string): string {
  return `galley-match-v1-${identifier}`;
}

/** The point of a digest: nobody knows its logarithm, which is what hides a digest under a secret scalar. */
export function pointOfDigest(digest: Uint8Array, identifier: string): Uint8Array {
  return hashToGroup(digest, matchTag(identifier));
}

/**
 * Hashes a message to a point.
 *
 * Source: RFC 9380, appendix B (`hash_to_ristretto255` with `expand_message_xmd` over SHA-512), as in RFC 9497.
 * Proof: points.test.ts holds it against the vectors of RFC 9497.
 */
export function hashToGroup(message: Uint8Array, tag: string | Uint8Array): Uint8Array {
  return sodium.crypto_core_ristretto255_from_hash(expandMessage(message, Buffer.from(tag)));
}

// One block of output is all that is asked for, so that the chain of RFC 9380 has a single link.
function expandMessage(message: Uint8Array, tag: Buffer): Uint8Array {
  const suffix = Buffer.concat([tag, Buffer.of(tag.length)]);
  const whole = Buffer.alloc(2);
  whole.writeUInt16BE(UNIFORM_BYTES);
  const first = createHash('sha512')
    .update(Buffer.alloc(HASH_BLOCK_BYTES))
    .update(message)
    .update(whole)
    .update(Buffer.of(0))
    .update(suffix)
    .digest();
  return createHash('sha512').update(first).update(Buffer.of(1)).update(suffix).digest();
}

/** A secret scalar, derived from a secret and a name: uniform, and never zero but by a chance of 2^-252. */
export function scalarFor(secret: Uint8Array, name: string): Uint8Array {
  const uniform = createHash('sha512').update(secret).update(name).digest();
  return sodium.crypto_core_ristretto255_scalar_reduce(uniform);
}

/** A point that is nobody's: uniform, from fresh random bytes. */
export function randomPoint(): Uint8Array {
  return sodium.crypto_core_ristretto255_from_hash(sodium.randombytes_buf(UNIFORM_BYTES));
}

/**
 * Multiplies a point by a scalar.
 *
 * @throws {Error} when the bytes are no canonical encoding of a point, or the identity, which would equal itself under
 * every scalar
 */
export function times(scalar: Uint8Array, point: Uint8Array): Uint8Array {
  return sodium.crypto_scalarmult_ristretto255(scalar, point);
}
