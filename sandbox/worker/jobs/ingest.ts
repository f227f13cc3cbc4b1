import type { JobSpec } from '../../wire/jobs.ts';
import { answer } from '../channel.ts';
import { openUploadedFile } from '../ingest/file-source.ts';
import { readUpload } from '../ingest/read-upload.ts';
import { refusalOf } from '../ingest/refused-input.ts';
import { UploadWriter } from '../ingest/upload-writer.ts';

/**
 * Reads an uploaded file into chunks and rejects.
 *
 * @throws {RefusedInput} when the file as a whole is refused
 */
export async function ingest(job: JobSpec & { kind: 'ingest' }): Promise<void> {
  const { columns, maxRejects, sortKeyHex } = job;
  const writer = new UploadWriter({ columns, maxRejects, sortKey: Buffer.from(sortKeyHex, 'hex'), say: answer });
  try {
    await readUpload(job, openUploadedFile(job.byteCount), writer);
    writer.finish();
  } catch (error) {
    throw refusalOf(error);
  }
}
