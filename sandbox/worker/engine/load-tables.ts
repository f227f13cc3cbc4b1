// Chunks become engine vectors by copying whole arrays: a loop over rows in JavaScript would cost more than the query.
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBVector,
  TIMESTAMP,
  UBIGINT,
  VARCHAR,
} from 'duckdb';

import {
  type ColumnChunk,
  decodeColumnChunk,
  type FixedValues,
  isPresent,
  isTextValues,
  type TextValues,
  validityBytes,
} from '../../wire/column-chunk.ts';
import { isSameType, type WireType } from '../../wire/column-type.ts';
import type { TableSpec } from '../../wire/jobs.ts';
import { receiveChunks } from '../channel.ts';
import { assignText, TextSlots, writeFixed, writeValidity } from './vector-memory.ts';

/**
 * Rows of an engine vector (STANDARD_VECTOR_SIZE); a multiple of 64, so that validity words never straddle two
 * vectors.
 */
const VECTOR_ROWS = 2_048;

/** The widest decimal an int64 holds. */
const DECIMAL_WIDTH_DIGITS = 18;

/**
 * Makes the tables of a job and fills them from the chunks that follow it on the wire.
 *
 * Shape: for each table, chunk `k` of every column in order of columns, then chunk `k + 1`.
 *
 * @throws {Error} when a chunk is out of order, of another type than its column, or of another length than its
 * neighbours
 */
export async function loadTables(connection: DuckDBConnection, tables: readonly TableSpec[]): Promise<void> {
  for (const table of tables) {
    const columns = table.columns.map(({ name, type }) => `${quote(name)} ${typeOf(type)}`);
    await connection.run(`CREATE TABLE main.${quote(table.name)} (${columns.join(', ')})`);
  }
  const loader = new TableLoader(connection, tables);
  for (const { table, column, bytes } of receiveChunks()) await loader.accept(table, column, decodeColumnChunk(bytes));
  loader.finish();
}

// Holds the chunks of one block until the last column has come, then appends the block.
class TableLoader {
  readonly #connection: DuckDBConnection;
  readonly #tables: readonly TableSpec[];
  #table = -1;
  #appender: DuckDBAppender | null = null;
  #pending: ColumnChunk[] = [];

  constructor(connection: DuckDBConnection, tables: readonly TableSpec[]) {
    this.#connection = connection;
    this.#tables = tables;
  }

  async accept(table: number, column: number, chunk: ColumnChunk): Promise<void> {
    const spec = this.#tables[table];
    const type = spec?.columns[column]?.type;
    if (spec === undefined || type === undefined || !isSameType(type, chunk.type))
      throw new Error('a chunk fits no column');
    if (table !== this.#table) {
      this.finish();
      this.#appender = await this.#connection.createAppender(spec.name, 'main');
      this.#table = table;
    }
    if (column !== this.#pending.length || this.#appender === null) throw new Error('a chunk is out of order');
    this.#pending.push(chunk);
    if (this.#pending.length < spec.columns.length) return;
    appendChunks(this.#appender, this.#pending);
    this.#pending = [];
  }

  finish(): void {
    if (this.#pending.length > 0) throw new Error('the last chunk of a table is missing');
    this.#appender?.closeSync();
    this.#appender = null;
  }
}

function appendChunks(appender: DuckDBAppender, chunks: readonly ColumnChunk[]): void {
  const rowCount = chunks[0]?.rowCount ?? 0;
  if (chunks.some((chunk) => chunk.rowCount !== rowCount)) throw new Error('chunks of one table differ in length');
  const types = chunks.map((chunk) => typeOf(chunk.type));
  for (let start = 0; start < rowCount; start += VECTOR_ROWS) {
    const count = Math.min(VECTOR_ROWS, rowCount - start);
    const rows = DuckDBDataChunk.create(types, count);
    for (const [column, chunk] of chunks.entries()) writeVector(rows.getColumnVector(column), chunk, start, count);
    appender.appendDataChunk(rows);
  }
}

function writeVector(vector: DuckDBVector, chunk: ColumnChunk, start: number, count: number): void {
  if (isTextValues(chunk.values)) writeTexts(vector, chunk, chunk.values, start, count);
  else writeFixed(vector, sliceOf(chunk.values, start, count));
  if (chunk.validity === null) return;
  writeValidity(vector, chunk.validity.subarray(start / 8, start / 8 + validityBytes(count)));
}

// Short texts lie in the vector itself, so that they are written like numbers, all at once; only long ones are handed to
// the engine one by one.
function writeTexts(
  vector: DuckDBVector,
  chunk: ColumnChunk,
  { offsets, bytes, indices }: TextValues,
  start: number,
  count: number,
): void {
  const slots = new TextSlots(count);
  const longRows: number[] = [];
  const entryOf = (row: number) => (indices === null ? start + row : (indices[start + row] as number));
  for (let row = 0; row < count; row += 1) {
    if (!isPresent(chunk, start + row)) continue;
    const entry = entryOf(row);
    const isShort = slots.set(row, bytes, offsets[entry] as number, offsets[entry + 1] as number);
    if (!isShort) longRows.push(row);
  }
  writeFixed(vector, slots.bytes);
  for (const row of longRows) {
    const entry = entryOf(row);
    assignText(vector, row, bytes.subarray(offsets[entry], offsets[entry + 1]));
  }
}

function sliceOf(values: FixedValues, start: number, count: number): Uint8Array {
  const width = values.BYTES_PER_ELEMENT;
  return new Uint8Array(values.buffer, values.byteOffset + start * width, count * width);
}

function typeOf(type: WireType): DuckDBType {
  switch (type.kind) {
    case 'boolean':
      return BOOLEAN;
    case 'integer':
      return BIGINT;
    case 'text':
      return VARCHAR;
    case 'date':
      return DATE;
    case 'timestamp':
      return TIMESTAMP;
    case 'person':
      return UBIGINT;
    case 'decimal':
      return DECIMAL(DECIMAL_WIDTH_DIGITS, type.scale);
    case 'double':
      return DOUBLE;
    case 'digest':
      throw new Error('no query is given identifiers');
  }
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
