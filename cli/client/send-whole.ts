import { setTimeout as sleep } from 'node:timers/promises';
import { uploads } from '../../proto/index.ts';
import { isServiceError, readRefusal } from '../refusal.ts';
import type { Patience } from './patience.ts';
import type { UploadClient } from './upload-client.ts';
import type { UploadSource } from './upload-source.ts';

/** How often an upload that another call goes on with is looked at. */
const lookEveryMs = 300;
/** Looks without a new byte after which the other one counts as gone. */
const idleLooksCount = 200;

/** How a file is sent. */
export interface Sending {
  readonly client: UploadClient;
  readonly source: UploadSource;
  readonly patience: Patience;
  /** Is told where in the file sending is. */
  readonly onPosition?: (position: number) => void;
}

/**
 * Sends what is missing of an upload, through every interruption, and has it compared whole.
 *
 * What the service has is never sent again: after each failure it says itself where to go on.
 */
export async function sendWhole(begun: uploads.Upload, sending: Sending): Promise<uploads.Upload> {
  const { client, source, patience } = sending;
  const { uploadId } = begun;
  let upload = begun;
  while (true) {
    if (upload.state === uploads.UploadState.RECEIVING) upload = await sendMissing(upload, sending);
    const whole = await source.digest();
    try {
      return await client.complete({ uploadId, ...whole });
    } catch (error) {
      if (offsetIn(error) === undefined) await pauseAfter(error, uploadId, sending);
      upload = await patience.until(() => client.get(uploadId));
      if (offsetIn(error) !== undefined && upload.committedBytes >= whole.byteCount) throw error;
    }
  }
}

/** Sends from where the service is to the end of the source, and does not say that this was all. */
export async function sendMissing(begun: uploads.Upload, sending: Sending): Promise<uploads.Upload> {
  const { client, source, patience, onPosition } = sending;
  const { uploadId } = begun;
  let upload = begun;
  let offset = Number(begun.committedBytes);
  while (upload.state === uploads.UploadState.RECEIVING) {
    try {
      return await client.send(uploadId, offset, counted(source.read(offset), offset, onPosition));
    } catch (error) {
      const right = offsetIn(error);
      if (right === undefined) {
        await pauseAfter(error, uploadId, sending);
        upload = await patience.until(() => client.get(uploadId));
      }
      const next = right ?? Number(upload.committedBytes);
      if (next > offset) patience.reset();
      offset = next;
    }
  }
  return upload;
}

// Another call has the upload: as long as it gets on it is let go on, for two that take turns would both stand still.
async function pauseAfter(error: unknown, uploadId: string, { client, patience }: Sending): Promise<void> {
  if (!isServiceError(error) || readRefusal(error).reason !== 'TAKEN_OVER') return await patience.wait(error);
  let committed = -1n;
  for (let idle = 0; idle < idleLooksCount; idle += 1) {
    const upload = await patience.until(() => client.get(uploadId));
    if (upload.state !== uploads.UploadState.RECEIVING) return;
    if (upload.committedBytes > committed) idle = 0;
    committed = upload.committedBytes;
    await sleep(lookEveryMs);
  }
}

function offsetIn(error: unknown): number | undefined {
  if (!isServiceError(error)) return undefined;
  const { reason, metadata } = readRefusal(error);
  return reason === 'WRONG_OFFSET' ? Number(metadata.offset) : undefined;
}

async function* counted(
  bytes: AsyncIterable<Uint8Array>,
  from: number,
  onPosition: Sending['onPosition'],
): AsyncIterable<Uint8Array> {
  let position = from;
  onPosition?.(position);
  for await (const piece of bytes) {
    yield piece;
    position += piece.length;
    onPosition?.(position);
  }
}
