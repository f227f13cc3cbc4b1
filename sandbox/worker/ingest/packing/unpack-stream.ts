import type { Transform } from 'node:stream';
import { createGunzip, createInflateRaw, createZstdDecompress, constants as zlib } from 'node:zlib';

import { RefusedInput } from '../refused-input.ts';

/** Bytes that an unpacker gives at once: fewer mean more turns through the language for nothing. */
const PART_BYTES = 262_144;

/** The window a zstd file may ask for, as a power of two: what its own tools open without being told to. */
const MAX_WINDOW_BITS = 27;

/** What a stream ends with when it ends too early. */
const TRUNCATED_CODES: ReadonlySet<unknown> = new Set(['Z_BUF_ERROR', 'ZSTD_error_srcSize_wrong']);

type StreamPacking = 'gzip' | 'zstd' | 'deflate';

/**
 * Unpacks gzip, zstd, or the deflated member of an archive. Gzip and zstd may be of any number of members, one behind the
 * other: programs that pack in parallel write them so, and Node's streams end after the first, without a word.
 *
 * @throws {RefusedInput} when the bytes are not packed so, or end too early
 */
export async function* unpackStream(
  packing: StreamPacking,
  source: Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const feed = new Feed(source);
  do {
    try {
      yield* unpackMember(unpackerOf(packing), feed);
    } catch (error) {
      if (error instanceof RefusedInput) throw error;
      throw new RefusedInput(TRUNCATED_CODES.has((error as NodeJS.ErrnoException).code) ? 'truncated' : 'unreadable');
    }
  } while (packing !== 'deflate' && feed.hasMore(packing === 'gzip'));
}

function unpackerOf(packing: StreamPacking): Unpacker {
  switch (packing) {
    case 'gzip':
      return createGunzip({ chunkSize: PART_BYTES });
    case 'deflate':
      return createInflateRaw({ chunkSize: PART_BYTES });
    case 'zstd':
      return createZstdDecompress({
        chunkSize: PART_BYTES,
        params: { [zlib.ZSTD_d_windowLogMax]: MAX_WINDOW_BITS },
      });
  }
}

type Unpacker = Transform & { readonly bytesWritten: number };

// One part at a time: only so is it known where in it a member ends.
async function* unpackMember(unpacker: Unpacker, feed: Feed): AsyncGenerator<Uint8Array, void, undefined> {
  const pump = async () => {
    for (let part = feed.take(); part !== null && !unpacker.destroyed; part = feed.take()) {
      const before = unpacker.bytesWritten;
      await written(unpacker, part);
      const taken = unpacker.bytesWritten - before;
      if (taken < part.byteLength) {
        feed.giveBack(part.subarray(taken));
        break;
      }
    }
    unpacker.end();
  };
  // A failing unpacker ends the pump's wait and the loop below alike; the loop tells.
  const pumping = pump().catch((error: Error) => {
    unpacker.destroy(error);
  });
  for await (const bytes of unpacker as AsyncIterable<Uint8Array>) yield bytes;
  await pumping;
}

function written(unpacker: Unpacker, part: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new Error('the unpacker is closed'));
    unpacker.once('close', onClose);
    unpacker.write(part, (error) => {
      unpacker.off('close', onClose);
      if (error) reject(error);
      else resolve();
    });
  });
}

/** The parts of a file, of which one may be given back in part. */
class Feed {
  readonly #source: Iterator<Uint8Array>;
  #left: Uint8Array | null = null;

  constructor(source: Iterable<Uint8Array>) {
    this.#source = source[Symbol.iterator]();
  }

  take(): Uint8Array | null {
    const left = this.#left;
    this.#left = null;
    if (left !== null) return left;
    const next = this.#source.next();
    return next.done === true ? null : next.value;
  }

  giveBack(part: Uint8Array): void {
    this.#left = part;
  }

  // Zeros behind the last member of gzip fill a block of a tape or a disk.
  hasMore(isPadded: boolean): boolean {
    for (let part = this.take(); part !== null; part = this.take()) {
      const first = part.findIndex((byte) => !isPadded || byte !== 0);
      if (first >= 0) {
        this.giveBack(part.subarray(first));
        return true;
      }
    }
    return false;
  }
}
