import { type FileMetaData, parquetMetadata, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

import type { IngestColumn } from '../../wire/jobs.ts';
import { parquetReader, type ValueReader } from './parquet-values.ts';
import { RefusedInput } from './refused-input.ts';
import { wholeUpload } from './upload-source.ts';
import type { UploadWriter } from './upload-writer.ts';

/** Rows of a row group that a worker will hold at once; the usual writers make groups of 100,000 to 1,000,000. */
const MAX_GROUP_ROWS = 4_194_304;

const MAGIC = 'PAR1';

/**
 * Reads a Parquet file, one row group at a time; its footer is at its end, so the file itself is held whole.
 *
 * @throws {RefusedInput} when the whole file cannot be used
 */
export async function readParquet(
  columns: readonly IngestColumn[],
  bytes: AsyncIterable<Uint8Array>,
  writer: UploadWriter,
): Promise<void> {
  const file = await wholeUpload(bytes);
  expectMagic(file);
  const buffer = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
  const metadata = parquetMetadata(buffer, { geoparquet: false });
  const readers = columns.map(({ name }) => claimColumn(metadata, name));
  const names = columns.map(({ name }) => name);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    if (rowEnd - rowStart > MAX_GROUP_ROWS) throw new RefusedInput('too-large');
    const rows = await parquetReadObjects({
      file: buffer,
      metadata,
      columns: names,
      rowStart,
      rowEnd,
      compressors,
      utf8: false,
      geoparquet: false,
      parsers: { timestampFromNanoseconds: (nanos: unknown) => nanos as Date },
    });
    if (rows.length !== rowEnd - rowStart) throw new RefusedInput('truncated');
    for (const [index, row] of rows.entries()) {
      writer.addRow(rowStart + index + 1, (column) => {
        const value: unknown = row[names[column] as string];
        return value === null || value === undefined ? null : (readers[column] as ValueReader)(value);
      });
    }
    rowStart = rowEnd;
  }
}

function expectMagic(file: Uint8Array): void {
  const text = (start: number, end?: number) => Buffer.from(file.subarray(start, end)).toString('latin1');
  if (text(0, MAGIC.length) !== MAGIC) throw new RefusedInput('not-this-format');
  if (text(-MAGIC.length) !== MAGIC) throw new RefusedInput('truncated');
}

// The library would turn decimals into binary floating point and timestamps into milliseconds. Without its logical
// type a column is given as it is stored, and is read exactly here.
function claimColumn(metadata: FileMetaData, name: string): ValueReader {
  const [root, ...elements] = metadata.schema;
  const top = topLevel(root, elements).filter((element) => element.name === name);
  const [element] = top;
  if (top.length !== 1 || element === undefined || element.num_children || element.repetition_type === 'REPEATED') {
    throw new RefusedInput('header-mismatch');
  }
  const reader = parquetReader({ ...element });
  delete element.converted_type;
  delete element.logical_type;
  return reader;
}

// The schema is a tree written out depth first.
function topLevel(root: SchemaElement | undefined, elements: readonly SchemaElement[]): SchemaElement[] {
  const top: SchemaElement[] = [];
  let nested = 0;
  for (const element of elements) {
    if (nested === 0) top.push(element);
    else nested -= 1;
    nested += element.num_children ?? 0;
  }
  return top.slice(0, root?.num_children ?? 0);
}
