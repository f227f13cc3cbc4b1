import { datasets } from '../../proto/index.ts';
import type { IngestFormat } from '../../sandbox/index.ts';
import { type Call, notFound, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import { admitToDataset, readSnapshots } from './admit-to-dataset.ts';
import { openFileName } from './file-names.ts';
import { openOriginal } from './original.ts';
import { type PartRow, readSnapshotParts } from './snapshot-parts.ts';

/** Bytes of one message of a take-out; well under the largest message. */
const TAKE_OUT_CHUNK_BYTES = 262_144;

const FORMATS: Readonly<Record<IngestFormat, datasets.FileFormat>> = {
  csv: datasets.FileFormat.CSV,
  ndjson: datasets.FileFormat.NDJSON,
  arrow: datasets.FileFormat.ARROW,
  parquet: datasets.FileFormat.PARQUET,
};

/**
 * Streams one file of a snapshot back to its owner: what it is first, then its bytes from a place on. Nothing that was made
 * of it, and nothing that a join has added, is anywhere in it.
 */
export async function* takeOut(
  kitchen: Kitchen,
  call: Call,
  request: datasets.TakeOutSnapshotRequest,
): AsyncGenerator<datasets.TakeOutSnapshotResponse, void> {
  const { datasetId, snapshotId, partIndex, offset } = request;
  const dataset = await admitToDataset(kitchen, call, 'take-out', datasetId);
  const snapshots = await readSnapshots(kitchen, dataset.dataset_id);
  if (!snapshots.some((s) => s.snapshot_id === snapshotId)) throw notFound('snapshot');
  const parts = await readSnapshotParts(kitchen, snapshotId);
  const part = parts[partIndex];
  if (part === undefined) throw new ServiceError('INVALID_REQUEST', `\`part_index\` must be less than ${parts.length}`);
  const original = await openOriginal(kitchen, part.original_id);
  if (offset > BigInt(original.byteCount))
    throw new ServiceError('INVALID_REQUEST', '`offset` is behind the end of the file');
  const subject = { dataset: datasetId, snapshot: snapshotId, file: partIndex };
  await record(kitchen, { kind: 'data-taken-out', call, collaboration: null, subject });
  const file = { ...(await fileOf(kitchen, part)), byteCount: BigInt(original.byteCount), partCount: parts.length };
  yield { chunk: new Uint8Array(0), file };
  if (offset === BigInt(original.byteCount)) return;
  for await (const bytes of original.read(Number(offset))) {
    for (let from = 0; from < bytes.length; from += TAKE_OUT_CHUNK_BYTES) {
      yield { chunk: bytes.subarray(from, from + TAKE_OUT_CHUNK_BYTES), file: undefined };
    }
  }
}

async function fileOf(kitchen: Kitchen, part: PartRow) {
  const { db } = kitchen.store;
  const rewritten = await db
    .selectFrom('rewritten_parts')
    .selectAll()
    .where('part_id', '=', part.part_id)
    .executeTakeFirst();
  const upload = await db
    .selectFrom('uploads')
    .select(['upload_id', 'file_name'])
    .where('upload_id', '=', rewritten?.upload_id ?? part.original_id)
    .executeTakeFirst();
  const { format } = JSON.parse(part.layout) as { readonly format: IngestFormat };
  return {
    fileName: upload === undefined ? '' : openFileName(kitchen.vault, upload.upload_id, upload.file_name),
    format: FORMATS[format],
    sha256: Buffer.from(part.original_digest, 'hex'),
    hasErasures: rewritten !== undefined,
  };
}
