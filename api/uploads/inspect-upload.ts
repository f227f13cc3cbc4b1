import type { uploads } from '../../proto/index.ts';
import { type FileSource, type JobLimits, WallError } from '../../sandbox/index.ts';
import {
  assertSynthetic,
  columnMessage,
  type DatasetColumn,
  layoutMessage,
  openOriginal,
  readLayout,
  UPLOAD_REFUSALS,
  wallLayoutOf,
} from '../datasets/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { beginCallWork, type Kitchen } from '../kitchen/index.ts';
import { onDisk } from './storage-failure.ts';
import { admitToUpload, touchUpload, type UploadRow } from './upload-record.ts';

/** Longest time to look into a file: its first rows, and whatever stands at its end. */
const MAX_LOOKING_MS = 60_000;
/** A look that found no worker may be taken again so soon. */
const RETRY_AFTER_MS = 5_000;

/**
 * Finds out from what has arrived of a file how it is written and what its columns are.
 *
 * @throws {ServiceError} UPLOAD_REFUSED when it is not what the request says it is
 */
export async function inspectUpload(
  kitchen: Kitchen,
  call: Call,
  request: uploads.InspectUploadRequest,
): Promise<uploads.InspectUploadResponse> {
  const upload = await admitToUpload(kitchen, call, 'read-upload', request.uploadId);
  await expectMadeUp(kitchen, upload);
  const { layout: said } = request;
  if (said !== undefined) readLayout(said);
  const layout = said === undefined ? undefined : wallLayoutOf(said);
  const known = layout === undefined ? {} : { layout };
  const limits = beginCallWork(kitchen, call, { maxMs: MAX_LOOKING_MS }).nextJob();
  const found = await onDisk(kitchen, { uploadId: upload.upload_id }, async () =>
    inspect(kitchen, { known, file: await openOriginal(kitchen, upload.upload_id), limits }),
  );
  await touchUpload(kitchen, upload.upload_id);
  return {
    layout: layoutMessage(found.layout),
    columns: found.columns.map((column) => ({
      column: columnMessage(columnOf(column)),
      fitShare: column.fitPermille / 1000,
    })),
    sampledRows: BigInt(found.rowCount),
    encodingGuessed: found.isEncodingGuessed,
    furtherColumnCount: found.furtherColumnCount,
  };
}

/** On the development wall a file may be looked into only when it is for a dataset that is declared made up. */
async function expectMadeUp(kitchen: Kitchen, upload: UploadRow): Promise<void> {
  if (!kitchen.wall.isForDevelopment) return;
  if (upload.dataset_id !== null) return await assertSynthetic(kitchen, [upload.dataset_id]);
  const message =
    'this service has the development wall and looks into made-up data only; begin the upload for a dataset that is declared synthetic';
  throw new ServiceError('SYNTHETIC_ONLY', message, { metadata: { owner: upload.member } });
}

async function inspect(
  kitchen: Kitchen,
  job: { readonly known: Parameters<Kitchen['receiver']['inspect']>[0]; file: FileSource; limits: JobLimits },
): ReturnType<Kitchen['receiver']['inspect']> {
  try {
    return await kitchen.receiver.inspect(job.known, job.file, job.limits);
  } catch (cause) {
    if (!(cause instanceof WallError)) throw cause;
    if (cause.code === 'WALL_BUSY')
      throw new ServiceError('BUSY', 'no worker is free', { retryAfterMs: RETRY_AFTER_MS });
    if (cause.code !== 'INPUT_REFUSED') throw new ServiceError('RUN_FAILED', 'the look into the file was not finished');
    const reason = cause.reason ?? 'unreadable';
    throw new ServiceError('UPLOAD_REFUSED', UPLOAD_REFUSALS[reason], { metadata: { reason } });
  }
}

type Found = Awaited<ReturnType<Kitchen['receiver']['inspect']>>['columns'][number];

function columnOf({ source, name, kind, scale, form, nullable }: Found): DatasetColumn {
  return {
    name,
    kind,
    scale,
    nullable,
    defaultRegion: '',
    source: source === name ? '' : source,
    hashed: form === 'hashed',
    customKind: '',
  };
}
