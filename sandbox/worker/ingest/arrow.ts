import { AsyncRecordBatchStreamReader, type RecordBatch, RecordBatchReader, type Schema } from 'apache-arrow';

import type { IngestColumn } from '../../wire/jobs.ts';
import { arrowReader } from './arrow-values.ts';
import { RefusedInput } from './refused-input.ts';
import { wholeUpload } from './upload-source.ts';
import type { UploadWriter } from './upload-writer.ts';

const FILE_MAGIC = 'ARROW1';
const CONTINUATION = 0xffff_ffff;

/**
 * Reads an Arrow IPC stream batch by batch, or an Arrow IPC file held whole.
 *
 * @throws {RefusedInput} when the whole file cannot be used
 */
export async function readArrow(
  columns: readonly IngestColumn[],
  bytes: AsyncIterable<Uint8Array>,
  writer: UploadWriter,
): Promise<void> {
  let firstRow = 1;
  let isChecked = false;
  for await (const batch of batchesOf(bytes)) {
    if (!isChecked) expectColumns(batch.schema, columns);
    isChecked = true;
    const readers = columns.map(({ name }) => arrowReader(batch.getChild(name)));
    for (let row = 0; row < batch.numRows; row += 1) {
      writer.addRow(firstRow + row, (column) => readers[column]?.(row) ?? null);
    }
    firstRow += batch.numRows;
  }
  if (!isChecked) throw new RefusedInput('empty');
}

async function* batchesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<RecordBatch, void, undefined> {
  const source = bytes[Symbol.asyncIterator]();
  const first = await source.next();
  const head = first.done === true ? new Uint8Array(0) : await atLeast(first.value, source);
  const all = prepend(head, source);
  if (Buffer.from(head.subarray(0, FILE_MAGIC.length)).toString('latin1') === FILE_MAGIC) {
    yield* RecordBatchReader.from(await wholeUpload(all)) as unknown as Iterable<RecordBatch>;
    return;
  }
  if (new DataView(head.buffer, head.byteOffset).getUint32(0, true) !== CONTINUATION)
    throw new RefusedInput('not-this-format');
  const reader = await RecordBatchReader.from(all);
  if (!(reader instanceof AsyncRecordBatchStreamReader)) throw new RefusedInput('not-this-format');
  yield* reader as AsyncIterable<RecordBatch>;
}

async function atLeast(first: Uint8Array, source: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head = first;
  while (head.byteLength < FILE_MAGIC.length) {
    const next = await source.next();
    if (next.done === true) throw new RefusedInput('not-this-format');
    head = Buffer.concat([head, next.value]);
  }
  return head;
}

async function* prepend(
  head: Uint8Array,
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield head;
  for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
}

function expectColumns(schema: Schema, columns: readonly IngestColumn[]): void {
  for (const { name } of columns) {
    if (schema.fields.filter((field) => field.name === name).length !== 1) throw new RefusedInput('header-mismatch');
  }
}
