import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';

/** The codecs of Parquet by their codes, as somebody packs bytes with them. */
export const packers: readonly {
  readonly name: string;
  readonly code: number;
  readonly pack: (bytes: Buffer) => Buffer;
}[] = [
  { name: 'snappy', code: 1, pack: packSnappy },
  { name: 'gzip', code: 2, pack: (bytes) => gzipSync(bytes) },
  { name: 'brotli', code: 4, pack: (bytes) => brotliCompressSync(bytes) },
  { name: 'lz4', code: 5, pack: packLz4 },
  { name: 'zstd', code: 6, pack: (bytes) => zstdCompressSync(bytes) },
  { name: 'lz4-raw', code: 7, pack: packLz4 },
];

const LITERAL_BYTES = 32;
const MATCH_BYTES = 64;
const LONG_LENGTH = 15;

// The simplest packer that makes a bomb: the first bytes as they are, then the one before the end again and again
// while the rest is equal bytes.
function packSnappy(bytes: Buffer): Buffer {
  const parts: Uint8Array[] = [Buffer.from(lengthBytes(bytes.length))];
  const equalFrom = startOfEqualEnd(bytes);
  for (let at = 0; at < equalFrom; at += LITERAL_BYTES) {
    const literal = bytes.subarray(at, Math.min(at + LITERAL_BYTES, equalFrom));
    parts.push(Buffer.from([(literal.length - 1) << 2]), literal);
  }
  for (let at = equalFrom; at < bytes.length; at += MATCH_BYTES) {
    const length = Math.min(MATCH_BYTES, bytes.length - at);
    parts.push(Buffer.from([((length - 1) << 2) | 2, 1, 0]));
  }
  return Buffer.concat(parts);
}

function packLz4(bytes: Buffer): Buffer {
  const equalFrom = startOfEqualEnd(bytes);
  const matchBytes = bytes.length - equalFrom;
  const literal = bytes.subarray(0, equalFrom);
  const [literalToken, literalMore] = lz4Length(literal.length);
  if (matchBytes < 4 + 1) {
    const [token, more] = lz4Length(bytes.length);
    return Buffer.concat([Buffer.from([token << 4, ...more]), bytes]);
  }
  const [matchToken, matchMore] = lz4Length(matchBytes - 4);
  const match = Buffer.from([1, 0, ...matchMore]);
  return Buffer.concat([Buffer.from([(literalToken << 4) | matchToken, ...literalMore]), literal, match]);
}

function lz4Length(length: number): [number, number[]] {
  if (length < LONG_LENGTH) return [length, []];
  const more: number[] = [];
  let rest = length - LONG_LENGTH;
  for (; rest >= 255; rest -= 255) more.push(255);
  return [LONG_LENGTH, [...more, rest]];
}

function lengthBytes(length: number): number[] {
  return length < 128 ? [length] : [(length & 127) | 128, ...lengthBytes(length >>> 7)];
}

function startOfEqualEnd(bytes: Buffer): number {
  let at = bytes.length - 1;
  while (at > 0 && bytes[at - 1] === bytes.at(-1)) at -= 1;
  return Math.min(at + 1, bytes.length);
}
