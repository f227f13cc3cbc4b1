// Entries as C2SP tlog-tiles has them: up to 256 in a file, each behind its length in 16 bits, big-endian.

import { TILE_WIDTH_HASHES } from '../merkle/index.ts';

/** Bytes in front of each entry. */
const LENGTH_BYTES = 2;

/** Largest bundle: as many entries as there are in a full one, each of the largest that its length can say. */
export const MAX_BUNDLE_BYTES = TILE_WIDTH_HASHES * (LENGTH_BYTES + 65_535);

/** Writes the entries of one bundle; each is at most 65,535 bytes long, as `toLeaf` sees to. */
export function encodeBundle(leaves: readonly Uint8Array[]): Buffer {
  const bundle = Buffer.alloc(leaves.reduce((sum, leaf) => sum + LENGTH_BYTES + leaf.byteLength, 0));
  let offset = 0;
  for (const leaf of leaves) {
    offset = bundle.writeUInt16BE(leaf.byteLength, offset);
    bundle.set(leaf, offset);
    offset += leaf.byteLength;
  }
  return bundle;
}

/** Takes a bundle apart; undefined when it does not end with the end of an entry. */
export function decodeBundle(bundle: Uint8Array): Uint8Array[] | undefined {
  const leaves: Uint8Array[] = [];
  const view = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  let offset = 0;
  while (offset + LENGTH_BYTES <= view.byteLength) {
    const start = offset + LENGTH_BYTES;
    offset = start + view.readUInt16BE(offset);
    leaves.push(bundle.subarray(start, offset));
  }
  return offset === view.byteLength ? leaves : undefined;
}
