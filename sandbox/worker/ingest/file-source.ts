// The uploaded file as the worker sees it: ranges that it wants are answered in order, so that those of a read-ahead may
// be on their way while others are read. All of it is synchronous, as the channel is.
import { FrameError } from '../../wire/frames.ts';
import { type HostMessage, MAX_WANTED_BYTES, type WorkerMessage } from '../../wire/messages.ts';
import { answer, receive } from '../channel.ts';

/** Bytes wanted at once when a file is read from front to back. */
const AHEAD_BYTES = 2_097_152;

/** Ranges wanted ahead: while one is worked on the next is on its way, and the host opens the one after it. */
const AHEAD_COUNT = 3;

/** A file that can be read from any place. */
export interface UploadedFile {
  readonly byteCount: number;
  /** The bytes from `from` to the end, in parts, with the next ones on their way. */
  bytes(from: number): Generator<Uint8Array, void, undefined>;
  /** The bytes from `from` to before `to`, in one piece of memory of their own; waits for them. */
  range(from: number, to: number): Uint8Array;
}

/** A range that has been asked for, and what has come of it. */
interface Wanted {
  missingBytes: number;
  parts: Uint8Array[];
  /** Nobody waits for it any longer: what comes of it is dropped. */
  isDropped: boolean;
}

/** The way to the host and back. */
export interface HostChannel {
  answer(message: WorkerMessage): void;
  receive(): HostMessage;
}

/**
 * Opens the file of the worker's one job.
 *
 * @param channel the worker's own when left out
 */
export function openUploadedFile(byteCount: number, channel: HostChannel = { answer, receive }): UploadedFile {
  return new WantedFile(byteCount, channel);
}

class WantedFile implements UploadedFile {
  readonly byteCount: number;
  readonly #channel: HostChannel;
  /** In the order in which they are answered. */
  readonly #waiting: Wanted[] = [];

  constructor(byteCount: number, channel: HostChannel) {
    this.byteCount = byteCount;
    this.#channel = channel;
  }

  *bytes(from: number): Generator<Uint8Array, void, undefined> {
    const ahead: Wanted[] = [];
    try {
      for (let next = from; ahead.length > 0 || next < this.byteCount; ) {
        for (; ahead.length < AHEAD_COUNT && next < this.byteCount; next += AHEAD_BYTES) {
          ahead.push(this.#want(next, Math.min(next + AHEAD_BYTES, this.byteCount)));
        }
        const first = ahead[0] as Wanted;
        for (let part = this.#nextPart(first); part !== undefined; part = this.#nextPart(first)) yield part;
        ahead.shift();
      }
    } finally {
      for (const wanted of ahead) wanted.isDropped = true;
    }
  }

  range(from: number, to: number): Uint8Array {
    const bytes = new Uint8Array(to - from);
    const wanted: Wanted[] = [];
    let at = 0;
    for (let next = from; wanted.length > 0 || next < to; ) {
      for (; wanted.length < AHEAD_COUNT && next < to; next += MAX_WANTED_BYTES) {
        wanted.push(this.#want(next, Math.min(next + MAX_WANTED_BYTES, to)));
      }
      const first = wanted.shift() as Wanted;
      for (let part = this.#nextPart(first); part !== undefined; part = this.#nextPart(first)) {
        bytes.set(part, at);
        at += part.byteLength;
      }
    }
    return bytes;
  }

  #want(from: number, to: number): Wanted {
    this.#channel.answer({ kind: 'want', from, to });
    const wanted = { missingBytes: to - from, parts: [], isDropped: false };
    this.#waiting.push(wanted);
    return wanted;
  }

  // What comes belongs to whoever asked first; that may be another reader, whose parts are kept for it.
  #nextPart(wanted: Wanted): Uint8Array | undefined {
    while (wanted.parts.length === 0 && wanted.missingBytes > 0) {
      const message = this.#channel.receive();
      const first = this.#waiting[0];
      if (message.kind !== 'bytes' || first === undefined) throw new FrameError('file bytes were expected');
      first.missingBytes -= message.bytes.byteLength;
      if (first.missingBytes < 0) throw new FrameError('more bytes came than were wanted');
      if (!first.isDropped) first.parts.push(message.bytes);
      if (first.missingBytes === 0) this.#waiting.shift();
    }
    return wanted.parts.shift();
  }
}
