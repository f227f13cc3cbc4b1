// The worker's two descriptors, read and written synchronously: a worker has one job, nothing else wants its
// thread, and a blocking write is back-pressure without a line of code.
import * as fs from 'node:fs';

import { decodeFrameHeader, encodeFrameHeader, FRAME_HEADER_BYTES, FrameError } from '../wire/frames.ts';
import {
  decodeHostMessage,
  encodeWorkerMessage,
  type HostMessage,
  maxHostFrameBytes,
  type WorkerMessage,
} from '../wire/messages.ts';

const REQUEST_FD = 0;
const ANSWER_FD = 3;

/**
 * Reads the next message of the host; waits for it.
 *
 * @throws {FrameError} when the host has gone
 */
export function receive(): HostMessage {
  const { type, payloadBytes } = decodeFrameHeader(readExactly(FRAME_HEADER_BYTES), maxHostFrameBytes);
  return decodeHostMessage({ type, payload: readExactly(payloadBytes) });
}

/** Says one thing to the host; waits until it is written. */
export function answer(message: WorkerMessage): void {
  const { type, payload } = encodeWorkerMessage(message);
  writeAll(encodeFrameHeader(type, payload.byteLength));
  writeAll(payload);
}

/** Reads the chunks of a job until its end. */
export function* receiveChunks(): Generator<{ table: number; column: number; bytes: Uint8Array }> {
  for (;;) {
    const message = receive();
    if (message.kind === 'end') return;
    if (message.kind !== 'chunk') throw new FrameError('a chunk was expected');
    yield message;
  }
}

function readExactly(byteCount: number): Uint8Array {
  const bytes = new Uint8Array(byteCount);
  for (let at = 0; at < byteCount; ) {
    const readCount = fs.readSync(REQUEST_FD, bytes, at, byteCount - at, null);
    if (readCount === 0) throw new FrameError('the host has gone');
    at += readCount;
  }
  return bytes;
}

function writeAll(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; ) at += fs.writeSync(ANSWER_FD, bytes, at);
}
