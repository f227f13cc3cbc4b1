import { createReadStream, statSync } from 'node:fs';
import type { datasets as datasetMessages } from '../proto/index.ts';
import { datasets } from '../proto/index.ts';
import type { GalleyClient } from './client/index.ts';
import { startProgress } from './render/index.ts';

/** What to upload, and how many bad rows may be left out. */
export interface FileUpload {
  readonly datasetId: string;
  readonly path: string;
  readonly maxRejects: number;
  readonly uploadId: string;
  /** What the progress bar is called. */
  readonly label?: string;
}

const formats: readonly (readonly [RegExp, datasetMessages.FileFormat])[] = [
  [/\.csv(\.gz)?$/iu, datasets.FileFormat.CSV],
  [/\.(arrow|arrows|feather|ipc)$/iu, datasets.FileFormat.ARROW],
  [/\.(parquet|pq)$/iu, datasets.FileFormat.PARQUET],
];

/**
 * Streams a file into a dataset with a progress bar on stderr.
 *
 * @throws {Error} when the name does not say what the file is, or it cannot be read
 */
export async function uploadFile(
  client: GalleyClient,
  { datasetId, path, maxRejects, uploadId, label = 'sending' }: FileUpload,
): Promise<{ snapshot: datasetMessages.Snapshot; rejects: datasetMessages.RejectReport | undefined }> {
  const header = { datasetId, format: formatOf(path), uploadId, maxRejects: BigInt(maxRejects) };
  const progress = startProgress(label, statSync(path).size, 'MB');
  try {
    const answer = await client.datasets.upload(header, createReadStream(path), progress.advance);
    progress.finish();
    return answer;
  } catch (error) {
    progress.stop();
    throw error;
  }
}

/** Tells a file's format from its name. */
function formatOf(path: string): datasetMessages.FileFormat {
  const format = formats.find(([pattern]) => pattern.test(path))?.[1];
  if (format === undefined) throw new Error(`\`${path}\` does not end in .csv, .csv.gz, .arrow, .feather or .parquet`);
  return format;
}
