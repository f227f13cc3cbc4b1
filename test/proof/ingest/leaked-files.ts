import { lstatSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type StoredData, textOf } from './stored-data.ts';

/** A file or an empty folder that nothing names, by its path, with what it takes of the disk. */
export interface Leak {
  readonly path: string;
  readonly bytes: number;
}

type Known = (data: StoredData, ...names: string[]) => boolean;

const always: Known = () => true;
const has =
  (table: string, ...fields: string[]): Known =>
  (data, ...names) =>
    data.rows(table).some((row) => fields.every((field, index) => String(row[field]) === names[index]));

// Of all that may lie in a data directory, what each kind of file is named by. What is not listed is a leak, so that
// whoever adds a kind of file must say here when it may be there.
const KINDS: readonly (readonly [RegExp, Known])[] = [
  [/^(?:control|log-index)\.sqlite(?:-wal|-shm)?$/, always],
  [/^keys\/(?:issuer\.(?:private|jwks)\.json|log\.key|receipt\.key|master\.key|root\.wrapped|fingerprint)$/, always],
  [/^log\/(?:journal|checkpoint|durable-mark|keys|lock(?:-journal)?)$/, always],
  [/^log\/tile\/(?:\d+|entries)\/(?:x\d{3}\/)*\d{3}(?:\.p\/\d+)?$/, always],
  [/^originals\/([^/]+)\/(\d+)\.sealed$/, (data, id = '', position = '') => isSegmentNamed(data, id, position)],
  [/^parts\/([^/]+)\/column-(\d+)\.sealed$/, (data, id = '', index = '') => isColumnNamed(data, id, index)],
  [/^persons\/([^/]+)\/([^/]+)$/, has('person_columns', 'collaboration_id', 'file_name')],
  [/^persons\/([^/]+)\/([^/]+)$/, has('node_columns', 'collaboration_id', 'nodes_file')],
  [/^persons\/([^/]+)\/([^/]+)$/, has('node_columns', 'collaboration_id', 'links_file')],
  [/^persons\/([^/]+)\/([^/]+)$/, has('node_columns', 'collaboration_id', 'singles_file')],
  [/^persons\/([^/]+)\/([^/]+)$/, (data, id = '', name = '') => isOfSpine(data, id, name)],
  [/^verdicts\/([^/]+)$/, has('consent_columns', 'file_name')],
  [/^layouts\/([^/]+)\/(lay-[^-]+)-\d+\.sealed$/, has('layouts', 'collaboration_id', 'layout_id')],
  [/^(releases\/.+)$/, has('releases', 'sealed_path')],
];

// A folder of a kind may be empty; one of a thing that is gone may not.
const FOLDERS: readonly (readonly [RegExp, Known])[] = [
  [/^[a-z]+$/, always],
  [/^log\/drafts$/, always],
  [/^log\/tile\/.+\.p$/, always],
  [/^originals\/([^/]+)$/, has('uploads', 'upload_id')],
  [/^persons\/([^/]+)$/, has('collaborations', 'collaboration_id')],
  [/^layouts\/([^/]+)$/, has('collaborations', 'collaboration_id')],
];

function isNamed(data: StoredData, path: string, pattern: RegExp, isKnown: Known): boolean {
  const match = pattern.exec(path);
  return match !== null && isKnown(data, ...match.slice(1));
}

// A part that no snapshot names is of no use to anybody, though the store should have a row of it.
function isColumnNamed(data: StoredData, partId: string, index: string): boolean {
  const part = data.rows('parts').find(({ part_id: id }) => id === partId);
  const dataset = data.rows('datasets').find(({ dataset_id: id }) => id === part?.dataset_id);
  if (dataset === undefined || !has('snapshot_parts', 'part_id')(data, partId)) return false;
  return Number(index) < (JSON.parse(textOf(dataset, 'columns')) as unknown[]).length;
}

function isOfSpine({ rows }: StoredData, collaborationId: string, name: string): boolean {
  const spines = rows('spines').filter(({ collaboration_id: id }) => id === collaborationId);
  return spines.some((spine) => Object.values(JSON.parse(textOf(spine, 'entries')) as object).includes(name));
}

function isSegmentNamed(data: StoredData, originalId: string, position: string): boolean {
  if (!has('original_segments', 'original_id', 'position')(data, originalId, position)) return false;
  const isOnItsWay = data
    .rows('uploads')
    .some(({ upload_id: id, state }) => id === originalId && state !== 'published');
  const ofParts = data.rows('parts').filter(({ original_id: id }) => id === originalId);
  return isOnItsWay || ofParts.some((part) => has('snapshot_parts', 'part_id')(data, textOf(part, 'part_id')));
}

/** Finds every file below the data directory that nothing names. To be asked while nothing is under way. */
export function findLeaks(data: StoredData): readonly Leak[] {
  const leaked = leavesBelow(data.directory).filter(({ path, isFolder }) => {
    if (isFolder) return !FOLDERS.some(([pattern, isKnown]) => isNamed(data, path, pattern, isKnown));
    return !KINDS.some(([pattern, isKnown]) => isNamed(data, path, pattern, isKnown));
  });
  return leaked.map(({ path, bytes }) => ({ path, bytes }));
}

/** Finds what the service left in its temporary folder, beside the programs of its workers. */
export function findTemporaryLeaks(directory: string): readonly Leak[] {
  const left = leavesBelow(directory).filter(({ path }) => !path.startsWith('galley-runtime-'));
  return left.map(({ path, bytes }) => ({ path, bytes }));
}

function leavesBelow(directory: string): readonly (Leak & { readonly isFolder: boolean })[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => {
    const whole = join(entry.parentPath, entry.name);
    const isFolder = entry.isDirectory();
    if (isFolder && readdirSync(whole).length > 0) return [];
    return [{ path: relative(directory, whole), bytes: isFolder ? 0 : lstatSync(whole).size, isFolder }];
  });
}
