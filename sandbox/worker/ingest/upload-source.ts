import type { Packing } from '../../wire/inspection.ts';
import type { UploadedFile } from './file-source.ts';
import { packingOf } from './packing/packing.ts';
import { unpackStream } from './packing/unpack-stream.ts';
import { openZipMember } from './packing/zip-member.ts';
import { RefusedInput } from './refused-input.ts';

/** Most bytes of a file after decompression: a thousand million rows. */
const MAX_UPLOAD_BYTES = 137_438_953_472;

/** Most a packed file may grow: real tables shrink to a tenth or so, only bombs to a thousandth. */
const MAX_GROWTH_RATIO = 200;

/** Growth below which the ratio is not judged: a small file of equal rows is no bomb. */
const MIN_JUDGED_BYTES = 16_777_216;

/** Who counts the bytes of a file that have been read. */
export interface ByteCounter {
  readBytes: number;
}

/** A file from its beginning, unpacked, and how it was packed. */
export interface UnpackedFile {
  packing: Packing;
  bytes: AsyncGenerator<Uint8Array, void, undefined>;
}

/**
 * Opens the bytes of an upload, unpacked when they are packed as a whole.
 *
 * @throws {RefusedInput} when they are packed in a way that is not read here
 */
export function openUpload(file: UploadedFile, counter: ByteCounter): UnpackedFile {
  const counted = countBytes(file, counter);
  const packing = packingOf(file);
  const member = packing === 'zip' ? openZipMember(counted) : null;
  if (packing === 'zip' && member !== null) return { packing, bytes: judged(member, counter, true) };
  if (packing === 'gzip' || packing === 'zstd') {
    return { packing, bytes: judged(unpackStream(packing, counted.bytes(0)), counter, true) };
  }
  return { packing: 'none', bytes: judged(counted.bytes(0), counter, false) };
}

/** The bytes of an upload, unpacked; see {@link openUpload}. */
export function uploadBytes(file: UploadedFile, counter: ByteCounter): AsyncGenerator<Uint8Array, void, undefined> {
  return openUpload(file, counter).bytes;
}

async function* judged(
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  counter: ByteCounter,
  isPacked: boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0;
  for await (const bytes of parts) {
    total += bytes.byteLength;
    const isBomb = isPacked && total > MIN_JUDGED_BYTES && total > counter.readBytes * MAX_GROWTH_RATIO;
    if (isBomb || total > MAX_UPLOAD_BYTES) throw new RefusedInput('too-large');
    if (bytes.byteLength > 0) yield bytes;
  }
  if (total === 0) throw new RefusedInput('empty');
}

// What is read out of turn (the directory of an archive) is not progress.
function countBytes(file: UploadedFile, counter: ByteCounter): UploadedFile {
  return {
    byteCount: file.byteCount,
    range: (from, to) => file.range(from, to),
    *bytes(from) {
      for (const bytes of file.bytes(from)) {
        counter.readBytes += bytes.byteLength;
        yield bytes;
      }
    },
  };
}
