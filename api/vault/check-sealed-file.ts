import { open } from 'node:fs/promises';
import type { Keyring } from './keyring.ts';
import { type BrokenPart, KeyDestroyed, SealBroken } from './seal-broken.ts';
import { openHeader, readSlots, type SlotNames } from './sealed-header.ts';
import { openSealedFile } from './sealed-reader.ts';

/** What is wrong with a sealed file: where its seal is broken, or that its key was destroyed. */
export type SealFault = { readonly at: BrokenPart } | { readonly at: 'key-destroyed' };

/**
 * Says whose a sealed file is and what it is called, without a key: nothing of it is believed until it is opened.
 *
 * Undefined where neither place of its header can be read: it is broken, or no sealed file.
 */
export async function readFileNames(path: string): Promise<readonly SlotNames[] | undefined> {
  const handle = await open(path, 'r');
  try {
    const inUse = (await readSlots(handle)).filter((slot) => typeof slot !== 'string');
    return inUse.length === 0 ? undefined : inUse.map(({ owner, version, fileId }) => ({ owner, version, fileId }));
  } finally {
    await handle.close();
  }
}

/**
 * Reads a sealed file from its first bit to its last, and says where it is not what was sealed; undefined when it is.
 *
 * Stricter than opening it: of its header both places must be sound, also the one that nobody needs.
 */
export async function checkSealedFile(keyring: Keyring, path: string): Promise<SealFault | undefined> {
  try {
    const fileId = await checkHeader(keyring, path);
    if (fileId === undefined) return { at: 'header' };
    const reader = await openSealedFile(keyring, { path, fileId });
    try {
      for await (const _ of reader.chunks());
    } finally {
      await reader.close();
    }
    return undefined;
  } catch (error) {
    if (error instanceof KeyDestroyed) return { at: 'key-destroyed' };
    if (!(error instanceof SealBroken)) throw error;
    return { at: error.part };
  }
}

async function checkHeader(keyring: Keyring, path: string): Promise<string | undefined> {
  const handle = await open(path, 'r');
  try {
    let fileId: string | undefined;
    for (const slot of await readSlots(handle)) {
      if (slot === 'free') continue;
      if (slot === 'broken') return undefined;
      await openHeader(keyring, [slot, 'free'], slot.fileId);
      fileId = slot.fileId;
    }
    return fileId;
  } finally {
    await handle.close();
  }
}
