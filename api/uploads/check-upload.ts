import { datasets, type uploads } from '../../proto/index.ts';
import {
  admitToDataset,
  assertSynthetic,
  checkPart,
  columnsOf,
  type DatasetRow,
  identifiersOf,
  openOriginal,
  readSnapshots,
} from '../datasets/index.ts';
import type { Call } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { follow, watch } from './progress.ts';
import { onDisk } from './storage-failure.ts';
import { readTerms, type Terms } from './terms.ts';
import { admitToUpload, expectReceived, touchUpload } from './upload-record.ts';

/**
 * Reads a whole file as publishing would, and says what would come of it. Nothing is kept.
 *
 * @throws {ServiceError} UPLOAD_REFUSED when the file is not what it says; too many rejects are an answer here
 */
export async function* checkUpload(
  kitchen: Kitchen,
  call: Call,
  request: uploads.CheckUploadRequest,
): AsyncGenerator<uploads.CheckUploadResponse, void> {
  const upload = await admitToUpload(kitchen, call, 'read-upload', request.uploadId);
  const dataset = await admitToDataset(kitchen, call, 'upload-snapshot', request.datasetId);
  await assertSynthetic(kitchen, [dataset.dataset_id]);
  expectReceived(upload);
  const terms = readTerms(dataset, request);
  const watched = watch((onProgress) =>
    onDisk(kitchen, { uploadId: upload.upload_id }, () =>
      check(kitchen, { call, dataset, terms, uploadId: upload.upload_id, onProgress }),
    ),
  );
  for await (const progress of follow(watched)) yield { part: { $case: 'progress', value: progress } };
  yield { part: { $case: 'outcome', value: await watched.settled } };
  await touchUpload(kitchen, upload.upload_id);
}

async function check(
  kitchen: Kitchen,
  of: {
    readonly call: Call;
    readonly dataset: DatasetRow;
    readonly terms: Terms;
    readonly uploadId: string;
    readonly onProgress: (progress: uploads.UploadProgress) => void;
  },
): Promise<uploads.UploadOutcome> {
  const { call, dataset, terms, onProgress } = of;
  const file = await openOriginal(kitchen, of.uploadId);
  const { rowCount, rejects, presentRows } = await checkPart(kitchen, {
    call,
    dataset,
    file,
    layout: terms.layout,
    // All rejects are counted, so that the owner can choose what to tolerate.
    maxRejects: 0,
    maxRejectShare: 1,
    onProgress: ({ rows, bytes }) =>
      onProgress({ rows: BigInt(rows), bytes: BigInt(bytes), of: BigInt(file.byteCount) }),
  });
  const columns = columnsOf(dataset.columns);
  const earlier = terms.mode === 'append' ? (await readSnapshots(kitchen, dataset.dataset_id)).at(-1) : undefined;
  const rejected = Number(rejects.rejectedCount);
  return {
    publishable: rejected <= Math.max(terms.maxRejects, terms.maxRejectShare * (rejected + rowCount)),
    mode: terms.mode === 'append' ? datasets.SnapshotMode.APPEND : datasets.SnapshotMode.REPLACE,
    rowCount: BigInt(rowCount),
    rowsAfter: BigInt(rowCount + (earlier?.row_count ?? 0)),
    rejects,
    identifiers: identifiersOf(columns).map(({ index }) => ({
      column: columns[index]?.name ?? '',
      rowCount: BigInt(presentRows[index] ?? 0),
    })),
  };
}
