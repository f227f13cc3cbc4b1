// Uploads as a client would send them that is not ours: in pieces, broken off, or against the contract.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { GalleyClient } from '../../cli/client/index.ts';
import { uploads } from '../../proto/index.ts';
import type { ServiceStage } from './service-stage.ts';

const CHUNK_BYTES = 262_144;
const NEVER_MS = 600_000;

/** SHA-256 of bytes. */
export function sha256Of(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

/** How bytes are handed to a stream. */
interface Pace {
  readonly chunkBytes?: number;
  /** The stream never ends by itself. */
  readonly isEndless?: boolean;
  /** There is time between the chunks. */
  readonly isSlow?: boolean;
  readonly onSent?: (byteCount: number) => void;
}

/** Bytes as a stream of chunks. */
export async function* bytesFrom(bytes: Uint8Array, pace: Pace = {}): AsyncGenerator<Uint8Array, void> {
  const { chunkBytes = CHUNK_BYTES, onSent } = pace;
  for (let from = 0; from < bytes.length; from += chunkBytes) {
    const chunk = bytes.subarray(from, from + chunkBytes);
    yield chunk;
    onSent?.(chunk.length);
    if (pace.isSlow === true) await sleep(2);
  }
  if (pace.isEndless === true) await sleep(NEVER_MS, undefined, { ref: false });
}

/** Sends bytes to an upload: a file from an offset on, or a stream that begins there. */
export async function sendBytes(
  client: GalleyClient['uploads'],
  uploadId: string,
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
  offset = 0,
): Promise<uploads.Upload> {
  const stream = bytes instanceof Uint8Array ? bytesFrom(bytes.subarray(offset)) : bytes;
  return await client.send(uploadId, offset, stream);
}

async function brandCall(stage: ServiceStage, onEnd: (error: ServiceError | null) => void) {
  const client = new uploads.UploadServiceClient(stage.service.address(), credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${await stage.token('brand')}`);
  const call = client.sendUpload(metadata, (error) => {
    client.close();
    onEnd(error);
  });
  call.on('error', () => {});
  return call;
}

/** Sends bytes from the beginning and then breaks the stream off. */
export async function brokenStream(stage: ServiceStage, uploadId: string, bytes: Uint8Array): Promise<void> {
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const call = await brandCall(stage, () => resolve());
  call.write({ part: { $case: 'header', value: { uploadId, offset: 0n } } });
  for (let from = 0; from < bytes.length; from += CHUNK_BYTES) {
    const value = bytes.subarray(from, from + CHUNK_BYTES);
    await new Promise<void>((written) => call.write({ part: { $case: 'chunk', value } }, () => written()));
  }
  // What has left this process is on its way; cancelling throws away what has not.
  await sleep(300);
  call.cancel();
  await ended;
}

/** Sends messages as they stand, and half-closes. */
export async function sendMessages(stage: ServiceStage, messages: readonly uploads.SendUploadRequest[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const call = await brandCall(stage, (error) => (error === null ? resolve() : reject(error)));
  for (const message of messages) call.write(message);
  call.end();
  await promise;
}
