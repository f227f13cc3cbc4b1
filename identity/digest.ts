import { hash } from 'node:crypto';

import type { IdentifierKind } from './identifier-kind.ts';
import { normaliseIdentifier } from './normalise.ts';
import { trimWhite } from './trim.ts';

/** Bytes of a digest. */
const DIGEST_BYTES = 32;

const HEX = /^[0-9A-Fa-f]{64}$/;

// 43 characters carry two bits more than a digest has: in the last one they are nothing.
const BASE64 = /^[0-9A-Za-z+/_-]{42}[AEIMQUYcgkosw048]=?$/;

// What comes of hashing nothing, which programs do to an empty cell: one person in every table.
const OF_NOTHING = hash('sha256', '', 'buffer');
const ALL_ZERO = Buffer.alloc(DIGEST_BYTES);

/** Gives the digest of a normalised identifier: SHA-256 of its UTF-8. */
export function digestOf(normalised: string | Uint8Array): Buffer {
  return hash('sha256', normalised, 'buffer');
}

/**
 * Gives the digest of an identifier as somebody wrote it: the SHA-256 of its normalised form, or null when it is
 * unusable.
 *
 * Shape: 32 bytes; written as text they are base64, as UID2 has it.
 */
export function digestIdentifier(kind: IdentifierKind, text: string, defaultRegion?: string): Buffer | null {
  const normalised = normaliseIdentifier(kind, text, defaultRegion);
  return normalised === null ? null : digestOf(normalised);
}

/**
 * Reads a digest that somebody else has made: base64 (also of the alphabet for addresses, also without its padding) or
 * hexadecimal; null when it is neither, all zero, or the digest of nothing.
 */
export function readDigest(text: string): Buffer | null {
  const word = trimWhite(text);
  const digest = HEX.test(word) ? Buffer.from(word, 'hex') : BASE64.test(word) ? Buffer.from(word, 'base64') : null;
  return digest === null || !isDigest(digest) ? null : digest;
}

// Neither zeros nor the digest of nothing can stand for somebody.
function isDigest(bytes: Uint8Array): boolean {
  return !OF_NOTHING.equals(bytes) && !ALL_ZERO.equals(bytes);
}
