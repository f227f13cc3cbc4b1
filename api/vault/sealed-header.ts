// The header names whose key, and which version of it, the file's own key is sealed under. It has two places. At rest
// one is in use and the other is all zeros; a rotation writes the new one into the free place, and clears the old one
// when the new one is on the disk. So whatever instant a crash comes at, one place opens, and no data is written again.
//
//   magic | chunk size u32 | key version u32 | owner length u16 | file id length u16 | owner | file id
//   nonce | the file's key, sealed, bound to all bytes before the nonce | zeros up to the end of the place
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { KEY_BYTES, NONCE_BYTES, TAG_BYTES } from './aead.ts';
import type { Keyring, OwnerKey } from './keyring.ts';
import { openWithNonce, sealWithNonce } from './master-key.ts';
import { type ReadableBytes, readAt } from './read-at.ts';
import { KeyDestroyed, SealBroken } from './seal-broken.ts';
import { CHUNK_BYTES, HEADER_BYTES, MAGIC, SLOT_BYTES } from './sealed-format.ts';

/** Longest owner or file id: both together leave room for the key in a place. */
const MAX_NAME_BYTES = 1_024;

const FIXED_BYTES = MAGIC.length + 4 + 4 + 2 + 2;
const WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES;

/** What a place in use says in the clear; it is bound to the key beside it. */
export type SlotNames = { readonly owner: string; readonly version: number; readonly fileId: string };

type Slot = SlotNames & { readonly bound: Uint8Array; readonly wrapped: Uint8Array };

/** The two places as they are: in use, `free`, or `broken`. */
export type HeaderSlots = readonly [Slot | 'free' | 'broken', Slot | 'free' | 'broken'];

/** Makes the header of a new file. */
export function encodeHeader({ owner, version, key }: OwnerKey, fileId: string, fileKey: Uint8Array): Uint8Array {
  return Buffer.concat([encodeSlot({ owner, version, fileId }, key, fileKey), Buffer.alloc(SLOT_BYTES)]);
}

/** Reads the two places of a file. */
export async function readSlots(handle: ReadableBytes): Promise<HeaderSlots> {
  const slots = await readOnce(handle);
  // Both free is a file whose key moved from the second place to the first between two pages of one read: look again.
  return slots.every((slot) => slot === 'free') ? await readOnce(handle) : slots;
}

async function readOnce(handle: ReadableBytes): Promise<HeaderSlots> {
  const header = await readAt(handle, { position: 0, length: HEADER_BYTES });
  return [decodeSlot(header.subarray(0, SLOT_BYTES)), decodeSlot(header.subarray(SLOT_BYTES))];
}

/**
 * Opens the file's own key from whichever place opens.
 *
 * Whose key it is, the header says: nobody can make one that opens under a key he does not have, and the file's id, which
 * is bound to it, keeps every file in its place.
 *
 * @throws {SealBroken} when none does @throws {KeyDestroyed} when its owner's key is gone
 */
export async function openHeader(
  keyring: Keyring,
  slots: HeaderSlots,
  fileId: string,
): Promise<{ readonly fileKey: KeyObject; readonly index: 0 | 1 }> {
  let destroyed: KeyDestroyed | undefined;
  for (const index of [0, 1] as const) {
    const slot = slots[index];
    if (typeof slot === 'string' || slot.fileId !== fileId) continue;
    const fileKey = await openSlot(keyring, slot).catch((error: unknown) => {
      if (!(error instanceof KeyDestroyed)) throw error;
      destroyed = error;
      return undefined;
    });
    if (fileKey !== undefined) return { fileKey, index };
  }
  throw destroyed ?? new SealBroken(fileId, 'header');
}

/**
 * Brings a file under another key in place, some hundred bytes of writing; killed at any instant, it still opens.
 *
 * @throws {SealBroken} when the file cannot be opened as it is
 */
export async function rewrapHeader(
  keyring: Keyring,
  handle: FileHandle,
  { fileId, to }: { readonly fileId: string; readonly to: OwnerKey },
): Promise<void> {
  const slots = await readSlots(handle);
  const isDone = (slot: HeaderSlots[number]) =>
    typeof slot !== 'string' && slot.owner === to.owner && slot.version === to.version && slot.fileId === fileId;
  const done = slots.findIndex(isDone);
  const doneSlot = slots[done];
  // A rotation that was killed left a finished place beside the old one: only clearing is left to do.
  if (doneSlot !== undefined && typeof doneSlot !== 'string' && (await openSlot(keyring, doneSlot)) !== undefined) {
    if (slots[1 - done] !== 'free') await writeSlot(handle, 1 - done, Buffer.alloc(SLOT_BYTES));
    return;
  }
  const { fileKey, index } = await openHeader(keyring, slots, fileId);
  const names = { owner: to.owner, version: to.version, fileId };
  await writeSlot(handle, 1 - index, encodeSlot(names, to.key, fileKey.export()));
  await writeSlot(handle, index, Buffer.alloc(SLOT_BYTES));
}

async function openSlot(keyring: Keyring, slot: Slot): Promise<KeyObject | undefined> {
  const found = await keyring.find(slot.owner, slot.version);
  const plain = found && openWithNonce(found.key, slot.wrapped, slot.bound);
  return plain && createSecretKey(plain);
}

async function writeSlot(handle: FileHandle, index: number, bytes: Uint8Array): Promise<void> {
  await handle.write(bytes, 0, SLOT_BYTES, index * SLOT_BYTES);
  await handle.datasync();
}

function encodeSlot({ owner, version, fileId }: SlotNames, key: KeyObject, fileKey: Uint8Array): Buffer {
  const names = [Buffer.from(owner), Buffer.from(fileId)] as const;
  if (names.some((name) => name.length === 0 || name.length > MAX_NAME_BYTES)) {
    throw new RangeError(`the names of a sealed file have 1 to ${MAX_NAME_BYTES} bytes`);
  }
  const numbers = Buffer.alloc(FIXED_BYTES - MAGIC.length);
  numbers.writeUInt32BE(CHUNK_BYTES, 0);
  numbers.writeUInt32BE(version, 4);
  numbers.writeUInt16BE(names[0].length, 8);
  numbers.writeUInt16BE(names[1].length, 10);
  const bound = Buffer.concat([MAGIC, numbers, ...names]);
  return Buffer.concat([bound, sealWithNonce(key, fileKey, bound)], SLOT_BYTES);
}

function decodeSlot(bytes: Buffer): Slot | 'free' | 'broken' {
  if (bytes.length !== SLOT_BYTES) return 'broken';
  if (isZero(bytes)) return 'free';
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC) || bytes.readUInt32BE(MAGIC.length) !== CHUNK_BYTES)
    return 'broken';
  const version = bytes.readUInt32BE(MAGIC.length + 4);
  const ownerEnd = FIXED_BYTES + bytes.readUInt16BE(MAGIC.length + 8);
  const boundEnd = ownerEnd + bytes.readUInt16BE(MAGIC.length + 10);
  const end = boundEnd + WRAPPED_BYTES;
  if (end > SLOT_BYTES || !isZero(bytes.subarray(end))) return 'broken';
  return {
    owner: bytes.toString('utf8', FIXED_BYTES, ownerEnd),
    version,
    fileId: bytes.toString('utf8', ownerEnd, boundEnd),
    bound: bytes.subarray(0, boundEnd),
    wrapped: bytes.subarray(boundEnd, end),
  };
}

const ZEROS = Buffer.alloc(SLOT_BYTES);

function isZero(bytes: Buffer): boolean {
  return bytes.equals(ZEROS.subarray(0, bytes.length));
}
