import { createHash, type KeyObject } from 'node:crypto';
import { type FileHandle, open as openFile } from 'node:fs/promises';
import { NONCE_BYTES, open, TAG_BYTES } from './aead.ts';
import { SealBroken } from './seal-broken.ts';
import {
  boundOf,
  CHUNK_BYTES,
  decodeEnd,
  END_BYTES,
  HEADER_BYTES,
  MAGIC,
  nonceOf,
  type SealedEnd,
} from './sealed-format.ts';
import type { SealedPlace } from './sealed-writer.ts';

/** A sealed file, checked at both ends. */
export type SealedReader = SealedEnd & {
  /** The plain bytes, chunk by chunk, each checked before it is handed out. @throws {SealBroken} naming the chunk */
  readonly chunks: () => AsyncGenerator<Uint8Array, void>;
  /** Lets go of the file. */
  readonly close: () => Promise<void>;
};

type Opened = { readonly place: SealedPlace; readonly handle: FileHandle; readonly fileKey: Uint8Array };

/**
 * Opens a sealed file.
 *
 * Its end is read first, so that a file cut short is refused before a byte of it is used.
 *
 * @throws {SealBroken} when header, end or length are not what was sealed under this id
 */
export async function openSealedFile(wrapKey: KeyObject, place: SealedPlace): Promise<SealedReader> {
  const handle = await openFile(place.path, 'r');
  try {
    const size = (await handle.stat()).size;
    const opened = { place, handle, fileKey: await readFileKey(wrapKey, place, handle) };
    const end = await readEnd(opened, size);
    return { ...end, chunks: () => readChunks(opened, end), close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readFileKey(wrapKey: KeyObject, place: SealedPlace, handle: FileHandle): Promise<Uint8Array> {
  const header = await readAt(handle, { position: 0, length: HEADER_BYTES });
  const isOurs =
    header.length === HEADER_BYTES &&
    header.subarray(0, MAGIC.length).equals(MAGIC) &&
    header.readUInt32BE(MAGIC.length) === CHUNK_BYTES;
  if (!isOurs) throw new SealBroken(place.fileId, 'header');
  const wrapped = header.subarray(MAGIC.length + 4);
  const nonce = wrapped.subarray(0, NONCE_BYTES);
  const bound = boundOf(place.fileId, 'header');
  const fileKey = open(wrapped.subarray(NONCE_BYTES), { key: wrapKey, nonce, bound });
  if (fileKey === undefined) throw new SealBroken(place.fileId, 'header');
  return fileKey;
}

async function readEnd({ place, handle, fileKey }: Opened, size: number): Promise<SealedEnd> {
  const position = size - END_BYTES;
  if (position < HEADER_BYTES) throw new SealBroken(place.fileId, 'end');
  const sealed = await readAt(handle, { position, length: END_BYTES });
  const plain = open(sealed, { key: fileKey, nonce: nonceOf('end'), bound: boundOf(place.fileId, 'end') });
  if (plain === undefined) throw new SealBroken(place.fileId, 'end');
  const end = decodeEnd(plain);
  const expected = HEADER_BYTES + end.byteCount + end.chunkCount * TAG_BYTES + END_BYTES;
  if (size !== expected) throw new SealBroken(place.fileId, 'end');
  return end;
}

async function* readChunks(opened: Opened, end: SealedEnd): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  for (let index = 0; index < end.chunkCount; index += 1) {
    const chunk = await readChunk(opened, { index, end });
    hash.update(chunk);
    yield chunk;
  }
  if (hash.digest('hex') !== end.sha256) throw new SealBroken(opened.place.fileId, 'end');
}

async function readChunk(opened: Opened, at: { index: number; end: SealedEnd }): Promise<Uint8Array> {
  const { place, handle, fileKey } = opened;
  const plainBytes = Math.min(CHUNK_BYTES, at.end.byteCount - at.index * CHUNK_BYTES);
  const position = HEADER_BYTES + at.index * (CHUNK_BYTES + TAG_BYTES);
  const sealed = await readAt(handle, { position, length: plainBytes + TAG_BYTES });
  const bound = boundOf(place.fileId, at.index);
  const plain = open(sealed, { key: fileKey, nonce: nonceOf(at.index), bound });
  if (plain === undefined) throw new SealBroken(place.fileId, at.index);
  return plain;
}

async function readAt(handle: FileHandle, at: { position: number; length: number }): Promise<Buffer> {
  const bytes = Buffer.alloc(at.length);
  let filled = 0;
  while (filled < at.length) {
    const { bytesRead } = await handle.read(bytes, filled, at.length - filled, at.position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}
