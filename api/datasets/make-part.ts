import { createHmac } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { datasets } from '../../proto/index.ts';
import { type FileLayout, type FileSource, WallError } from '../../sandbox/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { beginCallWork, type Kitchen, newId, record } from '../kitchen/index.ts';
import type { SealedWriter } from '../vault/index.ts';
import type { DatasetRow } from './admit-to-dataset.ts';
import { writeColumnChunk } from './column-file.ts';
import { columnsOf, type DatasetColumn, ingestColumnsOf } from './dataset-columns.ts';
import { columnPlace, partDirectory } from './places.ts';
import { presentRowsOf } from './present-rows.ts';
import { emptyReport, noteReject } from './reject-report.ts';
import { UPLOAD_REFUSALS } from './upload-refusals.ts';

/** Longest time to read one file: a hundred million rows at the pace of a slow machine. */
const MAX_READING_MS = 3_600_000;

/** What a part is made from. */
export interface PartJob {
  readonly call: Call;
  readonly dataset: DatasetRow;
  readonly file: FileSource;
  readonly layout: FileLayout;
  readonly maxRejects: number;
  /** More than `maxRejects` are tolerated as long as they are at most this share of all rows. */
  readonly maxRejectShare?: number;
  /** Told of now and then, for whoever waits. */
  readonly onProgress?: (progress: { readonly rows: number; readonly bytes: number }) => void;
}

/** A part that is on the disk and that nothing names yet. */
export interface MadePart {
  readonly partId: string;
  readonly rowCount: number;
  readonly chunkCount: number;
  readonly rejects: datasets.RejectReport;
  readonly columnDigests: Readonly<Record<string, string>>;
}

/**
 * Reads a file behind the wall into the sealed columns of a new part. After a failure nothing is left.
 *
 * @throws {ServiceError} UPLOAD_REFUSED with the rejects by line and column, never with a value
 */
export async function makePart(kitchen: Kitchen, job: PartJob): Promise<MadePart> {
  const { datasetId, partId } = { datasetId: job.dataset.dataset_id, partId: newId('part') };
  const columns = columnsOf(job.dataset.columns);
  const made = {
    partId,
    rowCount: 0,
    chunkCount: 0,
    rejects: emptyReport(),
    columnDigests: {} as Record<string, string>,
  };
  let files: readonly SealedWriter[] = [];
  try {
    files = await Promise.all(
      columns.map((_, index) => kitchen.vault.createFile(columnPlace(kitchen, { partId, datasetId }, index))),
    );
    await fillColumns(kitchen, job, { columns, files, made });
    for (const [index, file] of files.entries()) {
      const { sha256 } = await file.finish();
      made.columnDigests[columns[index]?.name ?? ''] = keyedDigest(kitchen, partId, sha256);
    }
    return made;
  } catch (cause) {
    await Promise.all(files.map((file) => file.abandon()));
    await rm(partDirectory(kitchen, partId), { recursive: true, force: true });
    throw await refused(kitchen, job, { cause, columns, rejects: made.rejects });
  }
}

/** What reading a file would make of it. */
export interface CheckedPart {
  readonly rowCount: number;
  readonly rejects: datasets.RejectReport;
  /** Rows with a value, by the index of the column. */
  readonly presentRows: readonly number[];
}

/** Reads a file as {@link makePart} does, but counts only and keeps nothing. @throws {ServiceError} likewise */
export async function checkPart(kitchen: Kitchen, job: PartJob): Promise<CheckedPart> {
  const columns = columnsOf(job.dataset.columns);
  const made = { rowCount: 0, chunkCount: 0, rejects: emptyReport() };
  const presentRows = columns.map(() => 0);
  const onChunk = (column: number, bytes: Uint8Array) => {
    presentRows[column] = (presentRows[column] ?? 0) + presentRowsOf(bytes);
  };
  try {
    await fillColumns(kitchen, job, { columns, files: [], made, onChunk });
    return { ...made, presentRows };
  } catch (cause) {
    throw await refused(kitchen, job, { cause, columns, rejects: made.rejects });
  }
}

async function fillColumns(
  kitchen: Kitchen,
  { call, dataset, file, layout, maxRejects, maxRejectShare = 0, onProgress }: PartJob,
  into: {
    columns: readonly DatasetColumn[];
    /** None to count only. */
    files: readonly SealedWriter[];
    made: { rowCount: number; chunkCount: number; rejects: datasets.RejectReport };
    onChunk?: (column: number, bytes: Uint8Array) => void;
  },
): Promise<void> {
  const { columns, files, made, onChunk } = into;
  // The key of the owner's dataset alone: the order of rows tells nothing to whoever holds another.
  const sortKey = kitchen.vault.deriveKey(`row-order/${dataset.dataset_id}`).export();
  // What share of the rows is refused shows at their end only.
  const most = maxRejectShare > 0 ? Number.MAX_SAFE_INTEGER : maxRejects;
  const job = { layout, columns: ingestColumnsOf(columns), maxRejects: most, sortKey };
  const limits = beginCallWork(kitchen, call, { maxMs: MAX_READING_MS }).nextJob();
  for await (const event of kitchen.receiver.ingest(job, file, limits)) {
    if (event.kind === 'chunk') {
      const column = files[event.column];
      if (column !== undefined) await writeColumnChunk(column, event.bytes);
      onChunk?.(event.column, event.bytes);
      if (event.column === 0) made.chunkCount += 1;
    } else if (event.kind === 'reject') noteReject(made.rejects, event);
    else if (event.kind === 'progress') onProgress?.(event);
    else made.rowCount = event.rows;
  }
  const rejected = Number(made.rejects.rejectedCount);
  if (rejected > maxRejects && rejected > maxRejectShare * (rejected + made.rowCount)) {
    throw new WallError('INPUT_REFUSED', 'too-many-rejects');
  }
}

async function refused(
  kitchen: Kitchen,
  { call, dataset }: PartJob,
  of: { cause: unknown; columns: readonly DatasetColumn[]; rejects: datasets.RejectReport },
): Promise<unknown> {
  const { cause, columns, rejects } = of;
  if (!(cause instanceof WallError)) return cause;
  if (cause.code === 'WALL_BUSY') return new ServiceError('BUSY', 'no worker is free', { retryAfterMs: 5_000 });
  if (cause.code !== 'INPUT_REFUSED') return new ServiceError('RUN_FAILED', 'the upload was not finished');
  const reason = cause.reason ?? 'unreadable';
  // Not how many rows were refused: that number follows from data, and its owner has it in the refusal itself.
  const subject = { dataset: dataset.dataset_id, reason };
  await record(kitchen, { kind: 'upload-refused', call, collaboration: null, subject });
  const names = columns.map((c) => c.source || c.name).join(', ');
  const help = reason === 'header-mismatch' ? `; it must name each once: ${names}` : '';
  return new ServiceError('UPLOAD_REFUSED', `${UPLOAD_REFUSALS[reason]}${help}`, { rejects, metadata: { reason } });
}

/**
 * A digest that only the service can compute again. The plain digest of a column of few values, or of a file that
 * somebody guesses, gives the values away to whoever reads the log.
 */
export function keyedDigest(kitchen: Kitchen, id: string, digest: string): string {
  const key = kitchen.vault.deriveKey('snapshot-digest');
  return createHmac('sha256', key).update(`${id}:${digest}`).digest('hex');
}
