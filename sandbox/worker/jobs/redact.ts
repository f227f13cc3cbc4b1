import { decodeColumnChunk } from '../../wire/column-chunk.ts';
import type { JobSpec } from '../../wire/jobs.ts';
import { answer, receive } from '../channel.ts';
import { findDialect } from '../ingest/csv/csv-dialect.ts';
import { headerLine, readCsv } from '../ingest/csv/read-csv.ts';
import { openUploadedFile, type UploadedFile } from '../ingest/file-source.ts';
import { LINES, readNdjson } from '../ingest/ndjson/read-ndjson.ts';
import { sourceOf } from '../ingest/places-of.ts';
import { RowScanner } from '../ingest/text/row-scanner.ts';
import { openText } from '../ingest/text/text-source.ts';
import { uploadBytes } from '../ingest/upload-source.ts';
import { RedactWriter, type Sought } from '../rights/redact-writer.ts';
import { BlockSet } from '../rights/sought-blocks.ts';
import { addBlocks } from './judge-rows.ts';

type Spec = JobSpec & { kind: 'redact' };

/** Bytes of one answer. */
const ANSWER_BYTES = 1_048_576;

/**
 * Copies an original without the rows of those who are sought, and without those that had been refused. Text is read
 * twice: once as an upload is, to learn which rows go, and once for the bytes of the others. A table that is no text
 * becomes lines of JSON.
 */
export async function redact(job: Spec): Promise<void> {
  const sought = receiveSought(job);
  const out = new Output();
  const file = openUploadedFile(job.byteCount);
  const isText = job.layout.format === 'csv' || job.layout.format === 'ndjson';
  const writer = new RedactWriter(job.columns, sought, isText ? null : (line) => out.write(Buffer.from(line)));
  await readRows(job, file, writer);
  if (isText) await copyText(job, file, { gone: writer.goneLines, out });
  out.end();
  answer({ kind: 'done', rows: writer.keptCount, rejected: writer.refusedCount });
}

function receiveSought(job: Spec): Sought {
  const sets = job.columns.map(() => new BlockSet());
  for (let count = 0; count < job.soughtChunkCount; count += 1) {
    const message = receive();
    if (message.kind !== 'chunk') throw new Error('a chunk was expected');
    addBlocks(sets[message.column] as BlockSet, decodeColumnChunk(message.bytes));
  }
  return { key: Buffer.from(job.keyHex, 'hex'), sets };
}

async function readRows({ layout, columns }: Spec, file: UploadedFile, writer: RedactWriter): Promise<void> {
  switch (layout.format) {
    case 'csv':
      return await readCsv({ columns, layout }, await openText(uploadBytes(file, writer), layout.encoding), writer);
    case 'ndjson':
      return await readNdjson(columns, await openText(uploadBytes(file, writer), layout.encoding), writer);
    case 'arrow':
      return await (await import('../ingest/arrow/read-arrow.ts')).readArrow(columns, file, writer);
    case 'parquet':
      return (await import('../ingest/parquet/read-parquet.ts')).readParquet(columns, file, writer);
  }
}

async function copyText(
  { layout, columns }: Spec,
  file: UploadedFile,
  { gone, out }: { readonly gone: readonly number[]; readonly out: Output },
): Promise<void> {
  const { start, rest } = await openText(uploadBytes(file, { readBytes: 0 }), layout.encoding);
  const isCsv = layout.format === 'csv';
  const scanner = new RowScanner(isCsv ? findDialect(headerLine(start), layout, columns.map(sourceOf)) : LINES);
  let next = 0;
  const copyRows = (): void => {
    while (scanner.next()) {
      if (scanner.line === gone[next]) next += 1;
      else out.write(scanner.bytes.subarray(scanner.rowStart, scanner.rowEnd));
    }
  };
  const take = (part: Uint8Array): void => {
    for (let from = 0; from < part.byteLength; ) {
      from += scanner.fill(part, from);
      if (scanner.isWorthATry()) copyRows();
    }
  };
  take(start);
  for await (const part of rest) take(part);
  scanner.finish();
  copyRows();
  // INVARIANT: both readings saw the same rows; were one of those that go not met, it would have been copied.
  if (next !== gone.length) throw new Error('an original was read in two ways');
}

class Output {
  readonly #bytes = Buffer.alloc(ANSWER_BYTES);
  #length = 0;

  write(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.byteLength; ) {
      const taken = bytes.subarray(from, from + ANSWER_BYTES - this.#length);
      this.#bytes.set(taken, this.#length);
      this.#length += taken.byteLength;
      from += taken.byteLength;
      if (this.#length === ANSWER_BYTES) this.end();
    }
  }

  end(): void {
    if (this.#length > 0) answer({ kind: 'chunk', column: 0, bytes: this.#bytes.subarray(0, this.#length) });
    this.#length = 0;
  }
}
