// A node is a keyed name of an identifier in one collaboration. The digest is uniform already, so that one call of AES,
// a pseudorandom permutation, does for a whole chunk what HMAC does with two hashes for each row.
import { type Cipheriv, createCipheriv } from 'node:crypto';

import { DIGEST_BYTES } from '../../wire/column-type.ts';

/** 32-bit words from the node of one row to that of the next. */
export const NODE_STRIDE_WORDS = DIGEST_BYTES / Uint32Array.BYTES_PER_ELEMENT;

/**
 * Turns digests of one kind of identifier into nodes: the first 8 bytes, big-endian, of AES-256-ECB(key, digest[0..16]).
 *
 * Another 16 bytes of each digest are encrypted along and dropped: to leave them out costs more than to encrypt them.
 */
export class NodeCipher {
  readonly #cipher: Cipheriv;

  constructor(key: Uint8Array) {
    this.#cipher = createCipheriv('aes-256-ecb', key, null);
    this.#cipher.setAutoPadding(false);
  }

  /** Gives the nodes of a chunk's digests as low and high word, at every {@link NODE_STRIDE_WORDS}. */
  nodesOf(digests: Uint8Array): Uint32Array {
    const bytes = this.#cipher.update(digests);
    const aligned = bytes.byteOffset % 8 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
    aligned.swap64();
    return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / Uint32Array.BYTES_PER_ELEMENT);
  }
}
