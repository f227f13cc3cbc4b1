import type { JobSpec } from '../../wire/jobs.ts';
import { answer } from '../channel.ts';
import { openUploadedFile } from '../ingest/file-source.ts';
import { describeFile } from '../ingest/inspect/describe-file.ts';
import { refusalOf } from '../ingest/refused-input.ts';

/**
 * Finds out how an uploaded file is written and what its columns look like.
 *
 * @throws {RefusedInput} when it cannot be read at all
 */
export async function inspect({ layout, byteCount }: JobSpec & { kind: 'inspect' }): Promise<void> {
  try {
    answer({ kind: 'described', description: await describeFile(openUploadedFile(byteCount), layout) });
  } catch (error) {
    throw refusalOf(error);
  }
}
