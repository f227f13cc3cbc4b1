import type { Selectable } from 'kysely';
import { uploads } from '../../proto/index.ts';
import type { UploadAction } from '../authorize/index.ts';
import { openFileName } from '../datasets/index.ts';
import { accessRefused, type Call, notFound, ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Tables } from '../store/index.ts';

/** An upload as stored. */
export type UploadRow = Selectable<Tables['uploads']>;

const STATES: Readonly<Record<UploadRow['state'], uploads.UploadState>> = {
  receiving: uploads.UploadState.RECEIVING,
  received: uploads.UploadState.RECEIVED,
  published: uploads.UploadState.PUBLISHED,
};

/** Lets a member at its upload. @throws {ServiceError} NOT_FOUND to everybody else */
export async function admitToUpload(
  kitchen: Kitchen,
  call: Call,
  action: UploadAction,
  uploadId: string,
): Promise<UploadRow> {
  const row = await findUpload(kitchen, uploadId);
  if (row === undefined) throw notFound('upload');
  const upload = { uploadId, member: row.member };
  const decision = kitchen.authorizer.authorize({
    principal: call.principal,
    nowMs: kitchen.nowMs(),
    action,
    upload,
  });
  if (decision.allowed) return row;
  throw accessRefused({ thing: 'upload', id: uploadId, isVisible: decision.isVisible });
}

/** An upload by its id, as it stands now. */
export async function findUpload(kitchen: Kitchen, uploadId: string): Promise<UploadRow | undefined> {
  return await kitchen.store.db.selectFrom('uploads').selectAll().where('upload_id', '=', uploadId).executeTakeFirst();
}

/** The bytes of an upload that are on the disk, and the pieces they came in. */
export async function committedOf(
  kitchen: Kitchen,
  uploadId: string,
): Promise<{ readonly bytes: number; readonly segmentCount: number }> {
  const { bytes, segmentCount } = await kitchen.store.db
    .selectFrom('original_segments')
    .select(({ fn }) => [fn.sum<number | null>('byte_count').as('bytes'), fn.countAll<number>().as('segmentCount')])
    .where('original_id', '=', uploadId)
    .executeTakeFirstOrThrow();
  return { bytes: bytes ?? 0, segmentCount };
}

/** Notes that somebody goes on with an upload, so that it does not expire meanwhile. */
export async function touchUpload(kitchen: Kitchen, uploadId: string): Promise<void> {
  await kitchen.store.db
    .updateTable('uploads')
    .set({ touched_at_ms: kitchen.nowMs() })
    .where('upload_id', '=', uploadId)
    .execute();
}

/** An upload as its member reads it. */
export async function uploadMessage(kitchen: Kitchen, uploadId: string): Promise<uploads.Upload> {
  const row = await findUpload(kitchen, uploadId);
  if (row === undefined) throw notFound('upload');
  const isPublished = row.state === 'published';
  return {
    uploadId: row.upload_id,
    requestId: row.request_id,
    fileName: openFileName(kitchen.vault, row.upload_id, row.file_name),
    state: STATES[row.state],
    committedBytes: BigInt((await committedOf(kitchen, row.upload_id)).bytes),
    declaredBytes: BigInt(row.declared_bytes ?? 0),
    datasetId: row.dataset_id ?? '',
    snapshotId: row.snapshot_id ?? '',
    createdAt: new Date(row.created_at_ms),
    expiresAt: isPublished ? undefined : new Date(row.touched_at_ms + kitchen.config.limits.uploadLifeMs),
  };
}

/** Expects an upload that can be read whole. @throws {ServiceError} INVALID_REQUEST when bytes are still to come */
export function expectReceived(upload: UploadRow): void {
  if (upload.state !== 'receiving') return;
  throw new ServiceError('INVALID_REQUEST', 'the upload is not complete; send the rest, and complete it');
}

/** What the log says of an upload. */
export function uploadSubject({ upload_id, dataset_id }: UploadRow): Record<string, string> {
  return { upload: upload_id, ...(dataset_id === null ? {} : { dataset: dataset_id }) };
}
