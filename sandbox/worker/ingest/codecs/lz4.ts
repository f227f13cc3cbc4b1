import { refuseUnreadable } from '../refused-input.ts';
import { copyWithin } from './snappy.ts';

const MIN_MATCH_BYTES = 4;
const LONG_LENGTH = 15;
const FRAME_MAGIC = 0x184d_2204;
const HADOOP_PREFIX_BYTES = 8;

/**
 * Unpacks a block of LZ4 into `output` from `start` on; gives the end of what it filled.
 *
 * Source: lz4/lz4, doc/lz4_Block_format.md.
 *
 * @throws {RefusedInput} when the block gives more bytes than there is room, or points before the start
 */
export function unpackLz4Block(input: Uint8Array, output: Uint8Array, start = 0): number {
  let at = 0;
  let filled = start;
  const extended = (first: number): number => {
    let length = first;
    if (first < LONG_LENGTH) return length;
    for (;;) {
      const byte = input[at];
      if (byte === undefined) return refuseUnreadable();
      at += 1;
      length += byte;
      if (byte < 255) return length;
    }
  };
  while (at < input.byteLength) {
    const token = input[at] as number;
    at += 1;
    const literals = extended(token >> 4);
    if (at + literals > input.byteLength || filled + literals > output.byteLength) refuseUnreadable();
    output.set(input.subarray(at, at + literals), filled);
    at += literals;
    filled += literals;
    if (at === input.byteLength) return filled;
    if (at + 2 > input.byteLength) refuseUnreadable();
    const offset = (input[at] as number) | ((input[at + 1] as number) << 8);
    at += 2;
    filled = copyWithin(output, filled, offset, extended(token & 15) + MIN_MATCH_BYTES);
  }
  return filled;
}

/**
 * Unpacks the blocks that Hadoop writes, each behind its two lengths; gives false when the input is not of that kind.
 *
 * Source: apache/parquet-format, Compression.md ("LZ4", deprecated).
 */
export function unpackLz4Hadoop(input: Uint8Array, output: Uint8Array): boolean {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let filled = 0;
  for (let at = 0; at < input.byteLength; ) {
    if (at + HADOOP_PREFIX_BYTES > input.byteLength) return false;
    const unpackedBytes = view.getUint32(at);
    const packedBytes = view.getUint32(at + 4);
    at += HADOOP_PREFIX_BYTES;
    if (at + packedBytes > input.byteLength || filled + unpackedBytes > output.byteLength) return false;
    const end = filled + unpackedBytes;
    try {
      if (unpackLz4Block(input.subarray(at, at + packedBytes), output.subarray(0, end), filled) !== end) return false;
    } catch {
      return false;
    }
    filled = end;
    at += packedBytes;
  }
  return filled === output.byteLength;
}

/**
 * Unpacks a frame of LZ4 into exactly `output`.
 *
 * Source: lz4/lz4, doc/lz4_Frame_format.md; checksums are skipped.
 *
 * @throws {RefusedInput} when it is no frame, or gives more or fewer bytes
 */
export function unpackLz4Frame(input: Uint8Array, output: Uint8Array): void {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  if (view.getUint32(0, true) !== FRAME_MAGIC) refuseUnreadable();
  const flags = view.getUint8(4);
  const hasBlockChecksums = (flags & 0x10) !== 0;
  const hasContentSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  if (flags >> 6 !== 1 || hasDictionary) refuseUnreadable();
  let at = 7 + (hasContentSize ? 8 : 0);
  let filled = 0;
  for (;;) {
    const size = view.getUint32(at, true);
    at += 4;
    if (size === 0) break;
    const byteCount = size & 0x7fff_ffff;
    if (at + byteCount > input.byteLength) refuseUnreadable();
    const block = input.subarray(at, at + byteCount);
    if (size >>> 31 === 0) filled = unpackLz4Block(block, output, filled);
    else {
      if (filled + byteCount > output.byteLength) refuseUnreadable();
      output.set(block, filled);
      filled += byteCount;
    }
    at += byteCount + (hasBlockChecksums ? 4 : 0);
  }
  if (filled !== output.byteLength) refuseUnreadable();
}
