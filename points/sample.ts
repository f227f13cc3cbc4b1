/** Which digests are matched where not all are. */
export interface Sample {
  readonly oneIn: number;
  readonly remainder: number;
}

/**
 * Whether a digest is in a sample: its first four bytes, as a number, have the remainder. Digests are uniform, so that
 * one in so many is; and both sides choose alike without a word about any.
 */
export function isSampled(digest: Uint8Array, { oneIn, remainder }: Sample): boolean {
  const start = new DataView(digest.buffer, digest.byteOffset).getUint32(0);
  return start % oneIn === remainder;
}
