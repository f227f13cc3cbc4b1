// AES-256-GCM: in hardware on every server, in Node without a package. A nonce is never used twice under one key: file
// keys are random and count their chunks, blobs draw 96 random bits under a key of their own label.
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';

/** Bytes of a key. */
export const KEY_BYTES = 32;

/** Bytes of a nonce (NIST SP 800-38D). */
export const NONCE_BYTES = 12;

/** Bytes of an authentication tag; shorter ones are not accepted. */
export const TAG_BYTES = 16;

/** The parts of one sealing that must not be mixed up. */
export type Sealing = {
  readonly key: KeyObject | Uint8Array;
  readonly nonce: Uint8Array;
  /** What the bytes are bound to: they open nowhere else. */
  readonly bound: Uint8Array;
};

/** Seals bytes; the tag follows the ciphertext. */
export function seal(plain: Uint8Array, { key, nonce, bound }: Sealing): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(bound);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Opens sealed bytes; undefined when they are not what was sealed. */
export function open(sealed: Uint8Array, { key, nonce, bound }: Sealing): Uint8Array | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(bound);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
  try {
    // In this mode nothing is left for the end but the check of the tag.
    decipher.final();
    return plain;
  } catch {
    return undefined;
  }
}
