import { createHash, randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { datasets, uploads } from '../proto/index.ts';
import {
  FileChanged,
  FileSource,
  type GalleyClient,
  Patience,
  StreamSource,
  sendWhole,
  type Terms,
  type UploadSource,
} from './client/index.ts';
import { isServiceError, readRefusal } from './refusal.ts';
import { type Progress, startProgress } from './render/index.ts';

/** How long a service may be away before an upload is given up for this run. */
const patienceMs = 10 * 60 * 1000;

/** Standard input, as a path. */
export const standardInput = '-';

/** A file on its way into a dataset. */
export interface FileUpload {
  /** Empty while it is not known. */
  readonly datasetId: string;
  /** A path, or `-` for standard input. */
  readonly path: string;
  /** The upload's name; without one the file's own: where it is, how large, and when it was last written. */
  readonly requestId?: string;
  /** What the progress bars are called. */
  readonly label?: string;
  /** Without progress bars. */
  readonly isQuiet?: boolean;
}

/** What a file is published with: `format` is told from its name when it is left out. */
export type FileTerms = Omit<Terms, 'layout'> & { readonly format?: datasets.FileFormat };

const formats: readonly (readonly [RegExp, datasets.FileFormat])[] = [
  [/\.(csv|tsv)(\.(gz|zst))?$/iu, datasets.FileFormat.CSV],
  [/\.(ndjson|jsonl)(\.(gz|zst))?$/iu, datasets.FileFormat.NDJSON],
  [/\.(arrow|arrows|feather|ipc)$/iu, datasets.FileFormat.ARROW],
  [/\.(parquet|pq)$/iu, datasets.FileFormat.PARQUET],
];

/** Tells a file's format from its name. @throws {Error} when the name does not say it */
export function formatOf(path: string): datasets.FileFormat {
  const format = formats.find(([pattern]) => pattern.test(path))?.[1];
  if (format !== undefined) return format;
  const known = '.csv, .tsv, .ndjson, .jsonl (each also with .gz or .zst), .arrow, .feather or .parquet';
  throw new Error(`\`${path}\` does not end in ${known}; name its format with --format`);
}

/** The layout a request names when only the format is known. */
export function layoutOf(format: datasets.FileFormat): datasets.FileLayout {
  return { format, encoding: '', delimiter: '', quote: '', nullWords: [] };
}

/** Sends a file, and publishes it as a snapshot, with progress bars on stderr. */
export async function uploadFile(
  client: GalleyClient,
  file: FileUpload,
  { format = formatOf(file.path), mode, tolerance }: FileTerms,
): Promise<uploads.PublishedUpload> {
  const upload = await stageFile(client, file);
  return await publishStaged(client, upload, { ...file, terms: { mode, tolerance, layout: layoutOf(format) } });
}

/**
 * Sends a file, going on where an earlier run stopped, until the service has all of it.
 *
 * @throws {FileChanged} when somebody wrote to the file meanwhile; what was sent of it is thrown away
 */
export async function stageFile(client: GalleyClient, file: FileUpload): Promise<uploads.Upload> {
  if (file.path === standardInput) return await stageInput(client, file);
  for (let isLast = false; ; isLast = true) {
    await using source = await FileSource.open(file.path);
    const begun = await beginFile(client, file, source);
    try {
      return await stage(client, begun, { source, file });
    } catch (error) {
      const isOther = isServiceError(error) && readRefusal(error).metadata.reason === 'digest';
      if (!(error instanceof FileChanged) && !isOther) throw error;
      await client.uploads.abandon(begun.uploadId);
      // What an earlier run had sent was another file of the same look: this one is sent from its beginning.
      if (!isOther || isLast) throw error;
    }
  }
}

/** Begins the upload of a file, or finds the one that an earlier run began. */
export async function beginFile(client: GalleyClient, file: FileUpload, source: FileSource): Promise<uploads.Upload> {
  const { byteCount, modifiedNs } = source.mark;
  const look = JSON.stringify([realpathSync(file.path), byteCount, modifiedNs.toString()]);
  const requestId = file.requestId ?? `file-${createHash('sha256').update(look).digest('hex')}`;
  const request = {
    requestId,
    fileName: basename(file.path),
    declaredBytes: BigInt(byteCount),
    datasetId: file.datasetId,
  };
  const begun = await patient().until(() => client.uploads.begin(request));
  const isElsewhere = begun.state === uploads.UploadState.PUBLISHED && begun.datasetId !== file.datasetId;
  if (!isElsewhere || file.datasetId === '') return begun;
  // The same file goes into a second dataset.
  return await patient().until(() => client.uploads.begin({ ...request, requestId: `${requestId}/${file.datasetId}` }));
}

async function stageInput(client: GalleyClient, file: FileUpload): Promise<uploads.Upload> {
  const requestId = file.requestId ?? `input-${randomUUID()}`;
  const request = { requestId, fileName: 'standard input', datasetId: file.datasetId };
  const begun = await patient().until(() => client.uploads.begin(request));
  try {
    return await stage(client, begun, { source: new StreamSource(process.stdin), file });
  } catch (error) {
    // Nobody can read the input again, so that nobody can go on.
    await client.uploads.abandon(begun.uploadId).catch(() => undefined);
    throw error;
  }
}

async function stage(
  client: GalleyClient,
  begun: uploads.Upload,
  { source, file }: { readonly source: UploadSource; readonly file: FileUpload },
): Promise<uploads.Upload> {
  const progress = barOf(file, 'sending', source.byteCount ?? 0);
  try {
    const sending = { client: client.uploads, source, patience: patient(), onPosition: progress.to };
    const upload = await sendWhole(begun, sending);
    progress.finish();
    return upload;
  } catch (error) {
    progress.stop();
    throw error;
  }
}

/** A file that the service has whole, and what is to be done with it. */
export interface StagedFile {
  readonly datasetId: string;
  readonly terms: Terms;
  readonly label?: string;
  readonly isQuiet?: boolean;
  /** Is told what was left out of a file that is refused. */
  readonly onRefused?: (rejects: datasets.RejectReport) => void;
}

/** Publishes what was sent, asking again after every interruption. */
export async function publishStaged(
  client: GalleyClient,
  { uploadId, committedBytes }: uploads.Upload,
  staged: StagedFile,
): Promise<uploads.PublishedUpload> {
  const { datasetId, terms, onRefused } = staged;
  return await whileReading(staged, committedBytes, (onProgress) =>
    client.uploads.publish(
      { uploadId, datasetId, ...terms },
      { progress: onProgress, refused: (rejects) => rejects !== undefined && onRefused?.(rejects) },
    ),
  );
}

/** Tries what publishing would do with what was sent. */
export async function checkStaged(
  client: GalleyClient,
  { uploadId, committedBytes }: uploads.Upload,
  staged: StagedFile,
): Promise<uploads.UploadOutcome> {
  const { datasetId, terms } = staged;
  return await whileReading(staged, committedBytes, (onProgress) =>
    client.uploads.check({ uploadId, datasetId, ...terms }, onProgress),
  );
}

async function whileReading<Answer>(
  view: BarView,
  byteCount: bigint,
  call: (onProgress: (progress: uploads.UploadProgress) => void) => Promise<Answer>,
): Promise<Answer> {
  const progress = barOf(view, 'reading', Number(byteCount));
  try {
    const answer = await patient().until(() =>
      call(({ bytes, rows }) => progress.to(Number(bytes), `${rows.toLocaleString('en-US')} rows`)),
    );
    progress.finish();
    return answer;
  } catch (error) {
    progress.stop();
    throw error;
  }
}

type BarView = Pick<FileUpload, 'label' | 'isQuiet'>;

function barOf({ label = '', isQuiet = false }: BarView, stage: string, total: number): Progress {
  if (isQuiet) return silent;
  return startProgress(label === '' ? stage : `${label} ${stage}`, total, 'MB');
}

const silent: Progress = {
  advance: () => undefined,
  to: () => undefined,
  finish: () => undefined,
  stop: () => undefined,
};

function patient(): Patience {
  return new Patience(patienceMs, (error, pauseMs) => {
    const name = isServiceError(error) ? readRefusal(error).reason || 'connection lost' : error.message;
    process.stderr.write(`\n  ${name}: going on in ${Math.ceil(pauseMs / 1000)} s where it stopped\n`);
  });
}
