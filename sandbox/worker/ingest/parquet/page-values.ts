import { MAX_PAGE_BYTES } from '../limits.ts';
import { RefusedInput, refuseUnreadable } from '../refused-input.ts';
import { readDeltas } from './deltas.ts';
import { readRuns } from './runs.ts';
import type { PhysicalType } from './schema.ts';

/** A value as it is stored. */
export type Stored = boolean | number | bigint | Uint8Array;

/** The values of a page or a dictionary that are there, gaps left out. */
export interface PageValues {
  count: number;
  at: (index: number) => Stored;
}

/** How the values of a column are stored. */
export interface Storage {
  type: PhysicalType;
  /** Bytes of one value, of fixed-width bytes only. */
  typeBytes: number;
}

const EPOCH_JULIAN_DAY = 2_440_588n;
const NANOS_PER_DAY = 86_400_000_000_000n;
const LENGTH_BYTES = 4;
const PLAIN_DICTIONARY = 2;
const RLE_DICTIONARY = 8;

const FIXED_WIDTH_BYTES: Readonly<Partial<Record<PhysicalType, number>>> = {
  int32: 4,
  int64: 8,
  int96: 12,
  float: 4,
  double: 8,
};

/**
 * Reads `count` values that stand one after the other.
 *
 * @throws {RefusedInput} when there is no room for so many
 */
export function readPlain(bytes: Uint8Array, { type, typeBytes }: Storage, count: number): PageValues {
  if (type === 'boolean') {
    if (Math.ceil(count / 8) > bytes.byteLength) refuseUnreadable();
    return { count, at: (index) => ((bytes[index >> 3] as number) & (1 << (index & 7))) !== 0 };
  }
  if (type === 'bytes') return readPlainBytes(bytes, count);
  const width = widthOf({ type, typeBytes });
  if (count * width > bytes.byteLength) refuseUnreadable();
  return { count, at: fixedReader(bytes, type, width) };
}

/** Tells whether the values of an encoding are places in the dictionary. */
export function isIndexed(encoding: number): boolean {
  return encoding === PLAIN_DICTIONARY || encoding === RLE_DICTIONARY;
}

/**
 * Reads the values of a data page by the code of their encoding.
 *
 * @param entryCount the entries of the dictionary; values of an indexed encoding are places in it
 * @throws {RefusedInput} when they are not what the encoding says, or it is not one of today's
 */
export function readEncoded(
  bytes: Uint8Array,
  storage: Storage,
  count: number,
  encoding: number,
  entryCount: number,
): PageValues {
  switch (encoding) {
    case 0:
      return readPlain(bytes, storage, count);
    case PLAIN_DICTIONARY:
    case RLE_DICTIONARY:
      return readIndices(bytes, count, entryCount);
    case 3:
      return readBooleanRuns(bytes, storage, count);
    case 5:
      return readNumbers(bytes, storage, count);
    case 6:
      return readLengthsThenBytes(bytes, storage, 0, count);
    case 7:
      return readPrefixed(bytes, storage, count);
    case 9:
      return readSplit(bytes, storage, count);
    default:
      throw new RefusedInput('not-supported');
  }
}

function readIndices(bytes: Uint8Array, count: number, entryCount: number): PageValues {
  if (count === 0) return { count, at: () => refuseUnreadable() };
  const [width] = bytes;
  const indices = readRuns(bytes.subarray(1), width ?? refuseUnreadable(), entryCount, new Uint32Array(count));
  return { count, at: (index) => indices[index] as number };
}

function readBooleanRuns(bytes: Uint8Array, { type }: Storage, count: number): PageValues {
  if (type !== 'boolean') refuseUnreadable();
  const values = readRuns(lengthPrefixed(bytes).taken, 1, 2, new Uint8Array(count));
  return { count, at: (index) => values[index] === 1 };
}

/** Takes bytes that stand behind their own length. */
export function lengthPrefixed(bytes: Uint8Array): { taken: Uint8Array; rest: Uint8Array } {
  const length = viewOf(bytes).getUint32(0, true);
  const end = LENGTH_BYTES + length;
  if (end > bytes.byteLength) refuseUnreadable();
  return { taken: bytes.subarray(LENGTH_BYTES, end), rest: bytes.subarray(end) };
}

function readNumbers(bytes: Uint8Array, { type }: Storage, count: number): PageValues {
  if (type !== 'int32' && type !== 'int64') refuseUnreadable();
  const { values } = readDeltas(bytes, 0, count, type === 'int32' ? 32 : 64);
  if (type === 'int64') return { count, at: (index) => values[index] as bigint };
  return { count, at: (index) => Number(values[index]) };
}

function readPlainBytes(bytes: Uint8Array, count: number): PageValues {
  if (count * LENGTH_BYTES > bytes.byteLength) refuseUnreadable();
  const starts = new Uint32Array(count);
  const view = viewOf(bytes);
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    starts[index] = at;
    at += LENGTH_BYTES + view.getUint32(at, true);
  }
  if (at > bytes.byteLength) refuseUnreadable();
  return {
    count,
    at: (index) => {
      const start = starts[index] as number;
      return bytes.subarray(start + LENGTH_BYTES, start + LENGTH_BYTES + view.getUint32(start, true));
    },
  };
}

function readLengthsThenBytes(bytes: Uint8Array, { type }: Storage, start: number, count: number): PageValues {
  if (type !== 'bytes' && type !== 'fixed-bytes') refuseUnreadable();
  const { values: lengths, at } = readDeltas(bytes, start, count, 32);
  const ends = new Uint32Array(count);
  let end = at;
  for (const [index, length] of lengths.entries()) {
    end += length < 0n ? refuseUnreadable() : Number(length);
    if (end > bytes.byteLength) refuseUnreadable();
    ends[index] = end;
  }
  return { count, at: (index) => bytes.subarray(index === 0 ? at : ends[index - 1], ends[index]) };
}

// Each value begins like the one before: a few bytes a value can stand for megabytes, so their sum is judged first.
function readPrefixed(bytes: Uint8Array, storage: Storage, count: number): PageValues {
  const { values: prefixes, at } = readDeltas(bytes, 0, count, 32);
  const suffixes = readLengthsThenBytes(bytes, storage, at, count);
  const offsets = new Float64Array(count + 1);
  for (let index = 0; index < count; index += 1) {
    const prefix = Number(prefixes[index]);
    const before = index === 0 ? 0 : (offsets[index] as number) - (offsets[index - 1] as number);
    if (prefix < 0 || prefix > before) refuseUnreadable();
    offsets[index + 1] = (offsets[index] as number) + prefix + (suffixes.at(index) as Uint8Array).byteLength;
    if ((offsets[index + 1] as number) > MAX_PAGE_BYTES) throw new RefusedInput('part-too-large');
  }
  const whole = new Uint8Array(offsets[count] as number);
  for (let index = 0; index < count; index += 1) {
    const [start, prefix] = [offsets[index] as number, Number(prefixes[index])];
    if (prefix > 0) whole.copyWithin(start, offsets[index - 1] as number, (offsets[index - 1] as number) + prefix);
    whole.set(suffixes.at(index) as Uint8Array, start + prefix);
  }
  return { count, at: (index) => whole.subarray(offsets[index], offsets[index + 1]) };
}

function readSplit(bytes: Uint8Array, { type, typeBytes }: Storage, count: number): PageValues {
  if (type === 'boolean' || type === 'bytes' || type === 'int96') refuseUnreadable();
  const width = widthOf({ type, typeBytes });
  if (count * width !== bytes.byteLength) refuseUnreadable();
  const joined = new Uint8Array(bytes.byteLength);
  for (let byte = 0; byte < width; byte += 1) {
    for (let index = 0; index < count; index += 1) joined[index * width + byte] = bytes[byte * count + index] as number;
  }
  return { count, at: fixedReader(joined, type, width) };
}

function widthOf({ type, typeBytes }: Storage): number {
  const width = FIXED_WIDTH_BYTES[type] ?? typeBytes;
  // Values of no bytes would be as many as a file likes to say.
  return width > 0 ? width : refuseUnreadable();
}

function fixedReader(bytes: Uint8Array, type: PhysicalType, width: number): (index: number) => Stored {
  const view = viewOf(bytes);
  switch (type) {
    case 'int32':
      return (index) => view.getInt32(index * width, true);
    case 'int64':
      return (index) => view.getBigInt64(index * width, true);
    case 'int96':
      return (index) => nanosOf(view, index * width);
    case 'float':
      return (index) => view.getFloat32(index * width, true);
    case 'double':
      return (index) => view.getFloat64(index * width, true);
    default:
      return (index) => bytes.subarray(index * width, (index + 1) * width);
  }
}

function nanosOf(view: DataView, at: number): bigint {
  return (BigInt(view.getInt32(at + 8, true)) - EPOCH_JULIAN_DAY) * NANOS_PER_DAY + view.getBigInt64(at, true);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
