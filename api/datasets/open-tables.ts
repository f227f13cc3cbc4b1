import { type PlanTable, tableName } from '../../policies/index.ts';
import type { TableSource } from '../../sandbox/index.ts';
import type { Kitchen, Work } from '../kitchen/index.ts';
import { anyOf, type Database, writtenOnce } from '../store/index.ts';
import { contentName, dayOf, type NamedState, readContentName, readVersions, stateOf } from './counting-state.ts';
import { columnsOf, isIdentifier, wallTypeOf } from './dataset-columns.ts';
import { ensureHeavyPersons } from './heavy-persons.ts';
import { namesPersons, type PinnedPersons, pinPersons } from './pinned-persons.ts';
import { ensureVerdicts } from './row-verdicts.ts';
import { columnChunks, personChunks } from './snapshot-chunks.ts';
import { assertSynthetic } from './synthetic-only.ts';
import type { TableSnapshot } from './table-snapshot.ts';

/**
 * Finds the newest snapshot of each dataset; a dataset without one is missing from the answer.
 *
 * @throws {ServiceError} SYNTHETIC_ONLY behind the development wall
 */
export async function newestSnapshots(
  kitchen: Kitchen,
  collaborationId: string,
  datasetIds: readonly string[],
): Promise<ReadonlyMap<string, TableSnapshot>> {
  await assertSynthetic(kitchen, datasetIds);
  const rows = await findPublished(kitchen.store.db, { datasetIds });
  const newest = new Map(rows.map((r) => [r.datasetId, r]));
  return new Map((await asOfNow(kitchen, collaborationId, [...newest.values()])).map((s) => [s.datasetId, s]));
}

/** Finds snapshots by their ids, as they count now; one that was erased is missing from the answer. */
export async function snapshotsById(
  kitchen: Kitchen,
  collaborationId: string,
  snapshotIds: readonly string[],
): Promise<ReadonlyMap<string, TableSnapshot>> {
  const rows = await publishedSnapshots(kitchen.store.db)
    .where('snapshots.snapshot_id', 'in', [...new Set(snapshotIds)])
    .execute();
  return new Map((await asOfNow(kitchen, collaborationId, rows)).map((s) => [s.snapshotId, s]));
}

/**
 * Finds contents as they were when they were named, opt-outs and days of then included: an exact aggregation is compared
 * with what had left. What an erasure has changed since is missing from the answer.
 */
export async function contentsByName(
  kitchen: Kitchen,
  collaborationId: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, TableSnapshot>> {
  const named = [...new Set(names)].map((name) => ({ name, ...readContentName(name) }));
  const rows = await publishedSnapshots(kitchen.store.db)
    .where('snapshots.snapshot_id', 'in', [...new Set(named.map((n) => n.snapshotId))])
    .execute();
  const contents = new Map<string, TableSnapshot>();
  for (const { name, snapshotId, revision, ...state } of named) {
    const row = rows.find((r) => r.snapshotId === snapshotId && r.revision === revision);
    if (row === undefined) continue;
    const [content] = await withParts(kitchen, collaborationId, [{ ...row, state }]);
    if (content !== undefined) contents.set(name, content);
  }
  return contents;
}

function publishedSnapshots(db: Database) {
  return db
    .selectFrom('snapshots')
    .innerJoin('datasets', 'datasets.dataset_id', 'snapshots.dataset_id')
    .select([
      'snapshots.dataset_id as datasetId',
      'snapshots.snapshot_id as snapshotId',
      'snapshots.revision',
      'datasets.columns',
      'datasets.owner',
    ])
    .where('snapshots.state', '=', 'published');
}

const findPublished = writtenOnce((db, of: { readonly datasetIds: readonly string[] }) =>
  publishedSnapshots(db)
    .where('snapshots.dataset_id', 'in', anyOf(of.datasetIds))
    .orderBy('snapshots.published_at_ms')
    .orderBy('snapshots.leaf_index'),
);

interface FoundSnapshot {
  readonly datasetId: string;
  readonly snapshotId: string;
  readonly revision: number;
  readonly columns: string;
  readonly owner: string;
}

async function asOfNow(
  kitchen: Kitchen,
  collaborationId: string,
  rows: readonly FoundSnapshot[],
): Promise<TableSnapshot[]> {
  const owners = rows.map((row) => row.owner);
  const versions = await readVersions(kitchen, owners);
  const day = dayOf(kitchen.nowMs());
  const stated = rows.map((row) => ({ ...row, state: { version: versions.get(row.owner) ?? 0, day } }));
  return await withParts(kitchen, collaborationId, stated);
}

const findParts = writtenOnce((db, of: { readonly ids: readonly string[] }) =>
  db.selectFrom('snapshot_parts').selectAll().where('snapshot_id', 'in', anyOf(of.ids)).orderBy('position'),
);

async function withParts(
  kitchen: Kitchen,
  collaborationId: string,
  rows: readonly (FoundSnapshot & { readonly state: NamedState })[],
): Promise<TableSnapshot[]> {
  const ids = rows.map((r) => r.snapshotId);
  const parts = await findParts(kitchen.store.db, { ids });
  const bySnapshot = Map.groupBy(parts, (p) => p.snapshot_id);
  return rows.map(({ datasetId, snapshotId, revision, columns, owner, state }) => {
    const counting = stateOf({ owner, columns }, { collaborationId, ...state });
    const contentId = contentName(snapshotId, revision, counting);
    const partIds = (bySnapshot.get(snapshotId) ?? []).map((p) => p.part_id);
    return { datasetId, snapshotId, contentId, columns, counting, partIds };
  });
}

/**
 * Makes and pins the persons of the tables of a job, and counts who has the most rows of each. Everything that the job
 * reads is of these persons, whatever is published while it runs.
 */
export async function preparePersons(
  kitchen: Kitchen,
  collaborationId: string,
  snapshots: Iterable<TableSnapshot>,
  work: Work,
): Promise<PinnedPersons> {
  let pinned: PinnedPersons = new Map();
  const named = [...snapshots].filter(namesPersons);
  const prepare = async () => {
    pinned = await pinPersons(kitchen, collaborationId, named);
    for (const { counting, datasetId, partIds } of named) {
      if (counting === null) continue;
      const parts = partIds.map((partId) => ({ partId, datasetId }));
      await ensureVerdicts(kitchen, counting, parts);
    }
    await ensureHeavyPersons(kitchen, collaborationId, { snapshots: named, persons: pinned });
  };
  if (named.length > 0) await work.waitFor(prepare());
  return pinned;
}

/** The snapshots of the tables that a job needs. */
export function neededTables(
  needed: readonly NeededTable[],
  snapshots: ReadonlyMap<string, TableSnapshot>,
): readonly TableSnapshot[] {
  const ids = new Set(needed.map(({ table }) => table.view.datasetId));
  return [...ids].flatMap((id) => snapshots.get(id) ?? []);
}

/** What a job is given of one table. */
export interface NeededTable {
  readonly table: PlanTable;
  readonly columns: readonly string[];
}

/**
 * Opens the tables of a job: the named columns of the given snapshots and no others.
 *
 * The identifier is replaced by the collaboration's persons; the vault column itself is never given to a query. A
 * public table has neither.
 */
export function openTables(
  kitchen: Kitchen,
  collaborationId: string,
  needed: readonly NeededTable[],
  { snapshots, persons }: { readonly snapshots: ReadonlyMap<string, TableSnapshot>; readonly persons: PinnedPersons },
): TableSource[] {
  const byName = new Map<string, { view: PlanTable['view']; columns: Set<string> }>();
  for (const { table, columns } of needed) {
    const name = tableName(table.view);
    const known = byName.get(name) ?? { view: table.view, columns: new Set<string>() };
    for (const column of columns) known.columns.add(column);
    byName.set(name, known);
  }
  const tables: TableSource[] = [];
  for (const [name, { view, columns }] of byName) {
    const snapshot = snapshots.get(view.datasetId);
    if (snapshot === undefined) throw new Error(`dataset \`${view.datasetId}\` has no snapshot`);
    tables.push(openTable(kitchen, collaborationId, { name, columns, snapshot, persons }));
  }
  return tables;
}

/** Opens the named columns of one snapshot, under a name of the caller's choice. */
export function openTable(
  kitchen: Kitchen,
  collaborationId: string,
  of: {
    readonly name: string;
    readonly columns: ReadonlySet<string>;
    readonly snapshot: TableSnapshot;
    readonly persons: PinnedPersons;
  },
): TableSource {
  const { name, columns, ...rows } = of;
  return { name, columns: columnSources(kitchen, collaborationId, rows, columns) };
}

function columnSources(
  kitchen: Kitchen,
  collaborationId: string,
  { snapshot, persons }: { readonly snapshot: TableSnapshot; readonly persons: PinnedPersons },
  names: ReadonlySet<string>,
): TableSource['columns'] {
  return columnsOf(snapshot.columns).flatMap((column, index) => {
    if (!names.has(column.name)) return [];
    const chunks = () =>
      isIdentifier(column)
        ? personChunks(kitchen, collaborationId, { snapshot, persons })
        : columnChunks(kitchen, snapshot, index);
    return [{ name: column.name, type: wallTypeOf(column), chunks }];
  });
}
