// HMAC-SHA-256 is put together here from two plain hashes, because a new HMAC object for each row costs ten times
// as much as both hashes.
import { hash } from 'node:crypto';

import { DIGEST_BYTES } from '../../wire/column-type.ts';
import type { IdentifierKind } from '../../wire/jobs.ts';

/** Bytes of the hash that make a token. */
export const TOKEN_BYTES = 16;

/** Characters of a digest in base64, padding included. */
const DIGEST_BASE64_CHARS = 44;

// RFC 2104, section 2, for SHA-256.
const BLOCK_BYTES = 64;
const INNER_PAD_BYTE = 0x36;
const OUTER_PAD_BYTE = 0x5c;

/**
 * Hashes digests of identifiers of one kind under a destination's key; the kind is hashed too, so that a member id that
 * looks like an address is another token. The digest is written in base64, so that whoever computes the same token needs
 * no bytes beyond text.
 *
 * Source: RFC 2104 with SHA-256, over kind, a colon and the base64 of the digest.
 */
export class KeyedHash {
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  /** Key block, kind and colon, and room for the base64 of a digest. */
  readonly #inner: Buffer;
  readonly #digestAt: number;

  constructor(key: Uint8Array, kind: IdentifierKind) {
    const block = Buffer.alloc(BLOCK_BYTES);
    block.set(key.byteLength > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key);
    this.#outer.set(block.map((byte) => byte ^ OUTER_PAD_BYTE));
    const prefix = Buffer.concat([block.map((byte) => byte ^ INNER_PAD_BYTE), Buffer.from(`${kind}:`)]);
    this.#digestAt = prefix.byteLength;
    this.#inner = Buffer.concat([prefix, Buffer.alloc(DIGEST_BASE64_CHARS)]);
  }

  /** Gives a membership token: the first 16 bytes. */
  tokenOf(digest: Uint8Array): Uint8Array {
    const text = Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).toString('base64');
    this.#inner.write(text, this.#digestAt, 'latin1');
    this.#outer.set(hash('sha256', this.#inner, 'buffer'), BLOCK_BYTES);
    return hash('sha256', this.#outer, 'buffer').subarray(0, TOKEN_BYTES);
  }
}
