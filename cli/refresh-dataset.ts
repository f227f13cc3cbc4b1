import { createHash } from 'node:crypto';
import { datasets } from '../proto/index.ts';
import { FileSource, type GalleyClient } from './client/index.ts';
import { isServiceError, readRefusal } from './refusal.ts';
import { formatOf, layoutOf, publishStaged, stageFile } from './upload-file.ts';

/** A dataset that follows a file. */
export interface Refresh {
  readonly datasetId: string;
  readonly path: string;
  readonly mode: datasets.SnapshotMode;
  readonly tolerance: datasets.RejectTolerance | undefined;
  readonly format?: datasets.FileFormat;
}

/** How one round went; written as one line of JSON. */
export interface RoundEnd {
  readonly at: string;
  readonly result: 'published' | 'unchanged' | 'failed';
  readonly seconds: number;
  readonly snapshot?: string;
  readonly rows?: number;
  readonly rejected?: number;
  readonly bytes?: number;
  /** Why it failed: the code of the refusal, or the message of this machine. */
  readonly reason?: string;
  readonly message?: string;
}

/** Uploads a file if it has changed since it was published. It throws nothing: a round that failed is an answer. */
export async function refreshOnce(client: GalleyClient, refresh: Refresh): Promise<RoundEnd> {
  const startMs = performance.now();
  const ended = await attempt(client, refresh).catch(failureOf);
  return {
    at: new Date().toISOString(),
    seconds: Math.round(performance.now() - startMs) / 1000,
    ...ended,
  };
}

type Ended = Omit<RoundEnd, 'at' | 'seconds'>;

async function attempt(client: GalleyClient, refresh: Refresh): Promise<Ended> {
  const { datasetId, path, mode, tolerance, format = formatOf(path) } = refresh;
  const digest = await digestOf(path);
  const { snapshots } = await client.datasets.get(datasetId);
  const newest = snapshots.at(-1);
  // Appended once is appended, whatever was appended since; replaced is what stands there now.
  const standing = mode === datasets.SnapshotMode.APPEND ? snapshots : snapshots.slice(-1);
  if (standing.some(({ uploadDigest }) => uploadDigest === digest)) return { result: 'unchanged' };
  // The state it follows is in the name: a file that becomes again what it was is a new upload.
  const name = JSON.stringify([datasetId, digest, newest?.snapshotId ?? '', newest?.revision ?? 0]);
  const requestId = `refresh-${createHash('sha256').update(name).digest('hex')}`;
  const upload = await stageFile(client, { datasetId, path, requestId, isQuiet: true });
  const terms = { mode, tolerance, layout: layoutOf(format) };
  const { snapshot, rejects } = await publishStaged(client, upload, { datasetId, terms, isQuiet: true });
  return {
    result: 'published',
    snapshot: snapshot?.snapshotId ?? '',
    rows: Number(snapshot?.rowCount ?? 0n),
    rejected: Number(rejects?.rejectedCount ?? 0n),
    bytes: Number(upload.committedBytes),
  };
}

async function digestOf(path: string): Promise<string> {
  await using source = await FileSource.open(path);
  return Buffer.from((await source.digest()).sha256).toString('hex');
}

function failureOf(error: unknown): Ended {
  if (!isServiceError(error)) {
    const [reason, message] = error instanceof Error ? [error.name, error.message] : ['Error', String(error)];
    return { result: 'failed', reason, message };
  }
  const refusal = readRefusal(error);
  return { result: 'failed', reason: refusal.reason || refusal.code, message: refusal.message };
}
