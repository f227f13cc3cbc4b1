import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';

import { refuseUnreadable } from '../refused-input.ts';
import { unpackLz4Block, unpackLz4Frame, unpackLz4Hadoop } from './lz4.ts';
import { unpackSnappy } from './snappy.ts';

/** Room after the last byte: a full buffer would make the decompressor set aside another. */
const SPARE_BYTES = 64;

/** The compressions of Parquet pages and Arrow buffers that are read. */
export type Codec = 'none' | 'snappy' | 'gzip' | 'brotli' | 'zstd' | 'lz4' | 'lz4-raw' | 'lz4-frame';

/**
 * Unpacks bytes to exactly the length they are said to have.
 *
 * The caller has judged that length: no more than that is ever set aside, whatever the compressed bytes say of
 * themselves.
 *
 * @throws {RefusedInput} when they give more or fewer bytes, or none at all
 */
export function unpack(codec: Codec, input: Uint8Array, unpackedBytes: number): Uint8Array {
  if (codec === 'none') {
    if (input.byteLength !== unpackedBytes) refuseUnreadable();
    return input;
  }
  if (unpackedBytes === 0) return new Uint8Array(0);
  const unpacked = unpackPacked(codec, input, unpackedBytes);
  if (unpacked.byteLength !== unpackedBytes) refuseUnreadable();
  return unpacked;
}

function unpackPacked(codec: Exclude<Codec, 'none'>, input: Uint8Array, unpackedBytes: number): Uint8Array {
  // One buffer with a little room, so that nothing is gathered from pieces and copied.
  const limit = { maxOutputLength: unpackedBytes, chunkSize: unpackedBytes + SPARE_BYTES };
  switch (codec) {
    case 'gzip':
      return gunzipSync(input, limit);
    case 'brotli':
      return brotliDecompressSync(input, limit);
    case 'zstd':
      return zstdDecompressSync(input, limit);
    default:
      return unpackBlocks(codec, input, new Uint8Array(unpackedBytes));
  }
}

function unpackBlocks(
  codec: 'snappy' | 'lz4' | 'lz4-raw' | 'lz4-frame',
  input: Uint8Array,
  output: Uint8Array,
): Uint8Array {
  if (codec === 'snappy') unpackSnappy(input, output);
  else if (codec === 'lz4-frame') unpackLz4Frame(input, output);
  else if (codec === 'lz4-raw' || !unpackLz4Hadoop(input, output)) {
    if (unpackLz4Block(input, output) !== output.byteLength) refuseUnreadable();
  }
  return output;
}
