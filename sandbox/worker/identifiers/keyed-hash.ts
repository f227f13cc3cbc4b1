// HMAC-SHA-256 is put together here from two plain hashes, because a new HMAC object for each row costs ten times
// as much as both hashes.
import { hash } from 'node:crypto';

import type { IdentifierKind } from '../../wire/jobs.ts';

/** Bytes of the hash that make a token. */
const TOKEN_BYTES = 16;

// RFC 2104, section 2, for SHA-256.
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER_PAD_BYTE = 0x36;
const OUTER_PAD_BYTE = 0x5c;

/**
 * Hashes normalised identifiers of one kind under one key; the kind is hashed too, so that a member id that looks
 * like an address is another person.
 *
 * Source: RFC 2104 with SHA-256, over kind, a colon and the identifier.
 */
export class KeyedHash {
  readonly #outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  readonly #prefix: Buffer;

  constructor(key: Uint8Array, kind: IdentifierKind) {
    const block = Buffer.alloc(BLOCK_BYTES);
    block.set(key.byteLength > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key);
    this.#outer.set(block.map((byte) => byte ^ OUTER_PAD_BYTE));
    this.#prefix = Buffer.concat([block.map((byte) => byte ^ INNER_PAD_BYTE), Buffer.from(`${kind}:`)]);
  }

  /** Gives the 32 bytes of the hash. */
  digest(normalised: Uint8Array): Buffer {
    this.#outer.set(hash('sha256', Buffer.concat([this.#prefix, normalised]), 'buffer'), BLOCK_BYTES);
    return hash('sha256', this.#outer, 'buffer');
  }

  /**
   * Gives a person: the first 8 bytes, big-endian; among a hundred million persons two coincide with a chance of 1
   * in 3,700.
   */
  personOf(normalised: Uint8Array): bigint {
    return this.digest(normalised).readBigUInt64BE(0);
  }

  /** Gives a membership token: the first 16 bytes as base64url without padding, 22 characters. */
  tokenOf(normalised: Uint8Array): string {
    return this.digest(normalised).toString('base64url', 0, TOKEN_BYTES);
  }
}
