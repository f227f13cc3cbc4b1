import type { IngestColumn } from '../../../wire/jobs.ts';
import { expectUncompressed } from '../compressed-file.ts';
import type { UploadedFile } from '../file-source.ts';
import { sourceOf } from '../places-of.ts';
import type { RowTaker } from '../upload-writer.ts';
import { ChunkWindow } from './chunk-window.ts';
import { ColumnCursor } from './column-cursor.ts';
import { readFooter } from './footer.ts';

/** Bytes of packed pages held at once, over all columns: a segment of an upload for each of sixteen. */
const HELD_BYTES = 134_217_728;

/** Least that is fetched for a column: less would open a segment of an upload for next to nothing. */
const MIN_WINDOW_BYTES = 131_072;

/** Most that is fetched for a column: what the host opens at once. */
const MAX_WINDOW_BYTES = 8_388_608;

/**
 * Reads a Parquet file row by row, a page of each column at a time: its footer first, which is at its end, then a window
 * of each column of a row group. However long the file is, no more of it is held.
 *
 * This is a reader of our own, for flat columns only: those that were tried believe the file, and fill memory or run
 * for ever when it lies.
 *
 * @throws {RefusedInput} when the whole file cannot be used
 */
export function readParquet(columns: readonly IngestColumn[], file: UploadedFile, writer: RowTaker): void {
  expectUncompressed(file);
  const footer = readFooter(file, columns.map(sourceOf));
  const windowBytes = Math.min(MAX_WINDOW_BYTES, Math.max(MIN_WINDOW_BYTES, Math.floor(HELD_BYTES / columns.length)));
  let firstRow = 1;
  for (const { rowCount, chunks } of footer.groups) {
    const cursors = chunks.map((chunk, index) => {
      const node = footer.columns[index];
      const pages = new ChunkWindow(file, chunk, windowBytes);
      const onRead = (byteCount: number) => {
        writer.readBytes += byteCount;
      };
      return new ColumnCursor(pages, chunk, node as NonNullable<typeof node>, onRead);
    });
    for (let row = 0; row < rowCount; row += 1) {
      writer.addRow(firstRow + row, (column) => (cursors[column] as ColumnCursor).at(row));
    }
    for (const cursor of cursors) cursor.finish();
    firstRow += rowCount;
    // Columns that nobody asked for have been passed over with the others of their row group.
    writer.readBytes = Math.max(writer.readBytes, ...chunks.map(({ end }) => end));
  }
}
