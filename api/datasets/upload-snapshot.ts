import { createHash, createHmac } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { datasets } from '../../proto/index.ts';
import { type IngestFormat, WallError } from '../../sandbox/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { beginCallWork, type Kitchen, newId, record } from '../kitchen/index.ts';
import type { SealedWriter } from '../vault/index.ts';
import { admitToDataset, type DatasetRow, type SnapshotRow } from './admit-to-dataset.ts';
import { writeColumnChunk } from './column-file.ts';
import { columnsOf, type DatasetColumn, identifierOf, ingestColumnsOf } from './dataset-columns.ts';
import { inTurn } from './in-turn.ts';
import { ensurePersonColumn } from './person-column.ts';
import { columnPlace, originalPlace, snapshotDirectory } from './snapshot-place.ts';
import { assertSynthetic } from './synthetic-only.ts';
import { UPLOAD_REFUSALS } from './upload-refusals.ts';

/** Largest upload of the embedded default. */
const MAX_UPLOAD_BYTES = 8 * 1024 ** 3;
/** Rejects that are kept and shown; all are counted. */
const MAX_REPORTED_REJECTS = 1_000;
/** Longest time to receive and parse one file, from its call on: the largest upload at the pace of a slow machine. */
const MAX_UPLOAD_MS = 3_600_000;
/** Longest upload id a client may choose. */
const MAX_UPLOAD_ID_CHARS = 128;

const FORMATS: Partial<Record<datasets.FileFormat, IngestFormat>> = {
  [datasets.FileFormat.CSV]: 'csv',
  [datasets.FileFormat.ARROW]: 'arrow',
  [datasets.FileFormat.PARQUET]: 'parquet',
};

/** What one upload is known by on its way. */
interface Upload {
  readonly snapshotId: string;
  readonly dataset: DatasetRow;
  readonly header: datasets.UploadHeader;
  readonly format: IngestFormat;
  readonly call: Call;
}

/** A published snapshot and what was left out of it. */
export interface PublishedUpload {
  readonly snapshot: SnapshotRow;
  readonly rejects: datasets.RejectReport;
}

/**
 * Takes a file in and publishes it as a snapshot: receive and parse behind the wall → log → publish.
 *
 * Bytes are sealed as they arrive and parsed on the way, so that a client's progress is the progress of the whole.
 * Until the last step nothing can be seen, and after a failure nothing is left.
 *
 * @throws {ServiceError} UPLOAD_REFUSED with the rejects by line and column, never with a value
 */
export async function uploadSnapshot(
  kitchen: Kitchen,
  call: Call,
  requests: AsyncIterable<datasets.UploadSnapshotRequest>,
): Promise<PublishedUpload> {
  const parts = requests[Symbol.asyncIterator]();
  const header = await readHeader(parts);
  const dataset = await admitToDataset(kitchen, call, 'upload-snapshot', header.datasetId);
  await assertSynthetic(kitchen, [dataset.dataset_id]);
  const format = FORMATS[header.format];
  if (format === undefined) throw new ServiceError('INVALID_REQUEST', '`format` must be CSV, ARROW or PARQUET');
  const published = await inTurn(JSON.stringify([dataset.dataset_id, header.uploadId]), async () => {
    const earlier = await readSnapshot(kitchen, dataset.dataset_id, header.uploadId);
    if (earlier !== undefined) return await answerAgain(earlier, parts);
    return await receiveOrRemove(kitchen, { snapshotId: newId('snap'), dataset, header, format, call }, parts);
  });
  const hasPersons = identifierOf(columnsOf(dataset.columns)) !== null;
  if (hasPersons) await joinCollaborations(kitchen, dataset.dataset_id, published.snapshot.snapshot_id);
  return published;
}

async function receiveOrRemove(
  kitchen: Kitchen,
  upload: Upload,
  parts: AsyncIterator<datasets.UploadSnapshotRequest>,
): Promise<PublishedUpload> {
  try {
    return await receiveAndPublish(kitchen, upload, parts);
  } catch (cause) {
    await rm(snapshotDirectory(kitchen, upload.snapshotId), { recursive: true, force: true });
    throw cause;
  }
}

async function readHeader(parts: AsyncIterator<datasets.UploadSnapshotRequest>): Promise<datasets.UploadHeader> {
  const first = await parts.next();
  const part = first.done ? undefined : first.value.part;
  if (part?.$case !== 'header') throw new ServiceError('INVALID_REQUEST', 'the first message must carry the header');
  const { uploadId } = part.value;
  if (uploadId === '' || uploadId.length > MAX_UPLOAD_ID_CHARS) {
    throw new ServiceError('INVALID_REQUEST', `\`upload_id\` must have 1 to ${MAX_UPLOAD_ID_CHARS} characters`);
  }
  return part.value;
}

async function readSnapshot(kitchen: Kitchen, datasetId: string, uploadId: string): Promise<SnapshotRow | undefined> {
  return await kitchen.store.db
    .selectFrom('snapshots')
    .selectAll()
    .where('dataset_id', '=', datasetId)
    .where('upload_id', '=', uploadId)
    .executeTakeFirst();
}

/** Re-sending is safe: the same bytes get the first answer, others are refused. */
async function answerAgain(
  earlier: SnapshotRow,
  parts: AsyncIterator<datasets.UploadSnapshotRequest>,
): Promise<PublishedUpload> {
  const hash = createHash('sha256');
  for await (const chunk of chunksOf(parts)) hash.update(chunk);
  if (hash.digest('hex') !== earlier.upload_digest) {
    throw new ServiceError('CONFLICT', '`upload_id` was used for other bytes; choose a new one');
  }
  return { snapshot: earlier, rejects: datasets.RejectReport.fromJSON(JSON.parse(earlier.rejects)) };
}

/** The bytes of the file, handed on only as part of a stream that says its own end and digest. */
async function* chunksOf(parts: AsyncIterator<datasets.UploadSnapshotRequest>): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  let total = 0;
  for (let next = await parts.next(); !next.done; next = await parts.next()) {
    const { part } = next.value;
    if (part?.$case === 'end') return assertWhole(part.value, { total, sha256: hash.digest() });
    if (part?.$case !== 'chunk') throw new ServiceError('INVALID_REQUEST', 'only the first message carries a header');
    total += part.value.length;
    if (total > MAX_UPLOAD_BYTES) {
      throw new ServiceError('INVALID_REQUEST', `an upload has at most ${MAX_UPLOAD_BYTES} bytes; split the file`);
    }
    hash.update(part.value);
    yield part.value;
  }
  // A client that dies looks to HTTP/2 like one that is done; only its own word tells them apart.
  throw new ServiceError('INVALID_REQUEST', 'the stream ended without `end`; send the upload again');
}

function assertWhole(end: datasets.UploadEnd, received: { total: number; sha256: Buffer }): void {
  if (end.byteCount === BigInt(received.total) && received.sha256.equals(end.sha256)) return;
  throw new ServiceError('INVALID_REQUEST', 'the bytes received are not the bytes sent; send the upload again');
}

async function receiveAndPublish(
  kitchen: Kitchen,
  upload: Upload,
  parts: AsyncIterator<datasets.UploadSnapshotRequest>,
): Promise<PublishedUpload> {
  const receiving = await receive(kitchen, upload, parts);
  const parsed = await parse(kitchen, upload, receiving.bytes).finally(receiving.abandon);
  const digest = receiving.digest();
  const nowMs = kitchen.nowMs();
  const { dataset, header, snapshotId, call } = upload;
  const leafIndex = await record(kitchen, {
    kind: 'snapshot-published',
    call,
    collaboration: null,
    subject: {
      dataset: dataset.dataset_id,
      snapshot: snapshotId,
      uploadDigest: keyedDigest(kitchen, snapshotId, digest),
      columns: parsed.digests,
    },
  });
  const snapshot: SnapshotRow = {
    snapshot_id: snapshotId,
    dataset_id: dataset.dataset_id,
    upload_id: header.uploadId,
    upload_digest: digest,
    row_count: parsed.rowCount,
    rejected_count: Number(parsed.rejects.rejectedCount),
    rejects: JSON.stringify(datasets.RejectReport.toJSON(parsed.rejects)),
    column_digests: JSON.stringify(parsed.digests),
    chunk_count: parsed.chunkCount,
    state: 'published',
    created_at_ms: nowMs,
    published_at_ms: nowMs,
    leaf_index: leafIndex,
  };
  await kitchen.store.db.insertInto('snapshots').values(snapshot).execute();
  return { snapshot, rejects: parsed.rejects };
}

/** The file on its way to the parser; what passes is sealed for its owner's take-out. */
interface Receiving {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** SHA-256 of all that has passed, hex. */
  readonly digest: () => string;
  readonly abandon: () => Promise<void>;
}

async function receive(
  kitchen: Kitchen,
  upload: Upload,
  parts: AsyncIterator<datasets.UploadSnapshotRequest>,
): Promise<Receiving> {
  const hash = createHash('sha256');
  const original = await kitchen.vault.createFile(originalPlace(kitchen, upload.snapshotId));
  async function* bytes(): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of chunksOf(parts)) {
      hash.update(chunk);
      await original.write(chunk);
      yield chunk;
    }
    await original.finish();
  }
  return { bytes: bytes(), digest: () => hash.digest('hex'), abandon: original.abandon };
}

/**
 * A digest that only the service can compute again. The plain digest of a column of few values, or of a file that
 * somebody guesses, gives the values away to whoever reads the log.
 */
function keyedDigest(kitchen: Kitchen, snapshotId: string, digest: string): string {
  const key = kitchen.vault.deriveKey('snapshot-digest');
  return createHmac('sha256', key).update(`${snapshotId}:${digest}`).digest('hex');
}

interface Parsed {
  rowCount: number;
  chunkCount: number;
  rejects: datasets.RejectReport;
  digests: Record<string, string>;
}

async function parse(kitchen: Kitchen, upload: Upload, bytes: AsyncIterable<Uint8Array>): Promise<Parsed> {
  const columns = columnsOf(upload.dataset.columns);
  const files = await Promise.all(
    columns.map((_, index) => kitchen.vault.createFile(columnPlace(kitchen, upload.snapshotId, index))),
  );
  const parsed: Parsed = { rowCount: 0, chunkCount: 0, rejects: { rejects: [], rejectedCount: 0n }, digests: {} };
  try {
    await fillColumns(kitchen, { upload, bytes, files, parsed });
    for (const [index, file] of files.entries()) {
      const { sha256 } = await file.finish();
      parsed.digests[columns[index]?.name ?? ''] = keyedDigest(kitchen, upload.snapshotId, sha256);
    }
    return parsed;
  } catch (cause) {
    throw await refused(kitchen, upload, { cause, columns, parsed });
  } finally {
    await Promise.all(files.map((file) => file.abandon()));
  }
}

async function fillColumns(
  kitchen: Kitchen,
  work: { upload: Upload; bytes: AsyncIterable<Uint8Array>; files: readonly SealedWriter[]; parsed: Parsed },
): Promise<void> {
  const { upload, bytes, files, parsed } = work;
  const columns = ingestColumnsOf(columnsOf(upload.dataset.columns));
  const job = { format: upload.format, columns, maxRejects: Number(upload.header.maxRejects) };
  const limits = beginCallWork(kitchen, upload.call, { maxMs: MAX_UPLOAD_MS }).nextJob();
  for await (const event of kitchen.receiver.ingest(job, bytes, limits)) {
    if (event.kind === 'chunk') {
      const file = files[event.column];
      if (file !== undefined) await writeColumnChunk(file, event.bytes);
      if (event.column === 0) parsed.chunkCount += 1;
    } else if (event.kind === 'reject') {
      noteReject(parsed.rejects, event);
    } else if (event.kind === 'done') {
      parsed.rowCount = event.rows;
    }
  }
}

function noteReject(report: datasets.RejectReport, reject: { line: number; column: string; reason: string }): void {
  report.rejectedCount += 1n;
  if (report.rejects.length >= MAX_REPORTED_REJECTS) return;
  report.rejects.push({ line: BigInt(reject.line), column: reject.column, reason: reject.reason });
}

async function refused(
  kitchen: Kitchen,
  { call, dataset }: Upload,
  { cause, columns, parsed }: { cause: unknown; columns: readonly DatasetColumn[]; parsed: Parsed },
): Promise<unknown> {
  if (!(cause instanceof WallError)) return cause;
  if (cause.code === 'WALL_BUSY') return new ServiceError('BUSY', 'no worker is free', { retryAfterMs: 5_000 });
  if (cause.code !== 'INPUT_REFUSED') return new ServiceError('RUN_FAILED', 'the upload was not finished');
  const reason = cause.reason ?? 'unreadable';
  const subject = { dataset: dataset.dataset_id, reason, rejectedCount: Number(parsed.rejects.rejectedCount) };
  await record(kitchen, { kind: 'upload-refused', call, collaboration: null, subject });
  const names = columns.map((c) => c.name).join(', ');
  const help = reason === 'header-mismatch' ? `; it must name each once: ${names}` : '';
  return new ServiceError('UPLOAD_REFUSED', `${UPLOAD_REFUSALS[reason]}${help}`, {
    rejects: parsed.rejects,
    metadata: { reason },
  });
}

/**
 * Makes the persons of a new snapshot wherever its dataset is bound, so that the first question need not wait.
 *
 * The snapshot is published by now: what fails here is made again by the question that needs it.
 */
async function joinCollaborations(kitchen: Kitchen, datasetId: string, snapshotId: string): Promise<void> {
  const bindings = await kitchen.store.db
    .selectFrom('bindings')
    .select('collaboration_id')
    .distinct()
    .where('dataset_id', '=', datasetId)
    .execute();
  for (const { collaboration_id: id } of bindings) {
    await ensurePersonColumn(kitchen, id, snapshotId).catch((cause: unknown) =>
      kitchen.operatorLog.warn({ err: cause, snapshotId }, 'the persons of a snapshot are not made yet'),
    );
  }
}
