// A sealed file: header, chunks of one size (the last may be shorter), end.
//
//   header  two places for the file's own key as sealed under its owner's key (sealed-header.ts)
//   chunk   sealed under the file's key with its index as nonce, bound to its index
//   end     sealed likewise: number of chunks, number of bytes, SHA-256 of the plain bytes
//
// A chunk moved, doubled or taken from another file does not open, and the end, which is read first, tells how many
// there must be. After STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, "Online Authenticated-Encryption", 2015), with
// the length known before the first byte is handed out.
import { NONCE_BYTES, TAG_BYTES } from './aead.ts';

/** The first bytes of every header: a name and a version. */
export const MAGIC = Buffer.from('galley-sealed-2\n');

/** Plain bytes of a chunk: large enough that tags cost nothing, small enough for many files at once in memory. */
export const CHUNK_BYTES = 262_144;

/**
 * Bytes of each of the two places of a header: a page, the most that disks write in one piece, so that a write that is
 * cut off damages the place it was meant for and never the other.
 */
export const SLOT_BYTES = 4_096;

/** Bytes of the header. */
export const HEADER_BYTES = 2 * SLOT_BYTES;

/** Plain bytes of the end: two counts and a SHA-256. */
const END_PLAIN_BYTES = 8 + 8 + 32;

/** Bytes of the end as sealed. */
export const END_BYTES = END_PLAIN_BYTES + TAG_BYTES;

/** What the end of a sealed file says. */
export type SealedEnd = {
  readonly chunkCount: number;
  /** Plain bytes in all. */
  readonly byteCount: number;
  /** SHA-256 of the plain bytes, hex. */
  readonly sha256: string;
};

/** The nonce of a chunk: its index; the end has a number space of its own. */
export function nonceOf(part: number | 'end'): Uint8Array {
  const nonce = Buffer.alloc(NONCE_BYTES);
  if (part === 'end') nonce.writeUInt32BE(1, 0);
  else nonce.writeBigUInt64BE(BigInt(part), 4);
  return nonce;
}

/** What a part of a file is bound to. The file's id is in every part, though its key alone would do. */
export function boundOf(fileId: string, part: number | 'end'): Uint8Array {
  return Buffer.from(JSON.stringify(['galley-sealed-2', fileId, part, CHUNK_BYTES]));
}

/** Writes the end. */
export function encodeEnd(end: SealedEnd): Uint8Array {
  const bytes = Buffer.alloc(END_PLAIN_BYTES);
  bytes.writeBigUInt64BE(BigInt(end.chunkCount), 0);
  bytes.writeBigUInt64BE(BigInt(end.byteCount), 8);
  bytes.write(end.sha256, 16, 'hex');
  return bytes;
}

/** Reads the end. */
export function decodeEnd(plain: Uint8Array): SealedEnd {
  const bytes = Buffer.from(plain);
  return {
    chunkCount: Number(bytes.readBigUInt64BE(0)),
    byteCount: Number(bytes.readBigUInt64BE(8)),
    sha256: bytes.toString('hex', 16),
  };
}
