import { refuseUnreadable } from '../refused-input.ts';

const MAX_WIDTH_BITS = 32;
const RUN_VARINT_BYTES = 5;
const GROUP_VALUES = 8;

/**
 * Reads `count` numbers of `width` bits from a mixture of runs and packed groups of eight.
 *
 * A run says in a few bytes that it repeats its number two thousand million times: of each run no more is taken than
 * is still wanted.
 *
 * Source: apache/parquet-format, Encodings.md ("Run Length Encoding / Bit-Packing Hybrid").
 *
 * @param end what a number must stay below: the entries of a dictionary, or 2 for levels
 * @throws {RefusedInput} when the bytes end too early or a number is not below `end`
 */
export function readRuns<Output extends Uint8Array | Uint32Array>(
  bytes: Uint8Array,
  width: number,
  end: number,
  output: Output,
): Output {
  if (width > MAX_WIDTH_BITS) refuseUnreadable();
  let at = 0;
  let filled = 0;
  while (filled < output.length) {
    const header = readHeader(bytes, at);
    at = header.at;
    const isPacked = header.value % 2 === 1;
    const count = Math.min(Math.floor(header.value / 2) * (isPacked ? GROUP_VALUES : 1), output.length - filled);
    // Nothing is repeated no times: such runs only take time.
    if (count === 0) refuseUnreadable();
    if (isPacked) {
      unpackBits(bytes, at, width, output.subarray(filled, filled + count));
      at += Math.floor(header.value / 2) * width;
    } else {
      const value = readBytes(bytes, at, Math.ceil(width / 8));
      at += Math.ceil(width / 8);
      output.fill(value >= end ? refuseUnreadable() : value, filled, filled + count);
    }
    filled += count;
  }
  if (output.some((value) => value >= end)) refuseUnreadable();
  return output;
}

/** Unpacks numbers of `width` bits that follow one another, the lowest bit first, into `output`. */
function unpackBits(bytes: Uint8Array, start: number, width: number, output: Uint8Array | Uint32Array): void {
  // A last group may be cut to the bytes that hold its numbers.
  if (start + Math.ceil((output.length * width) / 8) > bytes.byteLength) refuseUnreadable();
  let at = start;
  let held = 0;
  let heldBits = 0;
  const unit = 2 ** width;
  for (let index = 0; index < output.length; index += 1) {
    while (heldBits < width) {
      // At most 39 bits are held at once, which a double holds exactly.
      held += (bytes[at] as number) * 2 ** heldBits;
      at += 1;
      heldBits += 8;
    }
    output[index] = held % unit;
    held = Math.floor(held / unit);
    heldBits -= width;
  }
}

function readHeader(bytes: Uint8Array, start: number): { value: number; at: number } {
  let value = 0;
  for (let index = 0; index < RUN_VARINT_BYTES; index += 1) {
    const byte = bytes[start + index];
    if (byte === undefined) return refuseUnreadable();
    value += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) return { value, at: start + index + 1 };
  }
  return refuseUnreadable();
}

function readBytes(bytes: Uint8Array, at: number, byteCount: number): number {
  if (at + byteCount > bytes.byteLength) refuseUnreadable();
  let value = 0;
  for (let index = byteCount - 1; index >= 0; index -= 1) value = value * 256 + (bytes[at + index] as number);
  return value;
}
