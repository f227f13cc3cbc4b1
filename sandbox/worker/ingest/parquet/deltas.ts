import { refuseUnreadable } from '../refused-input.ts';

const MAX_BLOCK_VALUES = 1_048_576;
const MAX_VARINT_BYTES = 10;
const WORD_BITS = 64;

/**
 * Reads numbers that are written as differences, packed in blocks.
 *
 * Shape: exactly `count` numbers, wrapped to `bits` as the format says; `at` is where the bytes after them begin.
 *
 * Source: apache/parquet-format, Encodings.md ("Delta Encoding").
 *
 * @throws {RefusedInput} when there are fewer, or a block has an impossible shape
 */
export function readDeltas(
  bytes: Uint8Array,
  start: number,
  count: number,
  bits: 32 | 64,
): { values: BigInt64Array; at: number } {
  const reader = new DeltaReader(bytes, start);
  const blockValues = Number(reader.varint());
  const miniblocks = Number(reader.varint());
  const total = Number(reader.varint());
  const isShaped = blockValues > 0 && blockValues <= MAX_BLOCK_VALUES && blockValues % 8 === 0 && miniblocks > 0;
  if (!isShaped || (blockValues / miniblocks) % 8 !== 0 || total !== count) refuseUnreadable();
  const values = new BigInt64Array(count);
  let value = BigInt.asIntN(bits, reader.zigZag());
  if (count > 0) values[0] = value;
  const miniblockValues = blockValues / miniblocks;
  for (let index = 1; index < count; ) {
    const least = reader.zigZag();
    const widths = reader.take(miniblocks);
    for (const width of widths) {
      // The miniblocks after the last number are not there, whatever their widths say.
      if (index >= count) break;
      if (width > WORD_BITS) refuseUnreadable();
      const packed = reader.take((miniblockValues * width) / 8);
      const end = Math.min(index + miniblockValues, count);
      for (let place = 0; index < end; index += 1, place += 1) {
        value = BigInt.asIntN(bits, value + least + unpackBits(packed, place * width, width));
        values[index] = value;
      }
    }
  }
  return { values, at: reader.at };
}

function unpackBits(bytes: Uint8Array, firstBit: number, width: number): bigint {
  if (width === 0) return 0n;
  let value = 0n;
  const lastByte = (firstBit + width - 1) >> 3;
  for (let at = lastByte; at >= firstBit >> 3; at -= 1) value = (value << 8n) | BigInt(bytes[at] as number);
  return BigInt.asUintN(width, value >> BigInt(firstBit & 7));
}

class DeltaReader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  take(byteCount: number): Uint8Array {
    const start = this.at;
    this.at += byteCount;
    if (this.at > this.#bytes.byteLength) refuseUnreadable();
    return this.#bytes.subarray(start, this.at);
  }

  varint(): bigint {
    let value = 0n;
    for (let count = 0n; count < MAX_VARINT_BYTES; count += 1n) {
      const byte = this.take(1)[0] as number;
      value |= BigInt(byte & 0x7f) << (7n * count);
      if (byte < 0x80) return value;
    }
    return refuseUnreadable();
  }

  zigZag(): bigint {
    const value = this.varint();
    return (value >> 1n) ^ -(value & 1n);
  }
}
