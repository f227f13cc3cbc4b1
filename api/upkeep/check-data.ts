// Reads everything that is sealed, from its first bit to its last. Beside the seals it looks at what they cannot tell: a
// file that the store names and that is gone, and one that lies where another belongs.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { columnsOf, nameFile, placeOfRelease, readPersonFiles } from '../datasets/index.ts';
import { sealedFilesIn } from '../keys/index.ts';
import type { Store } from '../store/index.ts';
import {
  checkSealedFile,
  KeyDestroyed,
  type Keyring,
  openVault,
  readFileNames,
  SealBroken,
  type SealFault,
} from '../vault/index.ts';

/** One thing that is wrong, named as precisely as can be. */
export interface DataFault {
  /** The path in the data directory, or the key's name. */
  readonly file: string;
  readonly fault: SealFault['at'] | 'missing' | 'elsewhere' | 'key-broken';
  readonly dataset?: string;
  readonly part?: string;
  readonly column?: string;
  /** Where it lies in its row of the store. */
  readonly release?: string;
}

/** How far a check is. */
export interface CheckProgress {
  readonly fileCount: number;
  readonly byteCount: number;
}

/** What a check is made of. */
export interface Checked {
  readonly dataDirectory: string;
  readonly keyring: Keyring;
  readonly store: Store;
}

/**
 * Checks every key and every sealed file of a data directory; the service may go on meanwhile.
 *
 * @returns what was looked at, and everything that is wrong
 */
export async function checkData(
  checked: Checked,
  onProgress: (progress: CheckProgress) => void,
): Promise<CheckProgress & { readonly faults: readonly DataFault[] }> {
  const faults = [...(await brokenKeys(checked)), ...(await brokenReleases(checked))];
  const seen = new Set<string>();
  let byteCount = 0;
  for await (const file of sealedFilesIn(checked.dataDirectory)) {
    const bytes = await sizeOf(join(checked.dataDirectory, file));
    const fault = await faultOf(checked, file).catch(noneWhenGone);
    if (fault !== undefined) faults.push({ file, fault, ...(await describe(checked.store, file)) });
    seen.add(file);
    byteCount += bytes;
    onProgress({ fileCount: seen.size, byteCount });
  }
  for (const file of await namedFiles(checked.store)) {
    // What was made while we looked is not missing.
    if (seen.has(file) || (await isThere(join(checked.dataDirectory, file)))) continue;
    faults.push({ file, fault: 'missing', ...(await describe(checked.store, file)) });
  }
  return { fileCount: seen.size, byteCount, faults };
}

async function faultOf({ dataDirectory, keyring }: Checked, file: string): Promise<DataFault['fault'] | undefined> {
  const path = join(dataDirectory, file);
  const names = await readFileNames(path);
  const expected = nameFile(file)?.fileId;
  if (expected !== undefined && names?.some(({ fileId }) => fileId !== expected)) {
    // A changed bit in a name is no other file: only one that opens under the name inside it is.
    const sound = await checkSealedFile(keyring, path);
    return sound === undefined ? 'elsewhere' : sound.at;
  }
  return (await checkSealedFile(keyring, path))?.at;
}

/** Releases that lie in their rows; those that are files are checked as files. */
async function brokenReleases({ keyring, store }: Checked): Promise<DataFault[]> {
  const vault = openVault(keyring);
  const faults: DataFault[] = [];
  const inRows = store.db.selectFrom('releases').where('sealed_bytes', 'is not', null);
  for (const { release_id: release } of await inRows.select('release_id').execute()) {
    const found = inRows.select('sealed_bytes').where('release_id', '=', release);
    const { sealed_bytes: sealed } = await found.executeTakeFirstOrThrow();
    try {
      vault.openBytes(placeOfRelease(release), sealed ?? new Uint8Array());
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      faults.push({ file: 'control.sqlite', fault: 'header', release });
    }
  }
  return faults;
}

async function brokenKeys({ keyring }: Checked): Promise<DataFault[]> {
  const owners = new Set((await keyring.list()).map(({ owner }) => owner));
  const faults: DataFault[] = [];
  for (const owner of owners) {
    await keyring.current(owner).catch((error: unknown) => {
      if (error instanceof KeyDestroyed) return;
      faults.push({ file: 'control.sqlite', fault: 'key-broken', dataset: owner });
    });
  }
  return faults;
}

/** Every file of parts, originals, persons, layouts and releases that the store names. */
async function namedFiles(store: Store): Promise<readonly string[]> {
  const { db } = store;
  const parts = await db
    .selectFrom('parts')
    .innerJoin('datasets', 'datasets.dataset_id', 'parts.dataset_id')
    .select(['parts.part_id', 'datasets.columns'])
    .execute();
  const segments = await db.selectFrom('original_segments').selectAll().execute();
  // Nodes that are persons too have one file for both.
  const persons = await readPersonFiles(store);
  const releases = await db.selectFrom('releases').select('sealed_path').where('sealed_path', '!=', '').execute();
  const layouts = await db.selectFrom('layouts').selectAll().where('state', '=', 'ready').execute();
  return [
    ...parts.flatMap((part) =>
      columnsOf(part.columns).map((_, index) => join('parts', part.part_id, `column-${index}.sealed`)),
    ),
    ...segments.map((segment) => join('originals', segment.original_id, `${segment.position}.sealed`)),
    ...new Set(persons.map(({ collaborationId, name }) => join('persons', collaborationId, name))),
    ...releases.map((release) => release.sealed_path),
    ...layouts.flatMap((layout) =>
      Array.from({ length: layout.file_count }, (_, index) =>
        join('layouts', layout.collaboration_id, `${layout.layout_id}-${index}.sealed`),
      ),
    ),
  ];
}

async function describe({ db }: Store, file: string): Promise<Omit<DataFault, 'file' | 'fault'>> {
  const column = nameFile(file)?.column;
  if (column === undefined) return {};
  const { partId, index } = column;
  const row = await db
    .selectFrom('parts')
    .innerJoin('datasets', 'datasets.dataset_id', 'parts.dataset_id')
    .select(['datasets.dataset_id', 'datasets.columns'])
    .where('parts.part_id', '=', partId)
    .executeTakeFirst();
  if (row === undefined) return { part: partId };
  const name = columnsOf(row.columns)[index]?.name;
  return { dataset: row.dataset_id, part: partId, ...(name === undefined ? {} : { column: name }) };
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

function noneWhenGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
