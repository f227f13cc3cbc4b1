import type { JobSpec } from '../../wire/jobs.ts';
import { RefusedInput } from '../ingest/refused-input.ts';
import { uploadBytes } from '../ingest/upload-source.ts';
import { UploadWriter } from '../ingest/upload-writer.ts';

/**
 * Reads an uploaded file into chunks and rejects.
 *
 * @throws {RefusedInput} when the file as a whole is refused
 */
export async function ingest(job: JobSpec & { kind: 'ingest' }): Promise<void> {
  const writer = new UploadWriter(job.columns, job.maxRejects);
  const bytes = uploadBytes(writer);
  try {
    await readFormat(job, bytes, writer);
  } catch (error) {
    // A parser that trips over a file says no more than that: its text quotes the file.
    throw error instanceof RefusedInput ? error : new RefusedInput('not-this-format');
  }
  writer.finish();
}

async function readFormat(
  { format, columns }: JobSpec & { kind: 'ingest' },
  bytes: AsyncIterable<Uint8Array>,
  writer: UploadWriter,
): Promise<void> {
  switch (format) {
    case 'csv':
      return await (await import('../ingest/csv.ts')).readCsv(columns, bytes, writer);
    case 'arrow':
      return await (await import('../ingest/arrow.ts')).readArrow(columns, bytes, writer);
    case 'parquet':
      return await (await import('../ingest/parquet.ts')).readParquet(columns, bytes, writer);
  }
}
