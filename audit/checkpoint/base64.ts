/**
 * Reads standard base64 (RFC 4648, section 4), and only in the one spelling an encoder gives; undefined for anything
 * else.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  // Node skips what it does not know; two spellings of one checkpoint would be two checkpoints to a byte-wise witness.
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** Writes standard base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
