import type { IngestColumn } from '../../../wire/jobs.ts';
import { wholeUpload } from '../upload-source.ts';
import type { UploadWriter } from '../upload-writer.ts';
import { ColumnCursor } from './column-cursor.ts';
import { readFooter } from './footer.ts';

/**
 * Reads a Parquet file row by row, a page of each column at a time; its footer is at its end, so the file itself is
 * held whole.
 *
 * This is a reader of our own, for flat columns only: those that were tried believe the file, and fill memory or run
 * for ever when it lies.
 *
 * @throws {RefusedInput} when the whole file cannot be used
 */
export async function readParquet(
  columns: readonly IngestColumn[],
  bytes: AsyncIterable<Uint8Array>,
  writer: UploadWriter,
): Promise<void> {
  const file = await wholeUpload(bytes);
  const footer = readFooter(
    file,
    columns.map(({ name }) => name),
  );
  let firstRow = 1;
  for (const { rowCount, chunks } of footer.groups) {
    const cursors = chunks.map((chunk, index) => {
      const node = footer.columns[index];
      return new ColumnCursor(file, chunk, node as NonNullable<typeof node>);
    });
    for (let row = 0; row < rowCount; row += 1) {
      writer.addRow(firstRow + row, (column) => (cursors[column] as ColumnCursor).at(row));
    }
    for (const cursor of cursors) cursor.finish();
    firstRow += rowCount;
  }
}
