// The worker's two descriptors, read and written synchronously: a worker has one job, nothing else wants its
// thread, and a blocking write is back-pressure without a line of code.
import * as fs from 'node:fs';

import {
  decodeFrameHeader,
  encodeFrameHeader,
  FRAME_HEADER_BYTES,
  FrameError,
  PAYLOAD_OFFSET_BYTES,
} from '../wire/frames.ts';
import {
  decodeHostMessage,
  encodeWorkerMessage,
  type HostMessage,
  maxHostFrameBytes,
  type WorkerMessage,
} from '../wire/messages.ts';

const REQUEST_FD = 0;
const ANSWER_FD = 3;

const header = new Uint8Array(FRAME_HEADER_BYTES);

/**
 * Reads the next message of the host; waits for it.
 *
 * @param memoryFor gives the memory that its bytes are read into, at least as long
 * @throws {FrameError} when the host has gone
 */
export function receive(memoryFor = newMemory): HostMessage {
  const { type, payloadBytes } = decodeFrameHeader(readInto(header), maxHostFrameBytes);
  const memory = memoryFor(PAYLOAD_OFFSET_BYTES + payloadBytes);
  return decodeHostMessage({ type, payload: readInto(new Uint8Array(memory, PAYLOAD_OFFSET_BYTES, payloadBytes)) });
}

/** Says one thing to the host; waits until it is written. */
export function answer(message: WorkerMessage): void {
  const { type, payload } = encodeWorkerMessage(message);
  writeAll(encodeFrameHeader(type, payload.byteLength));
  writeAll(payload);
}

/**
 * Reads the texts of the next dictionary, part by part; there are as many parts as it takes.
 *
 * @throws {FrameError} when another dictionary's come
 */
export function* receiveWords(dictionary: number): Generator<Uint8Array, void, undefined> {
  for (;;) {
    const message = receive();
    if (message.kind !== 'words' || message.dictionary !== dictionary) throw new FrameError('texts were expected');
    yield message.bytes;
  }
}

/**
 * Reads the chunks of the next tables: of a whole job, or of one shard.
 *
 * @param end the word that they end with
 * @param memoryFor see {@link receive}
 */
export function* receiveTables(
  end: 'end' | 'shard',
  memoryFor: (byteCount: number) => ArrayBuffer,
): Generator<{ table: number; column: number; bytes: Uint8Array }> {
  for (;;) {
    const message = receive(memoryFor);
    if (message.kind === end) return;
    if (message.kind !== 'chunk') throw new FrameError('a chunk was expected');
    yield message;
  }
}

/** Reads the end of everything the host has to say. */
export function expectEnd(): void {
  if (receive().kind !== 'end') throw new FrameError('the end was expected');
}

/** One chunk of a column of a table. */
export interface ReceivedChunk {
  readonly table: number;
  readonly column: number;
  readonly bytes: Uint8Array;
}

/** Reads the chunks of a job until its end. */
export function* receiveChunks(): Generator<ReceivedChunk> {
  for (;;) {
    const message = receive();
    if (message.kind === 'end') return;
    if (message.kind !== 'chunk') throw new FrameError('a chunk was expected');
    yield message;
  }
}

// Not set to zero first: every byte is read before anybody sees one.
function newMemory(byteCount: number): ArrayBuffer {
  return Buffer.allocUnsafeSlow(byteCount).buffer as ArrayBuffer;
}

function readInto(bytes: Uint8Array): Uint8Array {
  const byteCount = bytes.byteLength;
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
