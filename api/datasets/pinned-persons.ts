import { digestOf, type Kitchen } from '../kitchen/index.ts';
import { anyOf, writtenOnce } from '../store/index.ts';
import { columnsOf, identifiersOf } from './dataset-columns.ts';
import { ensurePersonColumn } from './person-column.ts';
import type { TableSnapshot } from './table-snapshot.ts';

/** How often columns may be made again under a reader before it gives up: each time somebody published in between. */
const MAX_PINS_COUNT = 16;

/**
 * The person columns that one job reads, all of one spine: by part, the name of the file. Columns that are made anew have
 * new names, so that a job's tables go on naming the persons it began with.
 */
export type PinnedPersons = ReadonlyMap<string, string>;

/** Makes the persons of snapshots, where they are missing, and pins the columns of all of them at one moment. */
export async function pinPersons(
  kitchen: Kitchen,
  collaborationId: string,
  snapshots: Iterable<TableSnapshot>,
): Promise<PinnedPersons> {
  const partIds = [...snapshots].filter(namesPersons).flatMap((snapshot) => snapshot.partIds);
  for (let attempt = 0; attempt < MAX_PINS_COUNT; attempt += 1) {
    const pinned = await readPins(kitchen, collaborationId, partIds);
    const missing = partIds.filter((partId) => !pinned.has(partId));
    if (missing.length === 0) return pinned;
    for (const partId of missing) await ensurePersonColumn(kitchen, collaborationId, partId);
  }
  throw new Error('the persons of a snapshot are made again and again');
}

/** The columns of snapshots as they are, without those that are not made. */
export async function madePersons(
  kitchen: Kitchen,
  collaborationId: string,
  snapshots: Iterable<TableSnapshot>,
): Promise<PinnedPersons> {
  const partIds = [...snapshots].flatMap((snapshot) => snapshot.partIds);
  return await readPins(kitchen, collaborationId, partIds);
}

/** Names the rows of a snapshot together with their persons: whatever is counted of persons is kept under it. */
export function countedId({ contentId, partIds }: TableSnapshot, persons: PinnedPersons): string {
  return digestOf(JSON.stringify([contentId, partIds.map((partId) => persons.get(partId) ?? null)]));
}

/** Whether a snapshot has persons at all. */
export function namesPersons({ columns }: TableSnapshot): boolean {
  return identifiersOf(columnsOf(columns)).length > 0;
}

interface PartsOf {
  readonly collaborationId: string;
  readonly partIds: readonly string[];
}

const findColumns = writtenOnce((db, of: PartsOf) =>
  db
    .selectFrom('person_columns')
    .select(['part_id', 'file_name'])
    .where('collaboration_id', '=', of.collaborationId)
    .where('part_id', 'in', anyOf(of.partIds)),
);

async function readPins(kitchen: Kitchen, collaborationId: string, partIds: readonly string[]): Promise<PinnedPersons> {
  if (partIds.length === 0) return new Map();
  const rows = await findColumns(kitchen.store.db, { collaborationId, partIds });
  return new Map(rows.map((row) => [row.part_id, row.file_name]));
}
