import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KEY_BYTES, seal } from './aead.ts';
import { makePrivateDirectory, PRIVATE_FILE_MODE, stagedName, syncDirectory } from './durable-file.ts';
import type { Keyring } from './keyring.ts';
import { boundOf, CHUNK_BYTES, encodeEnd, nonceOf, type SealedEnd } from './sealed-format.ts';
import { encodeHeader } from './sealed-header.ts';

/** Where a sealed file lies and what it is called; it opens under this id only. */
export type SealedPlace = {
  readonly path: string;
  readonly fileId: string;
  /** The dataset under whose key a new file is sealed; none for files of no dataset. Opening, the file itself tells. */
  readonly dataset?: string;
};

/** Writes a sealed file. Nothing is at `path` before `finish`, and then all of it. */
export type SealedWriter = {
  /** Adds bytes. They are sealed before they touch the disk. */
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Puts the file in place, on the disk, and says what is in it. */
  readonly finish: () => Promise<SealedEnd>;
  /** Throws the file away; does nothing after `finish`. */
  readonly abandon: () => Promise<void>;
};

type Draft = {
  readonly place: SealedPlace;
  readonly staged: string;
  readonly handle: FileHandle;
  readonly fileKey: Uint8Array;
  readonly hash: ReturnType<typeof createHash>;
  /** Plain bytes of the chunk that is being filled. */
  pending: Buffer;
  pendingBytes: number;
  /** Sealed bytes that are not with the disk yet: a small file is written at once. */
  unwritten: Uint8Array[];
  chunkCount: number;
  byteCount: number;
  isOpen: boolean;
};

/** Room for the plain bytes of most releases; a chunk that is longer makes more. */
const FIRST_ROOM_BYTES = 8_192;

/** Begins a sealed file under its owner's key. @throws {KeyDestroyed} */
export async function createSealedFile(keyring: Keyring, place: SealedPlace): Promise<SealedWriter> {
  const fileKey = randomBytes(KEY_BYTES);
  const header = encodeHeader(await keyring.current(place.dataset), place.fileId, fileKey);
  await makePrivateDirectory(dirname(place.path));
  const staged = stagedName(place.path);
  const draft: Draft = {
    place,
    staged,
    handle: await open(staged, 'wx', PRIVATE_FILE_MODE),
    fileKey,
    hash: createHash('sha256'),
    pending: Buffer.alloc(FIRST_ROOM_BYTES),
    pendingBytes: 0,
    unwritten: [header],
    chunkCount: 0,
    byteCount: 0,
    isOpen: true,
  };
  return {
    write: (bytes) => write(draft, bytes),
    finish: () => finish(draft),
    abandon: () => abandon(draft),
  };
}

async function write(draft: Draft, bytes: Uint8Array): Promise<void> {
  assertOpen(draft);
  draft.hash.update(bytes);
  draft.byteCount += bytes.length;
  for (let from = 0; from < bytes.length; ) {
    const taken = bytes.subarray(from, from + CHUNK_BYTES - draft.pendingBytes);
    makeRoom(draft, draft.pendingBytes + taken.length);
    draft.pending.set(taken, draft.pendingBytes);
    draft.pendingBytes += taken.length;
    from += taken.length;
    if (draft.pendingBytes === CHUNK_BYTES) {
      sealChunk(draft);
      await flush(draft);
    }
  }
}

function makeRoom(draft: Draft, byteCount: number): void {
  if (byteCount <= draft.pending.length) return;
  const room = Buffer.alloc(Math.min(CHUNK_BYTES, Math.max(byteCount, 2 * draft.pending.length)));
  room.set(draft.pending.subarray(0, draft.pendingBytes));
  draft.pending = room;
}

async function flush(draft: Draft): Promise<void> {
  const [first, ...more] = draft.unwritten;
  draft.unwritten = [];
  // Of a large file each chunk stands alone, and is not copied.
  if (first !== undefined) await draft.handle.writeFile(more.length === 0 ? first : Buffer.concat([first, ...more]));
}

function sealChunk(draft: Draft): void {
  const index = draft.chunkCount;
  const plain = draft.pending.subarray(0, draft.pendingBytes);
  const bound = boundOf(draft.place.fileId, index);
  const sealed = seal(plain, { key: draft.fileKey, nonce: nonceOf(index), bound });
  draft.chunkCount += 1;
  draft.pendingBytes = 0;
  draft.unwritten.push(sealed);
}

async function finish(draft: Draft): Promise<SealedEnd> {
  assertOpen(draft);
  if (draft.pendingBytes > 0) sealChunk(draft);
  const end = { chunkCount: draft.chunkCount, byteCount: draft.byteCount, sha256: draft.hash.digest('hex') };
  const bound = boundOf(draft.place.fileId, 'end');
  draft.unwritten.push(seal(encodeEnd(end), { key: draft.fileKey, nonce: nonceOf('end'), bound }));
  await flush(draft);
  await draft.handle.sync();
  await draft.handle.close();
  draft.isOpen = false;
  await rename(draft.staged, draft.place.path);
  await syncDirectory(dirname(draft.place.path));
  return end;
}

async function abandon(draft: Draft): Promise<void> {
  if (!draft.isOpen) return;
  draft.isOpen = false;
  await draft.handle.close();
  await unlink(draft.staged);
}

function assertOpen(draft: Draft): void {
  if (!draft.isOpen) throw new Error('the sealed file is finished or abandoned');
}
