// A file that a crash may leave half written is worse than none: keys and snapshots appear whole or not at all.
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Readable by the service's own user alone. */
export const PRIVATE_FILE_MODE = 0o600;

/** Enterable by the service's own user alone. */
const PRIVATE_DIRECTORY_MODE = 0o700;

const DRAFT_SUFFIX = '.part';

/** Makes a directory, and those above it, that only the service's own user can enter. */
export async function makePrivateDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: PRIVATE_DIRECTORY_MODE });
}

/** Writes a private file so that it is on the disk, whole, when this returns; an older one is replaced in one step. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const staged = await stage(path, bytes);
  await rename(staged, path);
  await syncDirectory(dirname(path));
}

/**
 * Writes a private file unless there is one already, in one step.
 *
 * Two processes may start on one fresh directory: exactly one of them wins, and the other must read what is there.
 *
 * @returns false when the file existed
 */
export async function createDurably(path: string, bytes: Uint8Array): Promise<boolean> {
  const staged = await stage(path, bytes);
  try {
    await link(staged, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(staged);
    await syncDirectory(dirname(path));
  }
}

/** Puts a directory's entries on the disk; without it a rename may be lost in a crash. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes what a crash left of files that were being written; only for whoever holds the data directory. */
export async function sweepDrafts(directory: string): Promise<void> {
  const drafts = (await readdir(directory)).filter((name) => name.startsWith('.') && name.endsWith(DRAFT_SUFFIX));
  for (const draft of drafts) await rm(join(directory, draft), { force: true });
}

/** A name beside `path` that nobody else writes to. */
export function stagedName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}${DRAFT_SUFFIX}`);
}

async function stage(path: string, bytes: Uint8Array): Promise<string> {
  const staged = stagedName(path);
  const handle = await open(staged, 'wx', PRIVATE_FILE_MODE);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return staged;
}
