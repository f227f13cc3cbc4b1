import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { DiskFile, LogDisk } from './log-disk.ts';

/** Where files of a log are before they get their name: in one place, so that those a crash left are swept at once. */
const DRAFTS_FOLDER = 'drafts';

/** Takes the place of drafts away, from a folder that is not to be written in again. */
export async function removeDrafts(disk: LogDisk, directory: string): Promise<void> {
  await disk.remove(join(directory, DRAFTS_FOLDER));
}

/** Clears away what a crash left half written. */
export async function sweepDrafts(disk: LogDisk, directory: string): Promise<void> {
  await removeDrafts(disk, directory);
  await disk.makeFolder(join(directory, DRAFTS_FOLDER));
}

/**
 * Puts a file in its place in one step, its content durable before it has its name; the name is so when the folder is
 * synced.
 *
 * @returns the open file
 */
export async function placeDurably(
  disk: LogDisk,
  directory: string,
  file: string,
  bytes: Uint8Array,
): Promise<DiskFile> {
  const { draft, open } = await writeDraft(disk, directory, bytes);
  try {
    await open.sync();
    await disk.rename(draft, file);
    return open;
  } catch (error) {
    await open.close();
    throw error;
  }
}

/** Puts a file in its place in one step; a power cut may lose or spoil it, so it must be one that can be made again. */
export async function placeLightly(disk: LogDisk, directory: string, file: string, bytes: Uint8Array): Promise<void> {
  const { draft, open } = await writeDraft(disk, directory, bytes);
  await open.close();
  await disk.makeFolder(dirname(file));
  await disk.rename(draft, file);
}

async function writeDraft(
  disk: LogDisk,
  directory: string,
  bytes: Uint8Array,
): Promise<{ draft: string; open: DiskFile }> {
  const draft = join(directory, DRAFTS_FOLDER, randomBytes(8).toString('hex'));
  const open = await disk.open(draft);
  try {
    await open.write(0, bytes);
    return { draft, open };
  } catch (error) {
    await open.close();
    throw error;
  }
}
