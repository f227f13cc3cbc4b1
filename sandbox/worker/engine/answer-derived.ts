import type { DuckDBDataChunk, DuckDBMaterializedResult } from 'duckdb';

import { chunkOfCells } from '../../wire/cells.ts';
import { encodeColumnChunk, MAX_CHUNK_ROWS } from '../../wire/column-chunk.ts';
import type { Cell, WireType } from '../../wire/column-type.ts';
import type { ColumnSpec } from '../../wire/jobs.ts';
import { answer } from '../channel.ts';
import { DerivedColumn } from './derived-column.ts';
import { rawTypeOf, readColumn } from './vector-memory.ts';

/** A column that is gathered row by row or array by array. */
interface GatheredColumn {
  take(chunk: DuckDBDataChunk, column: number, rowCount: number, at: number): void;
  encode(rowCount: number): Uint8Array;
}

/**
 * Answers one shard of a derived table: block by block the chunks of its columns, then how many rows it has.
 *
 * @returns its row count
 * @throws {Error} when the result has other columns or types than declared
 */
export function answerDerived(
  result: DuckDBMaterializedResult,
  columns: readonly ColumnSpec[],
  dictionaries: readonly number[],
): number {
  if (result.columnCount !== columns.length) throw new Error('a derived table has other columns than declared');
  const gathered = columns.map((spec, column) => gatheredOf(result, spec, column, dictionaries));
  let fill = 0;
  const flush = () => {
    if (fill === 0) return;
    for (const [column, one] of gathered.entries()) answer({ kind: 'chunk', column, bytes: one.encode(fill) });
    fill = 0;
  };
  const { chunkCount, rowCount } = result;
  for (let index = 0; index < chunkCount; index += 1) {
    const chunk = result.getChunk(index);
    const rows = chunk.rowCount;
    if (fill + rows > MAX_CHUNK_ROWS) flush();
    for (const [column, one] of gathered.entries()) one.take(chunk, column, rows, fill);
    fill += rows;
  }
  flush();
  answer({ kind: 'part', rows: rowCount });
  return rowCount;
}

function gatheredOf(
  result: DuckDBMaterializedResult,
  { type, dictionary = -1 }: ColumnSpec,
  column: number,
  dictionaries: readonly number[],
): GatheredColumn {
  if (type.kind === 'text') return new GatheredTexts(type);
  const values = new DerivedColumn(type, rawTypeOf(result, column), dictionaries[dictionary] ?? 0);
  return {
    take: (chunk, at, rowCount, fill) => {
      const { bytes, validity } = readColumn(chunk, at, rowCount, values.width);
      values.take(bytes, validity, rowCount, fill);
    },
    encode: (rowCount) => values.encode(rowCount),
  };
}

// Texts that no dictionary could hold: rare, and made one by one.
class GatheredTexts implements GatheredColumn {
  readonly #type: WireType;
  #cells: Cell[] = [];

  constructor(type: WireType) {
    this.#type = type;
  }

  take(chunk: DuckDBDataChunk, column: number): void {
    const vector = chunk.getColumnVector(column);
    for (let row = 0; row < vector.itemCount; row += 1) this.#cells.push(vector.getItem(row) as Cell);
  }

  encode(): Uint8Array {
    const bytes = encodeColumnChunk(chunkOfCells(this.#type, this.#cells));
    this.#cells = [];
    return bytes;
  }
}
