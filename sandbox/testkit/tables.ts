import type { ColumnSource, RunJob, TableSource } from '../wall.ts';
import { cellsOfChunk, chunkOfCells } from '../wire/cells.ts';
import { decodeColumnChunk, encodeColumnChunk } from '../wire/column-chunk.ts';
import type { Cell, ColumnType } from '../wire/column-type.ts';

/** Yields values as they are. */
export async function* yieldAll<Value>(...values: Value[]): AsyncGenerator<Value, void, undefined> {
  for (const value of values) yield value;
}

/** Makes a column out of values, one inner list a chunk. */
export function column(name: string, type: ColumnType, ...chunks: Cell[][]): ColumnSource {
  const encoded = chunks.map((cells) => encodeColumnChunk(chunkOfCells(type, cells)));
  return { name, type, chunks: () => yieldAll(...encoded) };
}

/** Reads the values of an encoded chunk. */
export function cellsOf(bytes: Uint8Array): Cell[] {
  return cellsOfChunk(decodeColumnChunk(bytes));
}

/** Makes a job without parameters that may answer a thousand rows. */
export function jobOf(
  sql: string,
  resultKinds: RunJob['resultColumns'][number]['kind'][],
  ...tables: TableSource[]
): RunJob {
  const resultColumns = resultKinds.map((kind, index) => ({ name: `c${index}`, kind }));
  return { tables, sql, parameters: [], resultColumns, maxRows: 1000 };
}

/** Takes everything an async iterable yields. */
export async function takeAll<Value>(values: AsyncIterable<Value>): Promise<Value[]> {
  const taken: Value[] = [];
  for await (const value of values) taken.push(value);
  return taken;
}
