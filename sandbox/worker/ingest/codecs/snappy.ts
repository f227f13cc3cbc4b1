import { refuseUnreadable } from '../refused-input.ts';

const LONG_LENGTH_TAG = 60;
const MAX_LENGTH_VARINT_BYTES = 5;

/**
 * Unpacks a block of Snappy into exactly `output`.
 *
 * Source: google/snappy, format_description.txt.
 *
 * @throws {RefusedInput} when the block gives more or fewer bytes, or points before its start
 */
export function unpackSnappy(input: Uint8Array, output: Uint8Array): void {
  let at = skipLength(input, output.byteLength);
  let filled = 0;
  while (at < input.byteLength) {
    const tag = input[at] as number;
    at += 1;
    if ((tag & 3) === 0) {
      let length = (tag >> 2) + 1;
      const extraBytes = (tag >> 2) - LONG_LENGTH_TAG + 1;
      if (extraBytes > 0) {
        length = littleEndian(input, at, extraBytes) + 1;
        at += extraBytes;
      }
      if (at + length > input.byteLength || filled + length > output.byteLength) refuseUnreadable();
      output.set(input.subarray(at, at + length), filled);
      at += length;
      filled += length;
      continue;
    }
    const isShort = (tag & 3) === 1;
    const length = isShort ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const width = isShort ? 1 : (tag & 3) === 2 ? 2 : 4;
    const offset = (isShort ? (tag >> 5) * 256 : 0) + littleEndian(input, at, width);
    at += width;
    filled = copyWithin(output, filled, offset, length);
  }
  if (filled !== output.byteLength) refuseUnreadable();
}

/**
 * Repeats `length` bytes that stand `offset` before the end of what is filled; gives the new end.
 *
 * Shape: the source may overlap what is written, which repeats it.
 *
 * @throws {RefusedInput} when that is before the start or beyond the end
 */
export function copyWithin(output: Uint8Array, filled: number, offset: number, length: number): number {
  if (offset === 0 || offset > filled || filled + length > output.byteLength) refuseUnreadable();
  if (offset >= length) {
    output.copyWithin(filled, filled - offset, filled - offset + length);
  } else if (offset === 1) {
    output.fill(output[filled - 1] as number, filled, filled + length);
  } else {
    for (let index = 0; index < length; index += 1) output[filled + index] = output[filled + index - offset] as number;
  }
  return filled + length;
}

function skipLength(input: Uint8Array, expected: number): number {
  let length = 0;
  for (let at = 0; at < MAX_LENGTH_VARINT_BYTES && at < input.byteLength; at += 1) {
    const byte = input[at] as number;
    length += (byte & 0x7f) * 128 ** at;
    if (byte < 0x80) {
      if (length !== expected) refuseUnreadable();
      return at + 1;
    }
  }
  return refuseUnreadable();
}

function littleEndian(input: Uint8Array, at: number, byteCount: number): number {
  if (at + byteCount > input.byteLength) refuseUnreadable();
  let value = 0;
  for (let index = byteCount - 1; index >= 0; index -= 1) value = value * 256 + (input[at + index] as number);
  return value;
}
