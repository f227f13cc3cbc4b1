import type { TextDecoder } from 'node:util';

import { RefusedInput } from '../refused-input.ts';
import { decoderOf, shownEncoding } from './text-encoding.ts';

/** Bytes that are looked at before reading begins: a header of ten thousand names and the rows behind it. */
const MAX_START_BYTES = 262_144;

const MARK = Buffer.from('\uFEFF');

/** The text of a file as UTF-8: its beginning, without a byte order mark, and all that follows. */
export interface TextSource {
  /** As the file has it; `utf-8` where it does not show another. */
  encoding: string;
  start: Buffer;
  rest: AsyncGenerator<Uint8Array, void, undefined>;
}

/**
 * Opens a text, bringing it to UTF-8; bytes that are none of its encoding become replacement characters.
 *
 * @param encoding by its name; found out when left out
 * @throws {RefusedInput} when there is no such encoding, or the bytes are no text
 */
export async function openText(bytes: AsyncIterable<Uint8Array>, encoding?: string): Promise<TextSource> {
  const source = bytes[Symbol.asyncIterator]();
  const head = await readStart(source);
  const found = encoding ?? shownEncoding(head);
  const decoder = decoderOf(found);
  const start = decoder === null ? head : Buffer.from(decoder.decode(head, { stream: true }));
  const text = start.subarray(0, MARK.byteLength).equals(MARK) ? start.subarray(MARK.byteLength) : start;
  // A NUL never occurs in text; archives, Parquet and Arrow files have one within their first bytes.
  if (text.includes(0)) throw new RefusedInput('not-this-format');
  return { encoding: decoder?.encoding ?? 'utf-8', start: text, rest: decoded(source, decoder) };
}

/** Reads as many bytes as show what a text is. */
export async function readStart(source: AsyncIterator<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length < MAX_START_BYTES) {
    const next = await source.next();
    if (next.done === true) break;
    parts.push(next.value);
    length += next.value.byteLength;
  }
  return Buffer.concat(parts);
}

async function* decoded(
  source: AsyncIterator<Uint8Array>,
  decoder: TextDecoder | null,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let next = await source.next(); next.done !== true; next = await source.next()) {
    yield decoder === null ? next.value : Buffer.from(decoder.decode(next.value, { stream: true }));
  }
  // A character that is cut off by the end of the file.
  const last = decoder?.decode() ?? '';
  if (last !== '') yield Buffer.from(last);
}
