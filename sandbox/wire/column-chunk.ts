// A column chunk is the unit of storage and of the wire: up to 65,536 values of one column. It is laid out like an
// engine vector (little-endian typed arrays and an LSB-first validity bitmap), so that a load is a copy of memory
// and not a loop over rows.
//
//   0  u8  magic 0x47      8  u8  flags: 1 = has a validity bitmap, 2 = dictionary text
//   1  u8  version 1       9  7 zero bytes, so that what follows is aligned to 8
//   2  u8  kind            16 validity: ceil(rows / 64) u64, when flagged (1 = present)
//   3  u8  scale              fixed width: rows values of 8 bytes (date, ordinal: 4; code, rank: 2; boolean: 1;
//                             digest: 32)
//   4  u32 rows               text:       u32 offsets[rows + 1], utf-8 bytes
//                             dictionary: u32 count, u32 offsets[count + 1], u16 index[rows], utf-8 bytes
import { isUtf8 } from 'node:buffer';

import { DIGEST_BYTES, MAX_DECIMAL_SCALE_DIGITS, WIRE_KINDS, type WireType } from './column-type.ts';

/** Most rows of a chunk: a u16 dictionary index reaches every entry, and a chunk of int64 is half a megabyte. */
export const MAX_CHUNK_ROWS = 65_536;

/** Most bytes of an encoded chunk; above it a sealed file would need more memory to open than a worker may have. */
export const MAX_CHUNK_BYTES = 33_554_432;

/** Bytes before the validity bitmap. */
export const CHUNK_HEADER_BYTES = 16;

const MAGIC_BYTE = 0x47;
const VERSION_BYTE = 1;
const HAS_VALIDITY = 1;
const IS_DICTIONARY = 2;

/** Text of a chunk: entry `i` is `bytes[offsets[i], offsets[i + 1])`; with `indices`, row `r` is entry `indices[r]`. */
export interface TextValues {
  offsets: Uint32Array;
  bytes: Uint8Array;
  indices: Uint16Array | null;
}

/** Fixed-width values; a null row holds zero. */
export type FixedValues =
  | Uint8Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float64Array;

/**
 * A decoded chunk: `validity` is an LSB-first bitmap of whole 64-bit words (1 = present), null when no value is
 * missing.
 */
export interface ColumnChunk {
  type: WireType;
  rowCount: number;
  validity: Uint8Array | null;
  values: FixedValues | TextValues;
}

/** Thrown for bytes that are not a column chunk; says nothing about the values in them. */
export class ChunkError extends Error {
  override name = 'ChunkError';
}

/** Tells whether row `rowIndex` holds a value. */
export function isPresent(chunk: ColumnChunk, rowIndex: number): boolean {
  return chunk.validity === null || ((chunk.validity[rowIndex >> 3] ?? 0) & (1 << (rowIndex & 7))) !== 0;
}

/** Tells text values from fixed-width ones. */
export function isTextValues(values: ColumnChunk['values']): values is TextValues {
  return 'offsets' in values;
}

/** Gives the largest of some small numbers, 0 of none: one loop that the compiler makes fast, without a call per value. */
function largestOf(values: Uint8Array | Uint16Array): number {
  let largest = 0;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] as number;
    if (value > largest) largest = value;
  }
  return largest;
}

/**
 * Makes sure that every code of a chunk is of a dictionary with so many texts, those of missing values included, which
 * are zero.
 *
 * @throws {ChunkError} when one is not: to the engine it would be an address beyond its texts
 */
export function expectCodes({ rowCount, validity, values }: ColumnChunk, textCount: number): void {
  if (rowCount === 0) return;
  const hasNone = validity?.every((byte) => byte === 0) ?? false;
  if (!(values instanceof Uint16Array) || (largestOf(values) >= textCount && !(hasNone && largestOf(values) === 0))) {
    throw new ChunkError('a column chunk points outside its dictionary');
  }
}

/** Gives the bytes of a validity bitmap over `rowCount` rows, padded to whole 64-bit words. */
export function validityBytes(rowCount: number): number {
  return Math.ceil(rowCount / 64) * 8;
}

/**
 * Makes the bytes of a chunk.
 *
 * Shape: the same chunk always gives the same bytes.
 *
 * @throws {ChunkError} when the chunk has too many rows or bytes, or its arrays disagree about the row count
 */
export function encodeColumnChunk(chunk: ColumnChunk): Uint8Array {
  const { rowCount, validity, values, type } = chunk;
  if (rowCount > MAX_CHUNK_ROWS) throw new ChunkError('a column chunk has too many rows');
  const parts = isTextValues(values) ? textParts(values) : [asBytes(values)];
  if (validity !== null) parts.unshift(validity);
  const length = parts.reduce((sum, part) => sum + part.byteLength, CHUNK_HEADER_BYTES);
  if (length > MAX_CHUNK_BYTES) throw new ChunkError('a column chunk has too many bytes');

  const bytes = new Uint8Array(length);
  const isDictionary = isTextValues(values) && values.indices !== null;
  bytes.set([MAGIC_BYTE, VERSION_BYTE, WIRE_KINDS.indexOf(type.kind), type.kind === 'decimal' ? type.scale : 0]);
  new DataView(bytes.buffer).setUint32(4, rowCount, true);
  bytes[8] = (validity === null ? 0 : HAS_VALIDITY) | (isDictionary ? IS_DICTIONARY : 0);
  let at = CHUNK_HEADER_BYTES;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  return bytes;
}

/**
 * Reads the bytes of a chunk, trusting none of them.
 *
 * Shape: the arrays are views into `bytes` where alignment allows, copies otherwise.
 *
 * @throws {ChunkError} when any length, offset, index, boolean or UTF-8 sequence in it is not what the format says
 */
export function decodeColumnChunk(bytes: Uint8Array): ColumnChunk {
  const reader = new ChunkReader(bytes);
  const { type, rowCount, flags } = readHeader(bytes);
  const validity = (flags & HAS_VALIDITY) === 0 ? null : reader.take(validityBytes(rowCount));
  const values = type.kind === 'text' ? readText(reader, rowCount, flags) : readFixed(reader, type, rowCount);
  reader.expectEnd();
  return { type, rowCount, validity, values };
}

function readHeader(bytes: Uint8Array): { type: WireType; rowCount: number; flags: number } {
  if (bytes.byteLength < CHUNK_HEADER_BYTES || bytes.byteLength > MAX_CHUNK_BYTES) {
    throw new ChunkError('a column chunk has an impossible length');
  }
  const kind = WIRE_KINDS[bytes[2] as number];
  const scale = bytes[3] as number;
  const flags = bytes[8] as number;
  const rowCount = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  const isPadded = bytes.subarray(9, CHUNK_HEADER_BYTES).every((byte) => byte === 0);
  if (bytes[0] !== MAGIC_BYTE || bytes[1] !== VERSION_BYTE || kind === undefined || !isPadded) {
    throw new ChunkError('a column chunk has an unknown header');
  }
  if (rowCount > MAX_CHUNK_ROWS || scale > (kind === 'decimal' ? MAX_DECIMAL_SCALE_DIGITS : 0)) {
    throw new ChunkError('a column chunk has an impossible header');
  }
  if (flags > (kind === 'text' ? HAS_VALIDITY | IS_DICTIONARY : HAS_VALIDITY)) {
    throw new ChunkError('a column chunk has unknown flags');
  }
  return { type: kind === 'decimal' ? { kind, scale } : { kind }, rowCount, flags };
}

function readFixed(reader: ChunkReader, type: WireType, rowCount: number): FixedValues {
  switch (type.kind) {
    case 'boolean': {
      const values = reader.take(rowCount);
      // A byte that is neither 0 nor 1 is undefined behaviour inside the engine.
      if (largestOf(values) > 1) throw new ChunkError('a column chunk holds an impossible boolean');
      return values;
    }
    case 'digest':
      return reader.take(rowCount * DIGEST_BYTES);
    case 'date':
      return new Int32Array(...reader.takeAligned(rowCount, 4));
    case 'code':
    case 'rank':
      return new Uint16Array(...reader.takeAligned(rowCount, 2));
    case 'ordinal':
      return new Uint32Array(...reader.takeAligned(rowCount, 4));
    case 'person':
      return new BigUint64Array(...reader.takeAligned(rowCount, 8));
    case 'double':
      return new Float64Array(...reader.takeAligned(rowCount, 8));
    default:
      return new BigInt64Array(...reader.takeAligned(rowCount, 8));
  }
}

function readText(reader: ChunkReader, rowCount: number, flags: number): TextValues {
  const isDictionary = (flags & IS_DICTIONARY) !== 0;
  const count = isDictionary ? (new Uint32Array(...reader.takeAligned(1, 4))[0] as number) : rowCount;
  if (count > MAX_CHUNK_ROWS) throw new ChunkError('a column chunk has too many dictionary entries');
  const offsets = new Uint32Array(...reader.takeAligned(count + 1, 4));
  const indices = isDictionary ? new Uint16Array(...reader.takeAligned(rowCount, 2)) : null;
  if (indices !== null && rowCount > 0 && largestOf(indices) >= count) {
    throw new ChunkError('a column chunk points outside its dictionary');
  }
  const bytes = reader.takeRest();
  expectEntries(offsets, bytes);
  return { offsets, bytes, indices };
}

// The engine does not check text that is copied into its vectors: an offset past the end would read foreign memory,
// and half a character would be invalid text that later functions trust.
function expectEntries(offsets: Uint32Array, bytes: Uint8Array): void {
  if (offsets[0] !== 0 || offsets.at(-1) !== bytes.byteLength) throw new ChunkError('a column chunk has wrong offsets');
  for (let index = 1; index < offsets.length; index += 1) {
    const offset = offsets[index] as number;
    if (offset < (offsets[index - 1] as number)) throw new ChunkError('a column chunk has falling offsets');
    if (((bytes[offset] ?? 0) & 0xc0) === 0x80) throw new ChunkError('a column chunk splits a character');
  }
  if (!isUtf8(bytes)) throw new ChunkError('a column chunk holds text that is not utf-8');
}

class ChunkReader {
  readonly #bytes: Uint8Array;
  #at = CHUNK_HEADER_BYTES;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(byteCount: number): Uint8Array {
    const start = this.#at;
    if (start + byteCount > this.#bytes.byteLength) throw new ChunkError('a column chunk is cut short');
    this.#at += byteCount;
    return this.#bytes.subarray(start, this.#at);
  }

  takeRest(): Uint8Array {
    return this.take(this.#bytes.byteLength - this.#at);
  }

  takeAligned(count: number, width: number): [ArrayBuffer, number, number] {
    const taken = this.take(count * width);
    // Of the array that it is: of a buffer of Node, `slice` is no copy.
    const view = taken.byteOffset % width === 0 ? taken : Uint8Array.from(taken);
    return [view.buffer as ArrayBuffer, view.byteOffset, count];
  }

  expectEnd(): void {
    if (this.#at !== this.#bytes.byteLength) throw new ChunkError('a column chunk has trailing bytes');
  }
}

function textParts({ offsets, bytes, indices }: TextValues): Uint8Array[] {
  if (indices === null) return [asBytes(offsets), bytes];
  return [asBytes(Uint32Array.of(offsets.length - 1)), asBytes(offsets), asBytes(indices), bytes];
}

function asBytes(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
