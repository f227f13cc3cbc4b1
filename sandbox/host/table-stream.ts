import type { OuterTable, TableSource } from '../wall.ts';
import { chunkOfCells } from '../wire/cells.ts';
import { encodeColumnChunk } from '../wire/column-chunk.ts';
import type { HostMessage } from '../wire/messages.ts';
import { filterBlock, placeSelection } from './filter-rows.ts';
import { keepRange } from './person-range.ts';

/** Rows of one chunk of an outer table: small, since released tables are. */
const OUTER_CHUNK_ROWS = 8_192;

/**
 * Sends tables block by block: chunk `k` of every column, then chunk `k + 1`, so that no more than one block is in
 * memory, and the first of the next table: it is read while this one is sent.
 *
 * @throws {Error} when the columns of a table have different numbers of chunks
 */
export async function* streamTables(tables: readonly TableSource[]): AsyncGenerator<HostMessage, void, undefined> {
  const streams = tables.map((source, table) => streamTable(table, source));
  let first = streams[0]?.next();
  try {
    for (const [table, stream] of streams.entries()) {
      const begun = first;
      first = streams[table + 1]?.next();
      // Heard of when its table's turn comes, and by nobody when this one fails first.
      first?.catch(() => {});
      for (let next = await begun; next !== undefined && next.done !== true; next = await stream.next())
        yield next.value;
    }
  } finally {
    await Promise.allSettled(streams.map((stream) => stream.return()));
  }
}

/** Sends one table of a job; see {@link streamTables}. */
export async function* streamTable(table: number, source: TableSource): AsyncGenerator<HostMessage, void, undefined> {
  const selection = placeSelection(source);
  const inRange = rangeOf(source);
  for await (const block of zipChunks(
    source.columns.map((column) => column.chunks()),
    `columns of table \`${source.name}\` differ in their number of chunks`,
  )) {
    const some = inRange(block);
    const kept = (some && filterBlock(some, selection)) ?? [];
    for (const [column, bytes] of kept.entries()) yield { kind: 'chunk', table, column, bytes };
  }
}

function rangeOf({ name, columns, persons }: TableSource): (block: readonly Uint8Array[]) => typeof block | null {
  if (persons === undefined) return (block) => block;
  const place = columns.findIndex((column) => column.name === persons.column);
  if (place < 0) throw new Error(`table \`${name}\` is not given the column \`${persons.column}\``);
  return (block) => keepRange(block, place, persons);
}

/** Sends released tables; they are in memory already. */
export async function* streamOuterTables(tables: readonly OuterTable[]): AsyncGenerator<HostMessage, void, undefined> {
  for (const [table, { columns, rows }] of tables.entries()) {
    for (let start = 0; start < rows.length; start += OUTER_CHUNK_ROWS) {
      const block = rows.slice(start, start + OUTER_CHUNK_ROWS);
      for (const [column, { kind }] of columns.entries()) {
        const cells = block.map((row) => row[column] ?? null);
        yield { kind: 'chunk', table, column, bytes: encodeColumnChunk(chunkOfCells({ kind }, cells)) };
      }
    }
  }
}

/**
 * Pulls several chunk streams in step; each yield is one chunk of every stream.
 *
 * @throws {Error} with `unevenMessage` when one ends before the others
 */
export async function* zipChunks(
  streams: readonly AsyncIterable<Uint8Array>[],
  unevenMessage: string,
): AsyncGenerator<Uint8Array[], void, undefined> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  try {
    for (;;) {
      const steps = await Promise.all(iterators.map((iterator) => iterator.next()));
      const chunks = steps.flatMap((step) => (step.done === true ? [] : [step.value]));
      if (chunks.length === 0) return;
      if (chunks.length < steps.length) throw new Error(unevenMessage);
      yield chunks;
    }
  } finally {
    await Promise.all(iterators.map((iterator) => iterator.return?.()));
  }
}
