import { once } from 'node:events';
import { createGunzip } from 'node:zlib';

import { receiveBytes } from '../channel.ts';
import { RefusedInput } from './refused-input.ts';
import type { UploadWriter } from './upload-writer.ts';

/** Most bytes of a file after decompression: some hundred million rows. */
const MAX_UPLOAD_BYTES = 34_359_738_368;

/** Most a gzip file may grow: real tables shrink to a tenth or so, only bombs to a thousandth. */
const MAX_GZIP_GROWTH_RATIO = 200;

/** Growth below which the ratio is not judged: a small file of equal rows is no bomb. */
const MIN_JUDGED_BYTES = 16_777_216;

/** What a whole-file format may weigh in a worker's memory, decompressed. */
const MAX_WHOLE_FILE_BYTES = 536_870_912;

const GZIP_MAGIC = [0x1f, 0x8b];

/** The bytes of the upload, decompressed when they are gzip. */
export async function* uploadBytes(writer: UploadWriter): AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0;
  let isFirst = true;
  const source = countBytes(writer);
  const { head, rest } = readHead(source);
  const isGzip = GZIP_MAGIC.every((byte, index) => head[index] === byte);
  for await (const bytes of isGzip ? gunzip(rest) : rest) {
    total += bytes.byteLength;
    const isBomb = isGzip && total > MIN_JUDGED_BYTES && total > writer.readBytes * MAX_GZIP_GROWTH_RATIO;
    if (isBomb || total > MAX_UPLOAD_BYTES) throw new RefusedInput('too-large');
    isFirst = false;
    yield bytes;
  }
  if (isFirst) throw new RefusedInput('empty');
}

/** Reads a whole upload into memory; for formats that cannot be read from front to back. */
export async function wholeUpload(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let total = 0;
  for await (const part of bytes) {
    total += part.byteLength;
    if (total > MAX_WHOLE_FILE_BYTES) throw new RefusedInput('too-large');
    parts.push(part);
  }
  return Buffer.concat(parts, total);
}

function* countBytes(writer: UploadWriter): Generator<Uint8Array> {
  for (const bytes of receiveBytes()) {
    writer.readBytes += bytes.byteLength;
    if (bytes.byteLength > 0) yield bytes;
  }
}

// The first bytes decide what the rest is; a sender may send them one at a time.
function readHead(source: Iterator<Uint8Array>): { head: Uint8Array; rest: Iterable<Uint8Array> } {
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length < GZIP_MAGIC.length) {
    const next = source.next();
    if (next.done === true) break;
    parts.push(next.value);
    length += next.value.byteLength;
  }
  const head = Buffer.concat(parts);
  return { head, rest: continueWith(head, source) };
}

function* continueWith(head: Uint8Array, source: Iterator<Uint8Array>): Generator<Uint8Array> {
  if (head.byteLength > 0) yield head;
  for (let next = source.next(); next.done !== true; next = source.next()) yield next.value;
}

async function* gunzip(source: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const output = createGunzip();
  const pump = async () => {
    for (const bytes of source) {
      if (!output.write(bytes)) await once(output, 'drain');
    }
    output.end();
  };
  // A failing decompressor ends the pump's wait and the loop below alike; the loop tells.
  void pump().catch((error: Error) => output.destroy(error));
  try {
    for await (const bytes of output as AsyncIterable<Uint8Array>) yield bytes;
  } catch (error) {
    throw new RefusedInput((error as NodeJS.ErrnoException).code === 'Z_BUF_ERROR' ? 'truncated' : 'unreadable');
  }
}
