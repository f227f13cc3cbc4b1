import type { uploads } from '../../proto/index.ts';
import { appendToOriginal, removeOriginal } from '../datasets/index.ts';
import { type Call, race, ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { MAX_UPLOAD_BYTES } from './begin-upload.ts';
import type { RunningDigests } from './running-digests.ts';
import type { Senders } from './senders.ts';
import { expectDiskRoom, expectMemberRoom } from './staging-room.ts';
import { onDisk } from './storage-failure.ts';
import { admitToUpload, committedOf, findUpload, touchUpload, type UploadRow, uploadMessage } from './upload-record.ts';

/** Most bytes of one message, as the contract says. */
const MAX_CHUNK_BYTES = 1_048_576;
/** Bytes after which room is asked for again: much less than the reserve, for many may send at once. */
const ROOM_STEP_BYTES = 16 * 1_048_576;
/** Most pieces of one upload: twice what the largest has, as each stream that breaks off leaves a smaller one. */
const MAX_SEGMENTS_COUNT = 16_384;

type Requests = AsyncIterator<uploads.SendUploadRequest>;

/** What the bytes of uploads are received with. */
export interface Receiving {
  readonly senders: Senders;
  readonly digests: RunningDigests;
}

/**
 * Receives bytes where the upload ends so far. Whatever ends the stream, what has arrived is sealed and stays.
 *
 * @throws {ServiceError} WRONG_OFFSET naming the right one; TAKEN_OVER when another call comes
 */
export async function sendUpload(
  kitchen: Kitchen,
  { senders, digests }: Receiving,
  call: Call,
  requests: AsyncIterable<uploads.SendUploadRequest>,
): Promise<uploads.SendUploadResponse> {
  const parts = requests[Symbol.asyncIterator]();
  const { uploadId, offset } = await readHeader(parts);
  await admitToUpload(kitchen, call, 'send-upload', uploadId);
  return await senders.takeOver(uploadId, async (signal) => {
    const upload = await findUpload(kitchen, uploadId);
    if (upload?.state !== 'receiving') throw closed();
    const committed = await committedOf(kitchen, uploadId);
    if (offset !== BigInt(committed.bytes)) throw wrongOffset(committed.bytes);
    if (committed.segmentCount >= MAX_SEGMENTS_COUNT) {
      throw new ServiceError('STAGING_FULL', 'the upload was broken off too often; abandon it, and send it again');
    }
    await receive(kitchen, { upload, digests, committedBytes: committed.bytes }, chunksOf(parts, signal));
    return { upload: await uploadMessage(kitchen, uploadId) };
  });
}

async function readHeader(parts: Requests): Promise<uploads.SendHeader> {
  const first = await parts.next();
  const part = first.done ? undefined : first.value.part;
  if (part?.$case !== 'header') throw new ServiceError('INVALID_REQUEST', 'the first message must carry the header');
  return part.value;
}

function closed(): ServiceError {
  return new ServiceError('CONFLICT', 'the upload takes no more bytes');
}

function wrongOffset(bytes: number): ServiceError {
  const message = `the upload ends at ${bytes} so far; go on from there`;
  return new ServiceError('WRONG_OFFSET', message, { metadata: { offset: String(bytes) } });
}

async function receive(
  kitchen: Kitchen,
  of: { readonly upload: UploadRow; readonly digests: RunningDigests; readonly committedBytes: number },
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const { upload, digests, committedBytes } = of;
  const { upload_id: uploadId } = upload;
  const running = digests.take(uploadId, committedBytes);
  async function* bounded(): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of withinBounds(kitchen, upload, { committedBytes, chunks })) {
      running?.hash.update(chunk);
      if (running !== undefined) running.byteCount += chunk.length;
      yield chunk;
    }
  }
  await onDisk(kitchen, { uploadId }, async () => {
    try {
      await appendToOriginal(kitchen, uploadId, bounded());
    } finally {
      const { bytes } = await committedOf(kitchen, uploadId);
      if (running?.byteCount === bytes) digests.keep(uploadId, running);
      await touchUpload(kitchen, uploadId);
      // Erased while its bytes came in: nothing names them any more.
      if ((await findUpload(kitchen, uploadId)) === undefined) await removeOriginal(kitchen, uploadId);
    }
  });
}

async function* withinBounds(
  kitchen: Kitchen,
  { upload_id: uploadId, member, declared_bytes: declared }: UploadRow,
  { committedBytes, chunks }: { readonly committedBytes: number; readonly chunks: AsyncIterable<Uint8Array> },
): AsyncGenerator<Uint8Array, void> {
  const most = declared ?? MAX_UPLOAD_BYTES;
  let total = committedBytes;
  let checkedTo = committedBytes;
  for await (const chunk of chunks) {
    if (total + chunk.length > most) {
      throw new ServiceError('INVALID_REQUEST', `the upload has at most ${most} bytes, as was said or is allowed`);
    }
    if (total + chunk.length > checkedTo) {
      if ((await findUpload(kitchen, uploadId)) === undefined) throw closed();
      const step = Math.min(ROOM_STEP_BYTES, most - total);
      // Of a file whose size nobody has said no more than what is here can be asked.
      await expectMemberRoom(kitchen, member, declared === null ? chunk.length : step);
      await expectDiskRoom(kitchen, step);
      checkedTo = total + step;
    }
    total += chunk.length;
    yield chunk;
  }
}

/** The bytes of a stream, until its end is said or another call takes the upload over. */
async function* chunksOf(parts: Requests, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  while (true) {
    const next = await race(parts.next(), signal);
    const part = next.done ? undefined : next.value.part;
    if (part?.$case === 'end') return;
    // A client that dies looks to HTTP/2 like one that is done; only its own word tells them apart.
    if (next.done) throw new ServiceError('INVALID_REQUEST', 'the stream ended without `end`; what arrived is kept');
    if (part?.$case !== 'chunk') throw new ServiceError('INVALID_REQUEST', 'only the first message carries a header');
    if (part.value.length > MAX_CHUNK_BYTES) {
      throw new ServiceError('INVALID_REQUEST', `a chunk has at most ${MAX_CHUNK_BYTES} bytes`);
    }
    yield part.value;
  }
}
