import type { JobSpec } from '../../wire/jobs.ts';
import { refusalOf } from '../ingest/refused-input.ts';
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
    writer.finish();
  } catch (error) {
    throw refusalOf(error);
  }
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
      return await (await import('../ingest/arrow/read-arrow.ts')).readArrow(columns, bytes, writer);
    case 'parquet':
      return await (await import('../ingest/parquet/read-parquet.ts')).readParquet(columns, bytes, writer);
  }
}
