// One group commit is one frame in the file, so a crash tears at most one frame and never part of an acknowledged
// group:
//   magic(4) leafCount(4) firstLeafIndex(8) payloadBytes(4) crc32(4), then per leaf: length(4) bytes.
// Numbers are big-endian; the checksum covers the header before it and the payload. It is against accidents only:
// against people there are the tree and its checkpoints.

import { crc32 } from 'node:zlib';
import { MAX_LEAF_BYTES } from '../entry/index.ts';

/** Most leaves in one group commit: a full group is still read and checked in well under a millisecond or two. */
export const MAX_GROUP_LEAVES_COUNT = 1024;

/** Largest payload of one frame: at least one largest leaf, and small enough to be written in one go. */
export const MAX_FRAME_PAYLOAD_BYTES = 1_048_576;

/** Length of a frame's header. */
const FRAME_HEADER_BYTES = 24;

/** Largest frame, which is also the most that one crash can tear. */
export const MAX_FRAME_BYTES = FRAME_HEADER_BYTES + MAX_FRAME_PAYLOAD_BYTES;

/** Bytes in front of each leaf. */
export const LEAF_LENGTH_BYTES = 4;

/** Starts with 0xff, a byte that UTF-8 never has, so no entry's text can be taken for a frame. */
const MAGIC = Buffer.from([0xff, 0x47, 0x4c, 0x01]);

const CRC_OFFSET_BYTES = 20;

/** One group commit as read back; `leaves` are views into the buffer that was read. */
export interface Frame {
  readonly firstLeafIndex: number;
  readonly leaves: readonly Uint8Array[];
  readonly byteLength: number;
}

/** Writes one group commit. */
export function encodeFrame(firstLeafIndex: number, leaves: readonly Uint8Array[]): Buffer {
  const payloadBytes = leaves.reduce((sum, leaf) => sum + LEAF_LENGTH_BYTES + leaf.byteLength, 0);
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + payloadBytes);
  MAGIC.copy(frame);
  frame.writeUInt32BE(leaves.length, 4);
  frame.writeBigUInt64BE(BigInt(firstLeafIndex), 8);
  frame.writeUInt32BE(payloadBytes, 16);
  let offset = FRAME_HEADER_BYTES;
  for (const leaf of leaves) {
    offset = frame.writeUInt32BE(leaf.byteLength, offset);
    frame.set(leaf, offset);
    offset += leaf.byteLength;
  }
  frame.writeUInt32BE(checksum(frame), CRC_OFFSET_BYTES);
  return frame;
}

/** Splits leaves into groups that each fit one frame. */
export function groupsOf(leaves: readonly Uint8Array[]): Uint8Array[][] {
  const groups: Uint8Array[][] = [];
  let payloadBytes = 0;
  for (const leaf of leaves) {
    payloadBytes += LEAF_LENGTH_BYTES + leaf.byteLength;
    const group = groups.at(-1);
    if (group && group.length < MAX_GROUP_LEAVES_COUNT && payloadBytes <= MAX_FRAME_PAYLOAD_BYTES) group.push(leaf);
    else {
      groups.push([leaf]);
      payloadBytes = LEAF_LENGTH_BYTES + leaf.byteLength;
    }
  }
  return groups;
}

/** Reads the frame at the start of a buffer; undefined when there is no whole, sound frame there. */
export function decodeFrame(buffer: Buffer): Frame | undefined {
  if (buffer.byteLength < FRAME_HEADER_BYTES || !buffer.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const leafCount = buffer.readUInt32BE(4);
  const firstLeafIndex = Number(buffer.readBigUInt64BE(8));
  const byteLength = FRAME_HEADER_BYTES + buffer.readUInt32BE(16);
  if (leafCount === 0 || leafCount > MAX_GROUP_LEAVES_COUNT || !Number.isSafeInteger(firstLeafIndex)) return undefined;
  if (byteLength > MAX_FRAME_BYTES || byteLength > buffer.byteLength) return undefined;
  const frame = buffer.subarray(0, byteLength);
  if (checksum(frame) !== frame.readUInt32BE(CRC_OFFSET_BYTES)) return undefined;
  const leaves = splitLeaves(frame.subarray(FRAME_HEADER_BYTES));
  return leaves?.length === leafCount ? { firstLeafIndex, leaves, byteLength } : undefined;
}

/** Finds the first whole, sound frame at or after the start of a buffer; -1 when there is none. */
export function findFrame(buffer: Buffer): number {
  let offset = buffer.indexOf(MAGIC);
  while (offset >= 0 && decodeFrame(buffer.subarray(offset)) === undefined) offset = buffer.indexOf(MAGIC, offset + 1);
  return offset;
}

function splitLeaves(payload: Buffer): Uint8Array[] | undefined {
  const leaves: Uint8Array[] = [];
  let offset = 0;
  while (offset + LEAF_LENGTH_BYTES <= payload.byteLength) {
    const start = offset + LEAF_LENGTH_BYTES;
    const end = start + payload.readUInt32BE(offset);
    if (end > payload.byteLength || end - start > MAX_LEAF_BYTES) return undefined;
    leaves.push(payload.subarray(start, end));
    offset = end;
  }
  return offset === payload.byteLength ? leaves : undefined;
}

function checksum(frame: Buffer): number {
  return crc32(frame.subarray(FRAME_HEADER_BYTES), crc32(frame.subarray(0, CRC_OFFSET_BYTES)));
}
