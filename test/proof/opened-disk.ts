import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readConfig } from '../../api/config/index.ts';
import { nameFile } from '../../api/datasets/index.ts';
import { openCellar } from '../../api/kitchen/index.ts';
import { openVault } from '../../api/vault/index.ts';

/** A file of the data directory, and all that whoever has the keys can read in it. */
export interface OpenedFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Opens everything in a data directory of a service that has ended: each sealed file with the keys, all others as they lie. */
export async function openDisk(dataDirectory: string): Promise<readonly OpenedFile[]> {
  const config = await readConfig(undefined, {}, { dataDirectory, listenAddress: '127.0.0.1:0' });
  const cellar = await openCellar(config);
  try {
    const vault = openVault(cellar.keyring);
    const opened: OpenedFile[] = [];
    for (const path of filesIn(dataDirectory)) {
      const name = relative(dataDirectory, path);
      const named = path.endsWith('.sealed') ? nameFile(name) : undefined;
      if (named === undefined) opened.push({ path: name, bytes: readFileSync(path) });
      else {
        const file = await vault.openFile({ path, fileId: named.fileId });
        const parts: Uint8Array[] = [];
        for await (const part of file.chunks()) parts.push(Buffer.from(part));
        await file.close();
        opened.push({ path: name, bytes: Buffer.concat(parts) });
      }
    }
    return opened;
  } finally {
    await cellar.close();
  }
}

function filesIn(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The files in which any of these stands, each once. */
export function filesWith(files: readonly OpenedFile[], wanted: readonly (string | Buffer)[]): readonly string[] {
  return files.filter(({ bytes }) => wanted.some((one) => bytes.includes(one))).map(({ path }) => path);
}

/** Every folder and file below a data directory that holds rows or persons. */
export function heldFiles(dataDirectory: string): readonly string[] {
  return filesIn(dataDirectory)
    .map((path) => relative(dataDirectory, path))
    .filter((path) => /^(parts|originals|persons|verdicts|layouts)\//u.test(path));
}

/** The names that the control store has for files of rows and persons. */
export function storedRows(dataDirectory: string, sql: string): readonly Record<string, unknown>[] {
  using database = new DatabaseSync(join(dataDirectory, 'control.sqlite'), { readOnly: true });
  return database.prepare(sql).all();
}
