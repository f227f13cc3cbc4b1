// Node and the engine are 200 MB in each folder, and the same in nearly all: they lie on the disk once.
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** Smaller files are not worth a name of their own. */
const LEAST_SHARED_BYTES = 1_048_576;

/** What is read at once of a file to know its digest. */
const BLOCK_BYTES = 1_048_576;

/** Names of shared files, by what is in them and who may do what with them. */
export const SHARED_FILE = /^shared-[0-9a-f]{64}-[0-7]{3}$/;

/**
 * Makes a file that was just copied one with the same bytes in another folder below the same root, where there is one.
 *
 * The digest is of the copy, which nobody else writes, and not of what it was copied from.
 */
export function shareFile(root: string, file: string): void {
  const { size, mode } = fs.statSync(file);
  if (size < LEAST_SHARED_BYTES) return;
  const shared = path.join(root, `shared-${digestOf(file)}-${(mode & 0o777).toString(8)}`);
  try {
    const link = `${file}.link`;
    if (!tryLink(shared, link)) return void tryLink(file, shared);
    fs.renameSync(link, file);
  } catch {
    // A file system without links has room to show for it.
  }
}

/** Whether it could be linked: not where the one is missing, nor where the other is there. */
function tryLink(existing: string, name: string): boolean {
  try {
    fs.linkSync(existing, name);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EEXIST') return false;
    throw error;
  }
}

function digestOf(file: string): string {
  const hash = createHash('sha256');
  const block = Buffer.alloc(BLOCK_BYTES);
  const fd = fs.openSync(file, 'r');
  try {
    for (let count = fs.readSync(fd, block); count > 0; count = fs.readSync(fd, block)) {
      hash.update(block.subarray(0, count));
    }
  } finally {
    fs.closeSync(fd);
  }
  return hash.digest('hex');
}
