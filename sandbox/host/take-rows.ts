// Rows leave or stay as whole chunks of typed arrays: nothing here looks at a value.
import {
  type ColumnChunk,
  decodeColumnChunk,
  encodeColumnChunk,
  type FixedValues,
  isPresent,
  isTextValues,
  type TextValues,
  validityBytes,
} from '../wire/column-chunk.ts';

const WORD_BITS = 64;
/** Where the header of an encoded chunk says how many rows it has. */
const ROW_COUNT_AT = 4;

/** Gives a chunk of the rows named, in that order. */
export function takeRows(chunk: ColumnChunk, rows: Int32Array): ColumnChunk {
  const { type, values } = chunk;
  return {
    type,
    rowCount: rows.length,
    validity: chunk.validity === null ? null : takeValidity(chunk, rows),
    values: isTextValues(values) ? takeTexts(values, rows) : takeFixed(chunk, values, rows),
  };
}

/**
 * Leaves out the rows of an encoded chunk whose bit is not set.
 *
 * Shape: `verdicts` is an encoded chunk of 64-bit words, a bit a row, from the lowest on. A chunk of which every row stays
 * is given back as it is; null when none does.
 *
 * @throws {Error} when the two are not of the same rows
 */
export function keepRows(chunk: Uint8Array, verdicts: Uint8Array): Uint8Array | null {
  const bits = verdictBits(verdicts);
  const rowCount = new DataView(chunk.buffer, chunk.byteOffset).getUint32(ROW_COUNT_AT, true);
  if (bits.byteLength !== validityBytes(rowCount)) throw new Error('a chunk and its verdicts differ in rows');
  const rows = keptRows(bits, rowCount);
  if (rows.length === rowCount) return chunk;
  return rows.length === 0 ? null : encodeColumnChunk(takeRows(decodeColumnChunk(chunk), rows));
}

/** How many rows stay by encoded verdicts. */
export function countKept(verdicts: Uint8Array): number {
  const words = decodeColumnChunk(verdicts).values as BigInt64Array;
  const halves = new Uint32Array(words.buffer, words.byteOffset, words.length * 2);
  let kept = 0;
  for (const half of halves) kept += countBits(half);
  return kept;
}

function verdictBits(verdicts: Uint8Array): Uint8Array {
  const { type, validity, values } = decodeColumnChunk(verdicts);
  if (type.kind !== 'integer' || validity !== null || isTextValues(values))
    throw new Error('a chunk holds no verdicts');
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function keptRows(bits: Uint8Array, rowCount: number): Int32Array {
  const rows = new Int32Array(rowCount);
  let kept = 0;
  for (let start = 0; start < rowCount; start += 8) {
    const byte = bits[start >> 3] as number;
    if (byte === 0) continue;
    const end = Math.min(start + 8, rowCount);
    for (let row = start; row < end; row += 1) {
      if ((byte & (1 << (row & 7))) === 0) continue;
      rows[kept] = row;
      kept += 1;
    }
  }
  return rows.subarray(0, kept);
}

function countBits(word: number): number {
  let left = word;
  let count = 0;
  for (; left !== 0; left &= left - 1) count += 1;
  return count;
}

/** How many 64-bit words the verdicts of so many rows take. */
export function verdictWords(rowCount: number): number {
  return Math.ceil(rowCount / WORD_BITS);
}

function takeValidity(chunk: ColumnChunk, rows: Int32Array): Uint8Array {
  const validity = new Uint8Array(validityBytes(rows.length));
  for (let at = 0; at < rows.length; at += 1) {
    if (isPresent(chunk, rows[at] as number)) validity[at >> 3] = (validity[at >> 3] as number) | (1 << (at & 7));
  }
  return validity;
}

// A digest is four words of eight bytes: copied as such, never byte by byte.
function takeFixed({ type, rowCount }: ColumnChunk, values: FixedValues, rows: Int32Array): FixedValues {
  if (type.kind !== 'digest') return takeElements(values, rows);
  const bytes = values as Uint8Array;
  const width = bytes.byteLength / rowCount;
  const taken = new Uint8Array(rows.length * width);
  for (let at = 0; at < rows.length; at += 1) {
    const from = (rows[at] as number) * width;
    taken.set(bytes.subarray(from, from + width), at * width);
  }
  return taken;
}

function takeElements<Values extends FixedValues>(values: Values, rows: Int32Array): Values {
  const taken = new (values.constructor as new (length: number) => Values)(rows.length);
  for (let at = 0; at < rows.length; at += 1) taken[at] = values[rows[at] as number] as Values[number];
  return taken;
}

// Texts that only other rows have must not come along, so that the dictionary is made anew.
function takeTexts({ offsets, bytes, indices }: TextValues, rows: Int32Array): TextValues {
  const places = new Map<number, number>();
  const entries: number[] = [];
  const placeOf = (entry: number): number => {
    const known = places.get(entry);
    if (known !== undefined) return known;
    places.set(entry, entries.length);
    return entries.push(entry) - 1;
  };
  const taken = indices === null ? null : Uint16Array.from(rows, (row) => placeOf(indices[row] as number));
  const kept = indices === null ? rows : Int32Array.from(entries);
  const ends = new Uint32Array(kept.length + 1);
  for (let at = 0; at < kept.length; at += 1) {
    const entry = kept[at] as number;
    ends[at + 1] = (ends[at] as number) + (offsets[entry + 1] as number) - (offsets[entry] as number);
  }
  const texts = new Uint8Array(ends.at(-1) ?? 0);
  for (let at = 0; at < kept.length; at += 1) {
    const entry = kept[at] as number;
    texts.set(bytes.subarray(offsets[entry], offsets[entry + 1]), ends[at]);
  }
  return { offsets: ends, bytes: texts, indices: taken };
}
