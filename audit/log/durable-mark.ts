// How far the log was acknowledged. Written after each sync and not synced itself: after a killed process it is exact,
// after a power cut it may be older, and it is never ahead of the disk. So it tells a torn tail (beyond the mark: cut)
// from a damaged one (before the mark: refused), which the bytes alone cannot.

import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { readBytes, writeBytes } from './file-bytes.ts';

const MARK_BYTES = 20;
const CRC_OFFSET_BYTES = 16;

/** A durable prefix of the log: entries, and bytes of the file that hold them. */
export interface DurableMark {
  readonly treeSize: number;
  readonly byteLength: number;
}

/** Reads the mark; a missing or torn mark says nothing, like that of an empty log. */
export async function readMark(file: FileHandle): Promise<DurableMark> {
  const bytes = await readBytes(file, 0, MARK_BYTES);
  if (bytes.byteLength < MARK_BYTES || checksum(bytes) !== bytes.readUInt32BE(CRC_OFFSET_BYTES)) {
    return { treeSize: 0, byteLength: 0 };
  }
  return { treeSize: Number(bytes.readBigUInt64BE(0)), byteLength: Number(bytes.readBigUInt64BE(8)) };
}

/** Moves the mark forward, in one write too short to be split by a killed process. */
export async function writeMark(file: FileHandle, mark: DurableMark): Promise<void> {
  const bytes = Buffer.alloc(MARK_BYTES);
  bytes.writeBigUInt64BE(BigInt(mark.treeSize), 0);
  bytes.writeBigUInt64BE(BigInt(mark.byteLength), 8);
  bytes.writeUInt32BE(checksum(bytes), CRC_OFFSET_BYTES);
  await writeBytes(file, 0, bytes);
}

function checksum(bytes: Buffer): number {
  return crc32(bytes.subarray(0, CRC_OFFSET_BYTES));
}
