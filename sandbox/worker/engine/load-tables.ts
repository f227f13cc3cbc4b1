import type { DuckDBConnection } from 'duckdb';

import { type ColumnChunk, decodeColumnChunk } from '../../wire/column-chunk.ts';
import type { ColumnSpec, TableSpec } from '../../wire/jobs.ts';
import { receiveTables } from '../channel.ts';
import { typeOfDictionary } from './dictionaries.ts';
import { TableWriter } from './table-writer.ts';

/** The widest decimal an int64 holds. */
const DECIMAL_WIDTH_DIGITS = 18;

/** A chunk as it comes. */
export interface TakenChunk {
  readonly table: number;
  readonly column: number;
  readonly bytes: Uint8Array;
}

/**
 * Makes the tables of a job and fills them from the chunks that follow it on the wire.
 *
 * Shape: for each table, chunk `k` of every column in order of columns, then chunk `k + 1`.
 *
 * @param dictionaries how many texts each dictionary has, whose types are made
 * @param chunks those of a worker that warms itself up, which come from nowhere
 * @throws {Error} when a chunk is out of order, of another type than its column, or of another length than its
 * neighbours
 */
export async function loadTables(
  connection: DuckDBConnection,
  tables: readonly TableSpec[],
  dictionaries: readonly number[],
  chunks: readonly TakenChunk[] | null = null,
): Promise<void> {
  // Together: each call of the engine takes a way to another thread and back.
  if (tables.length > 0) await connection.run(tables.map((table) => creationOf(table)).join('; '));
  const loader = new TableLoader(connection, tables, dictionaries);
  const received = chunks ?? receiveTables('end', (byteCount) => loader.memoryFor(byteCount));
  for (const chunk of received) await loader.accept(chunk);
  loader.finish();
}

/** Makes an empty table. */
export async function createTable(connection: DuckDBConnection, table: TableSpec, schema = 'main'): Promise<void> {
  await connection.run(creationOf(table, schema));
}

function creationOf(table: TableSpec, schema = 'main'): string {
  const columns = table.columns.map((column) => `${quote(column.name)} ${typeOf(column)}`);
  return `CREATE TABLE ${quote(schema)}.${quote(table.name)} (${columns.join(', ')})`;
}

/** Holds the chunks of one block until the last column has come, then appends the block. */
export class TableLoader {
  readonly #connection: DuckDBConnection;
  readonly #tables: readonly TableSpec[];
  readonly #dictionaries: readonly number[];
  readonly #schemaOf: (place: number) => string;
  #table = -1;
  #writer: TableWriter | null = null;
  #pending: ColumnChunk[] = [];
  /** A piece for each column of a block. */
  readonly #memory: ArrayBuffer[] = [];

  constructor(
    connection: DuckDBConnection,
    tables: readonly TableSpec[],
    dictionaries: readonly number[],
    schemaOf: (place: number) => string = () => 'main',
  ) {
    this.#connection = connection;
    this.#tables = tables;
    this.#dictionaries = dictionaries;
    this.#schemaOf = schemaOf;
  }

  /**
   * Gives the memory that the next chunk is to be read into. Once a block is appended its memory is used again: what is
   * left to be collected instead would stand beside two shards, and be as large as one.
   */
  memoryFor(byteCount: number): ArrayBuffer {
    const place = this.#pending.length;
    const known = this.#memory[place];
    if (known !== undefined && known.byteLength >= byteCount) return known;
    const memory = new ArrayBuffer(byteCount);
    this.#memory[place] = memory;
    return memory;
  }

  /** Takes the next chunk. */
  async accept({ table, column, bytes }: TakenChunk): Promise<void> {
    const spec = this.#tables[table];
    if (spec === undefined) throw new Error('a chunk fits no column');
    if (table !== this.#table) {
      this.finish();
      const columns = spec.columns.map(({ type, dictionary = -1 }) => ({
        type,
        textCount: this.#dictionaries[dictionary] ?? 0,
      }));
      this.#writer = await TableWriter.open(this.#connection, spec.name, columns, this.#schemaOf(table));
      this.#table = table;
    }
    if (column !== this.#pending.length || this.#writer === null) throw new Error('a chunk is out of order');
    this.#pending.push(decodeColumnChunk(bytes));
    if (this.#pending.length < spec.columns.length) return;
    this.#writer.append(this.#pending);
    this.#pending = [];
  }

  /** Ends the table that is being filled. */
  finish(): void {
    if (this.#pending.length > 0) throw new Error('the last chunk of a table is missing');
    this.#writer?.close();
    this.#writer = null;
    this.#table = -1;
  }
}

/** Makes an identifier of the engine's SQL of a name. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function typeOf({ type, dictionary }: ColumnSpec): string {
  switch (type.kind) {
    case 'boolean':
      return 'BOOLEAN';
    case 'integer':
      return 'BIGINT';
    case 'text':
      return 'VARCHAR';
    case 'date':
      return 'DATE';
    case 'timestamp':
      return 'TIMESTAMP';
    case 'person':
      return 'UBIGINT';
    case 'decimal':
      return `DECIMAL(${DECIMAL_WIDTH_DIGITS}, ${type.scale})`;
    case 'double':
      return 'DOUBLE';
    case 'code':
      if (dictionary === undefined) throw new Error('a column of codes has no dictionary');
      return `main.${typeOfDictionary(dictionary)}`;
    case 'ordinal':
      return 'UINTEGER';
    case 'rank':
      return 'USMALLINT';
    case 'digest':
      throw new Error('no query is given identifiers');
  }
}
