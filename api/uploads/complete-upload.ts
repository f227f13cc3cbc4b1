import { createHash } from 'node:crypto';
import type { uploads } from '../../proto/index.ts';
import { openOriginal } from '../datasets/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { follow, watch } from './progress.ts';
import type { Receiving } from './send-upload.ts';
import { onDisk } from './storage-failure.ts';
import { admitToUpload, committedOf, findUpload, uploadMessage } from './upload-record.ts';

/**
 * Compares what was received with what was sent, and closes the upload to more bytes.
 *
 * @throws {ServiceError} WRONG_OFFSET when bytes are missing, UPLOAD_REFUSED when they are others
 */
export async function* completeUpload(
  kitchen: Kitchen,
  receiving: Receiving,
  call: Call,
  request: uploads.CompleteUploadRequest,
): AsyncGenerator<uploads.CompleteUploadResponse, void> {
  const { upload_id: uploadId } = await admitToUpload(kitchen, call, 'send-upload', request.uploadId);
  const watched = watch((onProgress) =>
    receiving.senders.takeOver(uploadId, (signal) =>
      onDisk(kitchen, { uploadId }, () => compare(kitchen, receiving, { request, onProgress, signal })),
    ),
  );
  for await (const progress of follow(watched)) yield { part: { $case: 'progress', value: progress } };
  await watched.settled;
  yield { part: { $case: 'upload', value: await uploadMessage(kitchen, uploadId) } };
}

async function compare(
  kitchen: Kitchen,
  { digests }: Receiving,
  of: {
    readonly request: uploads.CompleteUploadRequest;
    readonly onProgress: (progress: uploads.UploadProgress) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { uploadId, byteCount, sha256 } = of.request;
  const upload = await findUpload(kitchen, uploadId);
  if (upload === undefined) throw new ServiceError('CONFLICT', 'the upload was abandoned meanwhile');
  const sent = Buffer.from(sha256).toString('hex');
  if (upload.state !== 'receiving') {
    if (upload.received_sha256 === sent) return;
    throw new ServiceError('CONFLICT', '`request_id` was used for other bytes; choose a new one');
  }
  const { bytes } = await committedOf(kitchen, uploadId);
  if (byteCount !== BigInt(bytes)) {
    const message = `${bytes} bytes have arrived of ${byteCount}; send the rest, or begin another upload`;
    throw new ServiceError('WRONG_OFFSET', message, { metadata: { offset: String(bytes) } });
  }
  const running = digests.take(uploadId, bytes);
  if (running !== undefined) digests.keep(uploadId, running);
  const received = running?.hash.copy().digest('hex') ?? (await digestOfReceived(kitchen, of));
  expectDigest(received, sent);
  if (upload.declared_sha256 !== null) expectDigest(upload.declared_sha256, received);
  await kitchen.store.db
    .updateTable('uploads')
    .set({ state: 'received', received_sha256: received, touched_at_ms: kitchen.nowMs() })
    .where('upload_id', '=', uploadId)
    .where('state', '=', 'receiving')
    .execute();
}

function expectDigest(received: string, sent: string): void {
  if (received === sent) return;
  const message = 'the bytes received are not the bytes sent; abandon the upload, and send the file again';
  throw new ServiceError('UPLOAD_REFUSED', message, { metadata: { reason: 'digest' } });
}

/** What lies sealed, hashed: after a restart nothing else knows it. */
async function digestOfReceived(kitchen: Kitchen, of: Parameters<typeof compare>[2]): Promise<string> {
  const file = await openOriginal(kitchen, of.request.uploadId);
  const hash = createHash('sha256');
  let read = 0;
  for await (const bytes of file.read(0)) {
    of.signal.throwIfAborted();
    hash.update(bytes);
    read += bytes.length;
    of.onProgress({ rows: 0n, bytes: BigInt(read), of: BigInt(file.byteCount) });
  }
  return hash.digest('hex');
}
