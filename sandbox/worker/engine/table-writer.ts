// Chunks become engine vectors by copying whole arrays: a loop over rows in JavaScript would cost more than the query.
import type { DuckDBAppender, DuckDBConnection } from 'duckdb';

import { type ColumnChunk, expectCodes, isTextValues, validityBytes } from '../../wire/column-chunk.ts';
import { isSameType, type WireType } from '../../wire/column-type.ts';
import { TEXT_SLOT_BYTES, TextSlots } from './text-slots.ts';
import { TableBlock } from './vector-memory.ts';

/**
 * Rows of an engine vector (STANDARD_VECTOR_SIZE); a multiple of 64, so that validity words never straddle two
 * vectors.
 */
const VECTOR_ROWS = 2_048;

/** Most texts of a dictionary whose codes the engine holds in a byte each. */
const BYTE_CODES_COUNT = 255;

/** What is known of a column that is written to. */
export interface WrittenColumn {
  readonly type: WireType;
  /** Of a column of codes: how many texts its dictionary has. */
  readonly textCount: number;
}

/** The values of a chunk in the form of the engine's vector. */
interface VectorValues {
  readonly bytes: ArrayBufferView;
  /** Bytes of a row. */
  readonly width: number;
  readonly validity: Uint8Array | null;
  readonly longTexts: TextSlots | null;
}

/** Writes blocks of rows to the end of one table. */
export class TableWriter {
  readonly #columns: readonly WrittenColumn[];
  readonly #appender: DuckDBAppender;
  readonly #block: TableBlock;

  private constructor(columns: readonly WrittenColumn[], appender: DuckDBAppender) {
    this.#columns = columns;
    this.#appender = appender;
    this.#block = new TableBlock(appender);
  }

  /** Begins to write to a table that is there. */
  static async open(
    connection: DuckDBConnection,
    table: string,
    columns: readonly WrittenColumn[],
    schema = 'main',
  ): Promise<TableWriter> {
    return new TableWriter(columns, await connection.createAppender(table, schema));
  }

  /**
   * Appends a block of rows: one chunk a column.
   *
   * @throws {Error} when a chunk is of another type than its column or of another length than its neighbours, or has a
   * code beyond its dictionary
   */
  append(chunks: readonly ColumnChunk[]): void {
    const rowCount = chunks[0]?.rowCount ?? 0;
    const columns = this.#columns.map((column, at) => {
      const chunk = chunks[at];
      if (chunk === undefined || !isSameType(column.type, chunk.type)) throw new Error('a chunk fits no column');
      if (chunk.rowCount !== rowCount) throw new Error('chunks of one table differ in length');
      return vectorValuesOf(chunk, column.textCount);
    });
    for (let start = 0; start < rowCount; start += VECTOR_ROWS) {
      const count = Math.min(VECTOR_ROWS, rowCount - start);
      this.#block.begin(count);
      for (let column = 0; column < columns.length; column += 1) {
        this.#write(column, columns[column] as VectorValues, start, count);
      }
      this.#block.append();
    }
  }

  /** Makes all that was appended part of the table. */
  close(): void {
    this.#appender.closeSync();
  }

  #write(column: number, { bytes, width, validity, longTexts }: VectorValues, start: number, count: number): void {
    this.#block.write(column, bytes, start * width, count * width);
    const present = validity?.subarray(start / 8, start / 8 + validityBytes(count));
    if (longTexts !== null) {
      for (let row = 0; row < count; row += 1) {
        if (present !== undefined && ((present[row >> 3] as number) & (1 << (row & 7))) === 0) continue;
        const text = longTexts.longText(start + row);
        if (text !== null) this.#block.assignText(column, row, text);
      }
    }
    if (present !== undefined) this.#block.writeValidity(column, present);
  }
}

function vectorValuesOf(chunk: ColumnChunk, textCount: number): VectorValues {
  const { type, validity, values } = chunk;
  if (isTextValues(values)) {
    const slots = new TextSlots(values);
    return { bytes: slots.rows(), width: TEXT_SLOT_BYTES, validity, longTexts: slots.hasLong ? slots : null };
  }
  if (type.kind !== 'code') return { bytes: values, width: values.BYTES_PER_ELEMENT, validity, longTexts: null };
  expectCodes(chunk, textCount);
  const codes = textCount <= BYTE_CODES_COUNT ? new Uint8Array(values as Uint16Array) : values;
  return { bytes: codes, width: codes.BYTES_PER_ELEMENT, validity, longTexts: null };
}
