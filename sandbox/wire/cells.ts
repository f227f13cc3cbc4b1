// Columns of JavaScript values to chunks and back: for results, uploads and tests. Large tables never take this way.
import {
  type ColumnChunk,
  type FixedValues,
  isPresent,
  isTextValues,
  type TextValues,
  validityBytes,
} from './column-chunk.ts';
import { type Cell, DIGEST_BYTES, type WireType } from './column-type.ts';

// A dictionary costs an index of 2 bytes a row where plain text costs an offset of 4; it pays as soon as values repeat.
const MAX_DICTIONARY_SHARE_RATIO = 0.5;

const encoder = new TextEncoder();
// A leading byte order mark is part of a value, not of an encoding.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Gathers the values of one column into a chunk.
 *
 * Shape: text that repeats becomes a dictionary in order of first appearance.
 *
 * @throws {TypeError} when a value is not of the column's type
 */
export function chunkOfCells(type: WireType, cells: readonly Cell[]): ColumnChunk {
  const validity = validityOf(cells);
  const values = type.kind === 'text' ? textOf(cells) : fixedOf(type, cells);
  return { type, rowCount: cells.length, validity, values };
}

/** Reads all values of a chunk. */
export function cellsOfChunk(chunk: ColumnChunk): Cell[] {
  const read = isTextValues(chunk.values) ? textReader(chunk.values) : fixedReader(chunk.type, chunk.values);
  return Array.from({ length: chunk.rowCount }, (_, rowIndex) => (isPresent(chunk, rowIndex) ? read(rowIndex) : null));
}

function validityOf(cells: readonly Cell[]): Uint8Array | null {
  if (!cells.includes(null)) return null;
  const validity = new Uint8Array(validityBytes(cells.length));
  cells.forEach((cell, rowIndex) => {
    if (cell !== null) validity[rowIndex >> 3] = (validity[rowIndex >> 3] as number) | (1 << (rowIndex & 7));
  });
  return validity;
}

function fixedOf(type: WireType, cells: readonly Cell[]): FixedValues {
  switch (type.kind) {
    case 'boolean':
      return Uint8Array.from(cells, (cell) => (expectKind(cell, 'boolean') ? 1 : 0));
    case 'digest':
      return digestsOf(cells);
    case 'code':
    case 'rank':
      return Uint16Array.from(cells, (cell) => Number(expectKind(cell, 'bigint') ?? 0n));
    case 'ordinal':
      return Uint32Array.from(cells, (cell) => Number(expectKind(cell, 'bigint') ?? 0n));
    case 'date':
      return Int32Array.from(cells, (cell) => Number(expectKind(cell, 'bigint') ?? 0n));
    case 'double':
      return Float64Array.from(cells, (cell) => expectKind(cell, 'number') ?? 0);
    case 'person':
      return BigUint64Array.from(cells, (cell) => expectKind(cell, 'bigint') ?? 0n);
    default:
      return BigInt64Array.from(cells, (cell) => expectKind(cell, 'bigint') ?? 0n);
  }
}

function digestsOf(cells: readonly Cell[]): Uint8Array {
  const bytes = Buffer.alloc(cells.length * DIGEST_BYTES);
  for (const [rowIndex, cell] of cells.entries()) {
    const digest = Buffer.from(expectKind(cell, 'string') ?? '', 'base64');
    if (cell !== null && digest.byteLength !== DIGEST_BYTES) throw new TypeError('a value is not of kind `digest`');
    bytes.set(digest, rowIndex * DIGEST_BYTES);
  }
  return bytes;
}

function expectKind(cell: Cell, kind: 'boolean'): boolean | null;
function expectKind(cell: Cell, kind: 'bigint'): bigint | null;
function expectKind(cell: Cell, kind: 'number'): number | null;
function expectKind(cell: Cell, kind: 'string'): string | null;
function expectKind(cell: Cell, kind: string): Cell {
  if (cell !== null && typeof cell !== kind) throw new TypeError(`a value is not of kind \`${kind}\``);
  return cell;
}

function textOf(cells: readonly Cell[]): TextValues {
  const places = new Map<string, number>();
  const indices = new Uint16Array(cells.length);
  cells.forEach((cell, rowIndex) => {
    const text = textOfCell(cell);
    const place = places.get(text) ?? places.size;
    places.set(text, place);
    indices[rowIndex] = place;
  });
  if (places.size <= cells.length * MAX_DICTIONARY_SHARE_RATIO) {
    return { ...packTexts([...places.keys()]), indices };
  }
  return { ...packTexts(cells.map(textOfCell)), indices: null };
}

// Two broken halves of a character in neighbouring values must not join into one.
function textOfCell(cell: Cell): string {
  return (expectKind(cell, 'string') ?? '').toWellFormed();
}

/** Lays texts one after the other. */
export function packTexts(texts: readonly string[]): { offsets: Uint32Array; bytes: Uint8Array } {
  const offsets = new Uint32Array(texts.length + 1);
  const bytes = encoder.encode(texts.join(''));
  texts.forEach((text, index) => {
    offsets[index + 1] = (offsets[index] as number) + Buffer.byteLength(text);
  });
  return { offsets, bytes };
}

function textReader({ offsets, bytes, indices }: TextValues): (rowIndex: number) => Cell {
  const entry = (index: number) => decoder.decode(bytes.subarray(offsets[index], offsets[index + 1]));
  if (indices === null) return entry;
  const entries = Array.from({ length: offsets.length - 1 }, (_, index) => entry(index));
  return (rowIndex) => entries[indices[rowIndex] as number] as string;
}

function fixedReader(type: WireType, values: FixedValues): (rowIndex: number) => Cell {
  if (type.kind === 'boolean') return (rowIndex) => values[rowIndex] === 1;
  if (type.kind === 'digest') {
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    return (rowIndex) => bytes.toString('base64', rowIndex * DIGEST_BYTES, (rowIndex + 1) * DIGEST_BYTES);
  }
  if (type.kind === 'double') return (rowIndex) => values[rowIndex] as number;
  return (rowIndex) => BigInt(values[rowIndex] as number | bigint);
}
