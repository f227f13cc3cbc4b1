// The journal begins where the durable tiles end:
//   magic(4) crc32(4) startIndex(8) rootHash(32), big-endian; the checksum covers what is behind it.
// The root is that of the tree of all entries before. Tiles at the right edge of that tree are not yet spoken for by
// tiles above them, nor always by a checkpoint, so that without it a spoilt one could be signed for.

import { crc32 } from 'node:zlib';
import { HASH_BYTES } from '../merkle/index.ts';

/** Length of the header. */
export const JOURNAL_HEADER_BYTES = 16 + HASH_BYTES;

const MAGIC = Buffer.from([0xff, 0x47, 0x4a, 0x01]);
const COVERED_OFFSET_BYTES = 8;

/** Where a journal begins: how many entries lie before it in tiles, and their root. */
export interface JournalStart {
  readonly startIndex: number;
  readonly rootHash: Uint8Array;
}

/** Writes the header. */
export function encodeHeader({ startIndex, rootHash }: JournalStart): Buffer {
  const header = Buffer.alloc(JOURNAL_HEADER_BYTES);
  MAGIC.copy(header);
  header.writeBigUInt64BE(BigInt(startIndex), COVERED_OFFSET_BYTES);
  header.set(rootHash, JOURNAL_HEADER_BYTES - HASH_BYTES);
  header.writeUInt32BE(crc32(header.subarray(COVERED_OFFSET_BYTES)), MAGIC.length);
  return header;
}

/** Reads the header; undefined when these bytes are none. */
export function decodeHeader(bytes: Buffer): JournalStart | undefined {
  if (bytes.byteLength < JOURNAL_HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const covered = bytes.subarray(COVERED_OFFSET_BYTES, JOURNAL_HEADER_BYTES);
  if (crc32(covered) !== bytes.readUInt32BE(MAGIC.length)) return undefined;
  const startIndex = Number(bytes.readBigUInt64BE(COVERED_OFFSET_BYTES));
  return { startIndex, rootHash: Uint8Array.from(covered.subarray(COVERED_OFFSET_BYTES)) };
}
