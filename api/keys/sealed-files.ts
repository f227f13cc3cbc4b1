import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders of the data directory that hold no sealed files. */
const OTHER_FOLDERS: ReadonlySet<string> = new Set(['keys', 'log']);

/** Every sealed file of a data directory, by its path within it, in order. Half-written ones have another name. */
export async function* sealedFilesIn(dataDirectory: string, folder = ''): AsyncGenerator<string, void> {
  const entries = await readdir(join(dataDirectory, folder), { withFileTypes: true }).catch(orNoneWhenGone);
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !OTHER_FOLDERS.has(path)) yield* sealedFilesIn(dataDirectory, path);
    if (entry.isFile() && entry.name.endsWith('.sealed')) yield path;
  }
}

// The service may go on while files are read: what it removes in the meantime is nobody's any more.
function orNoneWhenGone(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
