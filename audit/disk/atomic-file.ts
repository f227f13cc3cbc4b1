// A file must never be seen half written, not even after a power cut: write beside, sync, then give it its name, sync
// the folder.

import { randomBytes } from 'node:crypto';
import { link, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The log and its key are for the service's own account only. */
const OWNER_ONLY_MODE = 0o600;

/** Puts a file in the place of the one that is there, if any, in one durable step. */
export async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const draft = await writeDraft(file, bytes);
  await rename(draft, file);
  await syncDirectory(dirname(file));
}

/** Makes a file in one durable step; if another process made it first, that one stays and nothing happens. */
export async function createFileOnce(file: string, bytes: Uint8Array): Promise<void> {
  const draft = await writeDraft(file, bytes);
  try {
    // A link, unlike a rename, fails when the name is taken.
    await link(draft, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await unlink(draft);
  }
  await syncDirectory(dirname(file));
}

/** Makes the names in a folder durable, as syncing a file does for its content. */
export async function syncDirectory(directory: string): Promise<void> {
  await using handle = await open(directory, 'r');
  await handle.sync();
}

async function writeDraft(file: string, bytes: Uint8Array): Promise<string> {
  const draft = `${file}.${randomBytes(8).toString('hex')}.draft`;
  await using handle = await open(draft, 'wx', OWNER_ONLY_MODE);
  await handle.writeFile(bytes);
  await handle.sync();
  return draft;
}
