// A worker reads its file in whatever order the format needs, and the host opens seals for it: what it may want is
// bounded here, so that an exploited parser cannot keep the host opening seals for ever.
import { type FileSource, WallError } from '../wall.ts';
import { type FileRange, type HostMessage, MAX_WAITING_WANTS_COUNT, MAX_WANTED_BYTES } from '../wire/messages.ts';
import { fail } from './output-gate.ts';

/** Bytes sent at once: large enough to be cheap, small enough that progress moves. */
const SENT_PART_BYTES = 1_048_576;

/**
 * What may be opened and sent in all, as so many times the file: a table of many columns is read at many places at once,
 * and each place opens the whole segment that it lies in.
 */
const MAX_READ_RATIO = 16;

/** What may always be read, however small the file: a few segments. */
const FREE_READ_BYTES = 134_217_728;

/** Opened bytes kept for the next want: the segments in which the columns of a row group lie side by side. */
const MAX_KEPT_BYTES = 33_554_432;

/**
 * Where a read of the source begins: a multiple of this, so that places side by side fall into the same parts. It is the
 * length of a sealed segment.
 */
const READ_STEP_BYTES = 8_388_608;

interface Part {
  start: number;
  bytes: Uint8Array;
}

/** Serves the ranges of a file that one worker wants, in the order of its wants. */
export class RangeServer {
  readonly #byteCount: number;
  readonly #parts: PartReader;
  readonly #waiting: FileRange[] = [];
  #wake: () => void = () => {};
  #isClosed = false;
  #wantedBytes = 0;

  constructor(file: FileSource) {
    this.#byteCount = file.byteCount;
    this.#parts = new PartReader(file);
  }

  /** Whether anything of the file has been sent. */
  get hasBegun(): boolean {
    return this.#wantedBytes > 0;
  }

  /**
   * Takes a want of the worker.
   *
   * @throws {WallError} RUN_FAILED for a range that is none, INPUT_REFUSED when the file needs to be read too often
   */
  want({ from, to }: FileRange): void {
    if (from >= to || to > this.#byteCount || to - from > MAX_WANTED_BYTES) fail();
    if (this.#waiting.length >= MAX_WAITING_WANTS_COUNT) fail();
    this.#wantedBytes += to - from;
    const mostBytes = FREE_READ_BYTES + this.#byteCount * MAX_READ_RATIO;
    if (this.#wantedBytes > mostBytes || this.#parts.openedBytes > mostBytes) {
      throw new WallError('INPUT_REFUSED', 'needs-too-much');
    }
    this.#waiting.push({ from, to });
    this.#wake();
  }

  /** The bytes of the wants, until the server is closed. */
  async *answers(): AsyncGenerator<HostMessage, void, undefined> {
    try {
      while (!this.#isClosed) {
        const range = this.#waiting[0];
        if (range === undefined) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          continue;
        }
        yield* this.#bytesOf(range);
        this.#waiting.shift();
      }
    } finally {
      await this.#parts.close();
    }
  }

  /** Ends the answers; what still waits is dropped. */
  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  async *#bytesOf({ from, to }: FileRange): AsyncGenerator<HostMessage, void, undefined> {
    for (let at = from; at < to && !this.#isClosed; ) {
      const { start, bytes } = await this.#parts.partAt(at);
      const end = Math.min(to, start + bytes.byteLength, at + SENT_PART_BYTES);
      yield { kind: 'bytes', bytes: bytes.subarray(at - start, end - start) };
      at = end;
    }
  }
}

// Goes on where it is, or opens the source anew; the parts that were used last are kept.
class PartReader {
  readonly #file: FileSource;
  #iterator: AsyncIterator<Uint8Array> | null = null;
  #at = 0;
  #kept: Part[] = [];
  #keptBytes = 0;
  openedBytes = 0;

  constructor(file: FileSource) {
    this.#file = file;
  }

  async partAt(place: number): Promise<Part> {
    const known = this.#kept.find(({ start, bytes }) => start <= place && place < start + bytes.byteLength);
    if (known !== undefined) return known;
    if (this.#iterator === null || this.#at > place || place - this.#at >= READ_STEP_BYTES) {
      await this.close();
      this.#at = place - (place % READ_STEP_BYTES);
      this.#iterator = this.#file.read(this.#at)[Symbol.asyncIterator]();
    }
    for (;;) {
      const next = await this.#iterator.next();
      if (next.done === true) throw new Error('an uploaded file is shorter than its length says');
      const part = { start: this.#at, bytes: next.value };
      this.#at += next.value.byteLength;
      this.#keep(part);
      if (place < this.#at) return part;
    }
  }

  async close(): Promise<void> {
    const iterator = this.#iterator;
    this.#iterator = null;
    await iterator?.return?.();
  }

  #keep(part: Part): void {
    this.openedBytes += part.bytes.byteLength;
    this.#keptBytes += part.bytes.byteLength;
    this.#kept.push(part);
    while (this.#keptBytes > MAX_KEPT_BYTES && this.#kept.length > 1) {
      this.#keptBytes -= this.#kept.shift()?.bytes.byteLength ?? 0;
    }
  }
}
