// The one place that reaches below the engine package's typed surface: its public setters take one value at a time,
// and the vector objects hold the raw arrays and the binding's own handle in fields they declare private. Pinned to
// the exact version; the round-trip tests fail if a field moves.
import { createRequire } from 'node:module';

import type { DuckDBVector } from 'duckdb';

import { expectInside } from '../inside.ts';

expectInside();

interface RawVector {
  vector: unknown;
  items?: ArrayBufferView;
  dataView?: DataView;
  validity: { data: BigUint64Array | null };
}

interface RawBindings {
  copy_data_to_vector(
    vector: unknown,
    targetOffset: number,
    buffer: ArrayBufferLike,
    sourceOffset: number,
    byteCount: number,
  ): void;
  vector_ensure_validity_writable(vector: unknown): void;
  copy_data_to_vector_validity(
    vector: unknown,
    targetOffset: number,
    buffer: ArrayBufferLike,
    sourceOffset: number,
    byteCount: number,
  ): void;
  vector_assign_string_element_len(vector: unknown, index: number, bytes: Uint8Array): void;
}

const requireFromEngine = createRequire(createRequire(import.meta.url).resolve('duckdb'));
const bindings = requireFromEngine('@duckdb/node-bindings') as RawBindings;

/** Overwrites the values of a fixed-width vector. */
export function writeFixed(vector: DuckDBVector, bytes: Uint8Array): void {
  bindings.copy_data_to_vector(raw(vector).vector, 0, bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Overwrites which rows of a vector hold a value: an LSB-first bitmap of whole 64-bit words. */
export function writeValidity(vector: DuckDBVector, bitmap: Uint8Array): void {
  const handle = raw(vector).vector;
  bindings.vector_ensure_validity_writable(handle);
  bindings.copy_data_to_vector_validity(handle, 0, bitmap.buffer, bitmap.byteOffset, bitmap.byteLength);
}

/** Sets one text; the bytes must be UTF-8, which the chunk decoder has checked. */
export function assignText(vector: DuckDBVector, rowIndex: number, bytes: Uint8Array): void {
  bindings.vector_assign_string_element_len(raw(vector).vector, rowIndex, bytes);
}

/** Gives the raw bytes and validity bitmap of a fixed-width result vector. */
export function readFixed(vector: DuckDBVector): { bytes: Uint8Array; validity: Uint8Array | null } {
  const { items, dataView, validity } = raw(vector);
  const view = items ?? dataView;
  if (view === undefined) throw new Error('a vector has no fixed-width values');
  return { bytes: bytesOf(view), validity: validity.data === null ? null : bytesOf(validity.data) };
}

/** Bytes of a text's slot in a vector, and of those how many hold its length (`duckdb_string_t` of the engine's C header). */
const TEXT_SLOT_BYTES = 16;
const TEXT_LENGTH_BYTES = 4;

/** Longest text that lies in its slot; a longer one is behind a pointer, which the engine alone may write. */
const INLINE_TEXT_BYTES = TEXT_SLOT_BYTES - TEXT_LENGTH_BYTES;

/** The slots of short texts of a vector, empty at first; what is not text in a slot must be zero. */
export class TextSlots {
  readonly bytes: Uint8Array;

  constructor(rowCount: number) {
    this.bytes = new Uint8Array(rowCount * TEXT_SLOT_BYTES);
  }

  /** Puts a text, UTF-8 from `from` to `to`, into its row's slot; says false, and leaves it empty, when it is too long. */
  set(row: number, text: Uint8Array, from: number, to: number): boolean {
    const length = to - from;
    if (length > INLINE_TEXT_BYTES) return false;
    const slot = row * TEXT_SLOT_BYTES;
    // Little-endian, and below 256.
    this.bytes[slot] = length;
    for (let at = 0; at < length; at += 1) this.bytes[slot + TEXT_LENGTH_BYTES + at] = text[from + at] as number;
    return true;
  }
}

function raw(vector: DuckDBVector): RawVector {
  return vector as unknown as RawVector;
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
