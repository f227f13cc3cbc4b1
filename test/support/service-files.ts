import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Every file below a directory, by its path from there. */
export function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .toSorted();
}

/** Where a text stands, byte for byte, in any file below a directory: paths from there. */
export function filesHolding(directory: string, text: string): string[] {
  return filesBelow(directory).filter((path) => readFileSync(join(directory, path)).includes(text));
}

/** The folders and files of data that members brought, without those of the log, the keys and the control store. */
export function dataFiles(dataDirectory: string): string[] {
  return filesBelow(dataDirectory).filter((path) => /^(originals|parts|persons|verdicts|layouts|releases)/.test(path));
}
