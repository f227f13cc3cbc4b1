// The one place that reaches below the engine package's typed surface: its public setters take one value at a time,
// and the vector objects hold the raw arrays and the binding's own handle in fields they declare private. Pinned to
// the exact version; the round-trip tests fail if a field moves.
import { createRequire } from 'node:module';

import { type DuckDBAppender, type DuckDBDataChunk, type DuckDBResult, DuckDBTypeId, type DuckDBVector } from 'duckdb';

import { validityBytes } from '../../wire/column-chunk.ts';
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
  appender_column_count(appender: unknown): number;
  appender_column_type(appender: unknown, column: number): unknown;
  create_data_chunk(types: readonly unknown[]): unknown;
  data_chunk_get_vector(chunk: unknown, column: number): unknown;
  data_chunk_reset(chunk: unknown): void;
  data_chunk_set_size(chunk: unknown, rowCount: number): void;
  append_data_chunk(appender: unknown, chunk: unknown): void;
  column_logical_type(result: unknown, column: number): unknown;
  get_type_id(type: unknown): number;
  decimal_scale(type: unknown): number;
  decimal_internal_type(type: unknown): number;
  enum_internal_type(type: unknown): number;
  enum_dictionary_size(type: unknown): number;
  vector_get_data(vector: unknown, byteCount: number): Uint8Array;
  vector_get_validity(vector: unknown, byteCount: number): Uint8Array | null;
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

/** The type of a result's column, as far as its values lie in arrays. */
export interface RawType {
  readonly id: DuckDBTypeId;
  /** How the values of a decimal or an ENUM are held; the type itself for others. */
  readonly held: DuckDBTypeId;
  /** Of a decimal. */
  readonly scale: number;
  /** Of an ENUM. */
  readonly textCount: number;
}

/** Tells the type of a result's column, without the texts of an ENUM, of which there may be many. */
export function rawTypeOf(result: DuckDBResult, column: number): RawType {
  const type = bindings.column_logical_type((result as unknown as { result: unknown }).result, column);
  const id: DuckDBTypeId = bindings.get_type_id(type);
  if (id === DuckDBTypeId.DECIMAL) {
    return { id, held: bindings.decimal_internal_type(type), scale: bindings.decimal_scale(type), textCount: 0 };
  }
  if (id === DuckDBTypeId.ENUM) {
    const textCount = bindings.enum_dictionary_size(type);
    return { id, held: bindings.enum_internal_type(type), scale: 0, textCount };
  }
  return { id, held: id, scale: 0, textCount: 0 };
}

/** Gives the raw values and validity of a column of a result's chunk: memory of the engine, which lives as long as the chunk. */
export function readColumn(
  chunk: DuckDBDataChunk,
  column: number,
  rowCount: number,
  width: number,
): { bytes: Uint8Array; validity: Uint8Array | null } {
  const vector = bindings.data_chunk_get_vector((chunk as unknown as { chunk: unknown }).chunk, column);
  return {
    bytes: bindings.vector_get_data(vector, rowCount * width),
    validity: bindings.vector_get_validity(vector, validityBytes(rowCount)),
  };
}

/**
 * Vectors in the form of a table's columns, filled and appended again and again: to make them anew for each couple of
 * thousand rows costs as much as to fill them.
 */
export class TableBlock {
  readonly #appender: unknown;
  readonly #chunk: unknown;
  readonly #vectors: readonly unknown[];

  constructor(appender: DuckDBAppender) {
    this.#appender = (appender as unknown as { appender: unknown }).appender;
    const count = bindings.appender_column_count(this.#appender);
    const types = Array.from({ length: count }, (_, column) => bindings.appender_column_type(this.#appender, column));
    this.#chunk = bindings.create_data_chunk(types);
    this.#vectors = types.map((_, column) => bindings.data_chunk_get_vector(this.#chunk, column));
  }

  /** Begins anew, with vectors that miss no value. */
  begin(rowCount: number): void {
    bindings.data_chunk_reset(this.#chunk);
    bindings.data_chunk_set_size(this.#chunk, rowCount);
  }

  /** Writes the values of a column, `byteCount` bytes of `values` from `from` on. */
  write(column: number, values: ArrayBufferView, from: number, byteCount: number): void {
    bindings.copy_data_to_vector(this.#vectors[column], 0, values.buffer, values.byteOffset + from, byteCount);
  }

  /** Writes which rows of a column hold a value; see {@link writeValidity}. */
  writeValidity(column: number, bitmap: Uint8Array): void {
    const vector = this.#vectors[column];
    bindings.vector_ensure_validity_writable(vector);
    bindings.copy_data_to_vector_validity(vector, 0, bitmap.buffer, bitmap.byteOffset, bitmap.byteLength);
  }

  /** Sets one text; see {@link assignText}. */
  assignText(column: number, row: number, bytes: Uint8Array): void {
    bindings.vector_assign_string_element_len(this.#vectors[column], row, bytes);
  }

  /** Appends its rows to the table. */
  append(): void {
    bindings.append_data_chunk(this.#appender, this.#chunk);
  }
}

function raw(vector: DuckDBVector): RawVector {
  return vector as unknown as RawVector;
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
