import { createHash, createHmac } from 'node:crypto';

// 128 bits keep chance collisions out of reach at any number of people and make a row of the store short.
const tokenBytes = 16;

/**
 * Computes the token under which an audience names a person to this engine.
 *
 * Shape: base64url without padding of the first 16 bytes of HMAC-SHA-256(key, identifier + ':' + digest), where the
 * digest is the base64 of SHA-256(normalised id), as UID2 writes it.
 * The clean room computes the same from its side, also of members that came to it as digests; without the key neither a
 * leaked store nor a tapped wire names anybody.
 */
export function membershipToken(key: Uint8Array, identifier: string, memberId: string): string {
  const normalised = identifier === 'email' ? normaliseEmail(memberId) : memberId.trim();
  const digest = createHash('sha256').update(normalised).digest('base64');
  return createHmac('sha256', key)
    .update(`${identifier}:${digest}`)
    .digest()
    .subarray(0, tokenBytes)
    .toString('base64url');
}

/**
 * Brings an e-mail address to the form that both sides hash: trimmed, lower case, and for Gmail without dots and +tag.
 *
 * Source: Unified ID 2.0, "Normalization and Encoding", e-mail addresses.
 */
export function normaliseEmail(address: string): string {
  const lower = address.trim().toLowerCase();
  const at = lower.lastIndexOf('@');
  if (at < 0 || lower.slice(at) !== '@gmail.com') return lower;
  return `${lower.slice(0, at).split('+')[0]?.replaceAll('.', '') ?? ''}@gmail.com`;
}
