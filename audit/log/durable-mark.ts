// How far the log was acknowledged. Written after each sync and not synced itself: after a killed process it is exact,
// after a power cut it may be older, and it is never ahead of the disk. So it tells a torn tail (beyond the mark: cut)
// from a damaged one (before the mark: refused), which the bytes alone cannot.

import { crc32 } from 'node:zlib';
import type { DiskFile } from '../disk/index.ts';

const MARK_BYTES = 12;
const CRC_OFFSET_BYTES = 8;

/** Reads how many entries were acknowledged; a missing or torn mark says nothing, like that of an empty log. */
export async function readMark(file: DiskFile): Promise<number> {
  const bytes = await file.read(0, MARK_BYTES);
  if (bytes.byteLength < MARK_BYTES || checksum(bytes) !== bytes.readUInt32BE(CRC_OFFSET_BYTES)) return 0;
  return Number(bytes.readBigUInt64BE(0));
}

/** Moves the mark forward, in one write too short to be split by a killed process. */
export async function writeMark(file: DiskFile, treeSize: number): Promise<void> {
  const bytes = Buffer.alloc(MARK_BYTES);
  bytes.writeBigUInt64BE(BigInt(treeSize), 0);
  bytes.writeUInt32BE(checksum(bytes), CRC_OFFSET_BYTES);
  await file.write(0, bytes);
}

function checksum(bytes: Buffer): number {
  return crc32(bytes.subarray(0, CRC_OFFSET_BYTES));
}
