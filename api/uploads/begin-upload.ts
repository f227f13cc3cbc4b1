import type { uploads } from '../../proto/index.ts';
import { admitToDataset, assertSynthetic, inTurn, sealFileName } from '../datasets/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, newId, record } from '../kitchen/index.ts';
import { expectDiskRoom, expectMemberRoom, expectOneMore } from './staging-room.ts';
import { committedOf, touchUpload, type UploadRow, uploadMessage, uploadSubject } from './upload-record.ts';

/** Largest upload: a hundred million rows of six hundred bytes. */
export const MAX_UPLOAD_BYTES = 64 * 1024 ** 3;
/** Longest name a client may choose for an upload. */
const MAX_REQUEST_ID_CHARS = 128;
/** Longest name of a file. */
const MAX_FILE_NAME_CHARS = 255;
/** Bytes of a SHA-256. */
const SHA256_BYTES = 32;

/**
 * Begins an upload, or finds the one of that name.
 *
 * @throws {ServiceError} CONFLICT when the name belongs to an upload of other bytes; STAGING_FULL, BUSY
 */
export async function beginUpload(
  kitchen: Kitchen,
  call: Call,
  request: uploads.BeginUploadRequest,
): Promise<uploads.BeginUploadResponse> {
  const { principal } = call;
  const decision = kitchen.authorizer.authorize({ principal, nowMs: kitchen.nowMs(), action: 'begin-upload' });
  if (!decision.allowed) throw new ServiceError('PERMISSION_DENIED', 'your role may not upload');
  expectFields(request);
  if (request.datasetId !== '') {
    await admitToDataset(kitchen, call, 'upload-snapshot', request.datasetId);
    await assertSynthetic(kitchen, [request.datasetId]);
  }
  // In turn, so that two begins of one name at the same moment are one upload, and no member passes its limit.
  return await inTurn(JSON.stringify(['begin-upload', principal.member]), async () => {
    const known = await findByName(kitchen, principal.member, request.requestId);
    const uploadId = known === undefined ? await insert(kitchen, call, request) : await goOn(kitchen, known, request);
    return { upload: await uploadMessage(kitchen, uploadId) };
  });
}

function expectFields(request: uploads.BeginUploadRequest): void {
  const { requestId, fileName, declaredBytes, sha256 } = request;
  if (requestId === '' || requestId.length > MAX_REQUEST_ID_CHARS) {
    throw new ServiceError('INVALID_REQUEST', `\`request_id\` must have 1 to ${MAX_REQUEST_ID_CHARS} characters`);
  }
  if (fileName.length > MAX_FILE_NAME_CHARS) {
    throw new ServiceError('INVALID_REQUEST', `\`file_name\` has at most ${MAX_FILE_NAME_CHARS} characters`);
  }
  if (declaredBytes > BigInt(MAX_UPLOAD_BYTES)) {
    throw new ServiceError('INVALID_REQUEST', `an upload has at most ${MAX_UPLOAD_BYTES} bytes; split the file`);
  }
  if (sha256.length !== 0 && sha256.length !== SHA256_BYTES) {
    throw new ServiceError('INVALID_REQUEST', `\`sha256\` must have ${SHA256_BYTES} bytes, or none`);
  }
}

async function findByName(kitchen: Kitchen, member: string, requestId: string): Promise<UploadRow | undefined> {
  return await kitchen.store.db
    .selectFrom('uploads')
    .selectAll()
    .where('member', '=', member)
    .where('request_id', '=', requestId)
    .executeTakeFirst();
}

async function insert(kitchen: Kitchen, call: Call, request: uploads.BeginUploadRequest): Promise<string> {
  const { member } = call.principal;
  const declared = Number(request.declaredBytes);
  await expectOneMore(kitchen, member);
  await expectMemberRoom(kitchen, member, declared);
  await expectDiskRoom(kitchen, declared);
  const nowMs = kitchen.nowMs();
  const uploadId = newId('up');
  const datasetId = request.datasetId === '' ? null : request.datasetId;
  const row: UploadRow = {
    upload_id: uploadId,
    member,
    request_id: request.requestId,
    file_name: sealFileName(kitchen.vault, uploadId, request.fileName),
    dataset_id: datasetId,
    declared_bytes: declared === 0 ? null : declared,
    declared_sha256: request.sha256.length === 0 ? null : Buffer.from(request.sha256).toString('hex'),
    received_sha256: null,
    state: 'receiving',
    snapshot_id: null,
    created_at_ms: nowMs,
    touched_at_ms: nowMs,
  };
  await record(kitchen, { kind: 'upload-begun', call, collaboration: null, subject: uploadSubject(row) });
  await kitchen.store.db.insertInto('uploads').values(row).execute();
  return uploadId;
}

/** What is said again must be the same; what was left open may be said now. */
async function goOn(kitchen: Kitchen, known: UploadRow, request: uploads.BeginUploadRequest): Promise<string> {
  const sha256 = request.sha256.length === 0 ? null : Buffer.from(request.sha256).toString('hex');
  const declared = request.declaredBytes === 0n ? null : Number(request.declaredBytes);
  const isOther = (said: unknown, now: unknown) => said !== null && now !== null && said !== now;
  const digest = known.received_sha256 ?? known.declared_sha256;
  if (isOther(digest, sha256) || isOther(known.declared_bytes, declared)) {
    throw new ServiceError(
      'CONFLICT',
      '`request_id` was used for another file; choose a new one, or abandon that upload',
    );
  }
  if (known.state !== 'receiving') {
    if (known.state === 'received') await touchUpload(kitchen, known.upload_id);
    return known.upload_id;
  }
  const { bytes } = await committedOf(kitchen, known.upload_id);
  if (declared !== null && declared < bytes) {
    throw new ServiceError('CONFLICT', 'more bytes have arrived than the file is said to have; abandon the upload');
  }
  await kitchen.store.db
    .updateTable('uploads')
    .set({
      declared_bytes: declared ?? known.declared_bytes,
      declared_sha256: sha256 ?? known.declared_sha256,
      touched_at_ms: kitchen.nowMs(),
    })
    .where('upload_id', '=', known.upload_id)
    .execute();
  return known.upload_id;
}
