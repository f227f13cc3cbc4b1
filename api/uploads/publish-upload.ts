import { datasets, type uploads } from '../../proto/index.ts';
import {
  admitToDataset,
  assertSynthetic,
  readSnapshotParts,
  readSnapshots,
  snapshotMessage,
} from '../datasets/index.ts';
import { type Call, notFound, ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { follow } from './progress.ts';
import type { Publications } from './publications.ts';
import { expectDiskRoom } from './staging-room.ts';
import { readTerms } from './terms.ts';
import {
  admitToUpload,
  committedOf,
  expectReceived,
  findUpload,
  touchUpload,
  type UploadRow,
} from './upload-record.ts';

/**
 * Makes a snapshot of an upload, and says how far it is.
 *
 * @throws {ServiceError} UPLOAD_REFUSED with the rejects by line and column, never with a value; the upload stays
 */
export async function* publishUpload(
  kitchen: Kitchen,
  publications: Publications,
  call: Call,
  request: uploads.PublishUploadRequest,
): AsyncGenerator<uploads.PublishUploadResponse, void> {
  const upload = await admitToUpload(kitchen, call, 'read-upload', request.uploadId);
  const dataset = await admitToDataset(kitchen, call, 'upload-snapshot', request.datasetId);
  await assertSynthetic(kitchen, [dataset.dataset_id]);
  if (upload.state === 'published') return yield await publishedMessage(kitchen, upload, dataset.dataset_id);
  expectReceived(upload);
  const terms = readTerms(dataset, request);
  if (!publications.isBusy(upload.upload_id)) {
    // Columns and original together are at most about twice the file.
    await expectDiskRoom(kitchen, (await committedOf(kitchen, upload.upload_id)).bytes);
  }
  await touchUpload(kitchen, upload.upload_id);
  const current = await findUpload(kitchen, upload.upload_id);
  if (current === undefined) throw notFound('upload');
  if (current.state === 'published') return yield await publishedMessage(kitchen, current, dataset.dataset_id);
  const watched = publications.begin({ call, upload: current, dataset, terms });
  for await (const progress of follow(watched)) yield { part: { $case: 'progress', value: progress } };
  try {
    await watched.settled;
  } catch (cause) {
    const rejects = cause instanceof ServiceError ? cause.details.rejects : undefined;
    // The trailer of a refusal has room for few: all that are kept go before it.
    if (rejects !== undefined && rejects.rejectedCount > 0n) yield { part: { $case: 'refused', value: rejects } };
    throw cause;
  }
  const published = await findUpload(kitchen, upload.upload_id);
  if (published === undefined) throw notFound('upload');
  yield await publishedMessage(kitchen, published, dataset.dataset_id);
}

async function publishedMessage(
  kitchen: Kitchen,
  upload: UploadRow,
  datasetId: string,
): Promise<uploads.PublishUploadResponse> {
  if (upload.dataset_id !== datasetId) {
    throw new ServiceError('CONFLICT', 'the upload was published to another dataset; send the file again for this one');
  }
  const snapshots = await readSnapshots(kitchen, datasetId);
  const snapshot = snapshots.find((s) => s.snapshot_id === upload.snapshot_id);
  if (snapshot === undefined) throw notFound('snapshot');
  const parts = await readSnapshotParts(kitchen, snapshot.snapshot_id);
  const part = parts.find((p) => p.original_id === upload.upload_id);
  const rejects = part === undefined ? undefined : datasets.RejectReport.fromJSON(JSON.parse(part.rejects));
  return {
    part: { $case: 'published', value: { snapshot: await snapshotMessage(kitchen, snapshot), rejects } },
  };
}
