// What lies in a data directory, looked at from outside: the tables by their rows alone, the sealed files by the vault.
// No flow of the service is asked, as it is the flows that are on trial.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readColumnChunks } from '../../../api/datasets/column-file.ts';
import { columnPlace, entriesPlace, originalPlace, personPlace } from '../../../api/datasets/places.ts';
import { openMasterKey } from '../../../api/keys/index.ts';
import type { Kitchen } from '../../../api/kitchen/index.ts';
import { type KeyShelf, type KeyState, openKeyring, openVault, type SealedPlace } from '../../../api/vault/index.ts';

/** A row of a table, as SQLite has it. */
export type Row = Readonly<Record<string, string | number | bigint | null | Uint8Array>>;

/** A data directory as it lies there. */
export interface StoredData {
  readonly directory: string;
  /** The rows of a table; none when there is no such table. */
  readonly rows: (table: string) => readonly Row[];
  /** The names of all tables. */
  readonly tables: readonly string[];
  /** Just enough of a kitchen to open what is sealed. */
  readonly kitchen: Kitchen;
}

/** Reads all tables of a data directory, whether or not a service runs on it, and opens its vault. */
export async function readStoredData(directory: string): Promise<StoredData> {
  const db = new DatabaseSync(join(directory, 'control.sqlite'), { readOnly: true });
  try {
    const names = db.prepare(`select name from sqlite_schema where type = 'table'`).all();
    const tables = names.map(({ name }) => String(name));
    const rows = new Map(tables.map((name) => [name, db.prepare(`select * from "${name}"`).all() as Row[]]));
    const vault = openVault(await openKeysOf(directory, rows.get('dataset_keys') ?? []));
    const kitchen = { config: { dataDirectory: directory }, vault } as unknown as Kitchen;
    return { directory, tables, rows: (table) => rows.get(table) ?? [], kitchen };
  } finally {
    db.close();
  }
}

// Only to open what is there: to be asked for a key that is not would be a fault of what is on trial.
async function openKeysOf(dataDirectory: string, rows: readonly Row[]): ReturnType<typeof openKeyring> {
  const keys = rows.map((row) => ({
    owner: textOf(row, 'dataset_id'),
    version: Number(row.version),
    rootVersion: Number(row.root_version),
    wrapped: row.wrapped as Uint8Array,
    state: textOf(row, 'state') as KeyState,
    createdAtMs: Number(row.created_at_ms),
  }));
  const refuse = () => Promise.reject(new Error('the keys are only read here'));
  const shelf: KeyShelf = {
    list: async (owner) => keys.filter((key) => owner === undefined || key.owner === owner),
    ...{ addFirst: refuse, put: refuse, remove: refuse, destroy: refuse },
  };
  const master = { kind: 'file', file: null } as const;
  return await openKeyring({ dataDirectory, master: () => openMasterKey({ dataDirectory, master }, false), shelf });
}

/** The text of a field. */
export function textOf(row: Row, field: string): string {
  return String(row[field]);
}

/** The segments of an original, in order: where each lies and how long it is said to be. */
export function segmentsOf(
  { rows, kitchen }: StoredData,
  originalId: string,
): readonly { readonly position: number; readonly byteCount: number; readonly place: SealedPlace }[] {
  return rows('original_segments')
    .filter((row) => row.original_id === originalId)
    .map((row) => ({ position: Number(row.position), byteCount: Number(row.byte_count) }))
    .toSorted((a, b) => a.position - b.position)
    .map((segment) => ({ ...segment, place: originalPlace(kitchen, originalId, segment.position) }));
}

/** The plain bytes of a sealed file, checked as they are read, and their SHA-256. */
export async function openSealed(data: StoredData, place: SealedPlace): Promise<{ bytes: Buffer; sha256: string }> {
  const file = await data.kitchen.vault.openFile(place);
  try {
    const bytes = Buffer.concat(await Array.fromAsync(file.chunks()));
    return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
  } finally {
    await file.close();
  }
}

/** The bytes of a whole original. */
export async function openWholeOriginal(data: StoredData, originalId: string): Promise<Buffer> {
  const opened = segmentsOf(data, originalId).map(({ place }) => openSealed(data, place));
  return Buffer.concat((await Promise.all(opened)).map(({ bytes }) => bytes));
}

/** The encoded chunks of a column of a part. */
export function chunksOfColumn(
  data: StoredData,
  part: { readonly partId: string; readonly datasetId: string },
  index: number,
): AsyncGenerator<Uint8Array, void> {
  return readColumnChunks(data.kitchen, columnPlace(data.kitchen, part, index));
}

/** Where a column of a part lies. */
export function placeOfColumn(
  { kitchen }: StoredData,
  part: { readonly partId: string; readonly datasetId: string },
  index: number,
): SealedPlace {
  return columnPlace(kitchen, part, index);
}

/** Where the files of persons lie, of all collaborations: columns of nodes and persons, links, and the spine itself. */
export function placesOfPersons({ rows, kitchen }: StoredData): readonly (readonly [string, SealedPlace])[] {
  const ofParts = [...rows('node_columns'), ...rows('person_columns')].flatMap((row) => {
    const datasetId = String(rows('parts').find(({ part_id: id }) => id === row.part_id)?.dataset_id);
    const names = [row.file_name, row.nodes_file, row.links_file, row.singles_file].filter((name) => name != null);
    const collaborationId = textOf(row, 'collaboration_id');
    return names.map((name) => {
      const place = personPlace(kitchen, collaborationId, { fileName: String(name), datasetId });
      return [collaborationId, place] as const;
    });
  });
  const ofSpines = rows('spines').flatMap((row) => {
    const collaborationId = textOf(row, 'collaboration_id');
    const names = Object.values(JSON.parse(textOf(row, 'entries')) as Record<string, string>);
    return names.map((name) => [collaborationId, entriesPlace(kitchen, collaborationId, name)] as const);
  });
  return [...new Map([...ofParts, ...ofSpines].map((entry) => [entry[1].path, entry])).values()];
}
