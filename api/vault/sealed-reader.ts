import type { KeyObject } from 'node:crypto';
import { open as openFile } from 'node:fs/promises';
import { open, TAG_BYTES } from './aead.ts';
import type { Keyring } from './keyring.ts';
import { type ReadableBytes, readAt, readSmall } from './read-at.ts';
import { SealBroken } from './seal-broken.ts';
import { boundOf, CHUNK_BYTES, decodeEnd, END_BYTES, HEADER_BYTES, nonceOf, type SealedEnd } from './sealed-format.ts';
import { type HeaderSlots, openHeader, readSlots } from './sealed-header.ts';
import type { SealedPlace } from './sealed-writer.ts';

/** A sealed file, checked at both ends. */
export type SealedReader = SealedEnd & {
  /**
   * The plain bytes from `from` on (0 when left out), chunk by chunk, each checked before it is handed out.
   *
   * @throws {SealBroken} naming the chunk
   */
  readonly chunks: (from?: number) => AsyncGenerator<Uint8Array, void>;
  /** Lets go of the file. */
  readonly close: () => Promise<void>;
};

type Opened = { readonly place: SealedPlace; readonly bytes: ReadableBytes; readonly fileKey: KeyObject };

/** A file of one chunk at the most is read at once. */
const SMALL_FILE_BYTES = HEADER_BYTES + CHUNK_BYTES + TAG_BYTES + END_BYTES;

/**
 * Opens a sealed file.
 *
 * Its end is read first, so that a file cut short is refused before a byte of it is used.
 *
 * @throws {SealBroken} when header, end or length are not what was sealed under this id
 * @throws {KeyDestroyed} when the key of its dataset is gone
 */
export async function openSealedFile(keyring: Keyring, place: SealedPlace): Promise<SealedReader> {
  const small = readSmall(place.path, SMALL_FILE_BYTES);
  const slots = small && (await readSlots(small));
  // Both places free: its key moved from one to the other between two pages, and the file is to be looked at again.
  if (small !== null && slots?.some((slot) => slot !== 'free')) {
    return await openBytes(keyring, { place, bytes: small, size: small.length, slots, close: async () => {} });
  }
  const handle = await openFile(place.path, 'r');
  try {
    const size = (await handle.stat()).size;
    const file = { place, bytes: handle, size, slots: await readSlots(handle), close: () => handle.close() };
    return await openBytes(keyring, file);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

interface SealedBytes {
  readonly place: SealedPlace;
  readonly bytes: ReadableBytes;
  readonly size: number;
  readonly slots: HeaderSlots;
  readonly close: () => Promise<void>;
}

async function openBytes(keyring: Keyring, { place, bytes, size, slots, close }: SealedBytes): Promise<SealedReader> {
  const { fileKey } = await openHeader(keyring, slots, place.fileId);
  const opened = { place, bytes, fileKey };
  const end = await readEnd(opened, size);
  return { ...end, chunks: (from = 0) => readChunks(opened, end, from), close };
}

async function readEnd({ place, bytes, fileKey }: Opened, size: number): Promise<SealedEnd> {
  const position = size - END_BYTES;
  if (position < HEADER_BYTES) throw new SealBroken(place.fileId, 'end');
  const sealed = await readAt(bytes, { position, length: END_BYTES });
  const plain = open(sealed, { key: fileKey, nonce: nonceOf('end'), bound: boundOf(place.fileId, 'end') });
  if (plain === undefined) throw new SealBroken(place.fileId, 'end');
  const end = decodeEnd(plain);
  const expected = HEADER_BYTES + end.byteCount + end.chunkCount * TAG_BYTES + END_BYTES;
  if (size !== expected) throw new SealBroken(place.fileId, 'end');
  return end;
}

// Each chunk is bound to the file and to its index, and the end to their number and length: together they are the whole,
// so that the digest in the end need not be computed again, which would take as long as opening the seals.
async function* readChunks(opened: Opened, end: SealedEnd, from: number): AsyncGenerator<Uint8Array, void> {
  const first = Math.floor(from / CHUNK_BYTES);
  for (let index = first; index < end.chunkCount; index += 1) {
    const chunk = await readChunk(opened, { index, end });
    yield index === first ? chunk.subarray(from - first * CHUNK_BYTES) : chunk;
  }
}

async function readChunk(opened: Opened, at: { index: number; end: SealedEnd }): Promise<Uint8Array> {
  const { place, bytes, fileKey } = opened;
  const plainBytes = Math.min(CHUNK_BYTES, at.end.byteCount - at.index * CHUNK_BYTES);
  const position = HEADER_BYTES + at.index * (CHUNK_BYTES + TAG_BYTES);
  const sealed = await readAt(bytes, { position, length: plainBytes + TAG_BYTES });
  const bound = boundOf(place.fileId, at.index);
  const plain = open(sealed, { key: fileKey, nonce: nonceOf(at.index), bound });
  if (plain === undefined) throw new SealBroken(place.fileId, at.index);
  return plain;
}
