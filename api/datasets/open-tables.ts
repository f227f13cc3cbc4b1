import { type PlanTable, tableName } from '../../policies/index.ts';
import type { TableSource } from '../../sandbox/index.ts';
import type { Kitchen, Work } from '../kitchen/index.ts';
import { readColumnChunks } from './column-file.ts';
import { columnsOf, identifierOf, isIdentifier, wallTypeOf } from './dataset-columns.ts';
import { ensurePersonColumn } from './person-column.ts';
import { columnPlace, personPlace } from './snapshot-place.ts';
import { assertSynthetic } from './synthetic-only.ts';
import type { TableSnapshot } from './table-snapshot.ts';

/**
 * Finds the newest snapshot of each dataset; a dataset without one is missing from the answer.
 *
 * @throws {ServiceError} SYNTHETIC_ONLY behind the development wall
 */
export async function newestSnapshots(
  kitchen: Kitchen,
  datasetIds: readonly string[],
): Promise<ReadonlyMap<string, TableSnapshot>> {
  await assertSynthetic(kitchen, datasetIds);
  const rows = await publishedSnapshots(kitchen)
    .where('snapshots.dataset_id', 'in', [...new Set(datasetIds)])
    .orderBy('snapshots.published_at_ms')
    .execute();
  return new Map(rows.map((r) => [r.datasetId, r]));
}

/** Finds snapshots by their ids; one that was erased is missing from the answer. */
export async function snapshotsById(
  kitchen: Kitchen,
  snapshotIds: readonly string[],
): Promise<ReadonlyMap<string, TableSnapshot>> {
  const rows = await publishedSnapshots(kitchen)
    .where('snapshots.snapshot_id', 'in', [...new Set(snapshotIds)])
    .execute();
  return new Map(rows.map((r) => [r.snapshotId, r]));
}

function publishedSnapshots(kitchen: Kitchen) {
  return kitchen.store.db
    .selectFrom('snapshots')
    .innerJoin('datasets', 'datasets.dataset_id', 'snapshots.dataset_id')
    .select(['snapshots.dataset_id as datasetId', 'snapshots.snapshot_id as snapshotId', 'datasets.columns'])
    .where('snapshots.state', '=', 'published');
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
export async function openTables(
  kitchen: Kitchen,
  collaborationId: string,
  needed: readonly NeededTable[],
  { snapshots, work }: { readonly snapshots: ReadonlyMap<string, TableSnapshot>; readonly work: Work },
): Promise<TableSource[]> {
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
    tables.push(await openTable(kitchen, collaborationId, { name, columns, snapshot, work }));
  }
  return tables;
}

/** Opens the named columns of one snapshot, under a name of the caller's choice. */
export async function openTable(
  kitchen: Kitchen,
  collaborationId: string,
  of: {
    readonly name: string;
    readonly columns: ReadonlySet<string>;
    readonly snapshot: TableSnapshot;
    readonly work: Work;
  },
): Promise<TableSource> {
  const { name, columns, snapshot, work } = of;
  if (identifierOf(columnsOf(snapshot.columns)) !== null) {
    await work.waitFor(ensurePersonColumn(kitchen, collaborationId, snapshot.snapshotId));
  }
  return { name, columns: columnSources(kitchen, collaborationId, snapshot, columns) };
}

function columnSources(
  kitchen: Kitchen,
  collaborationId: string,
  snapshot: TableSnapshot,
  names: ReadonlySet<string>,
): TableSource['columns'] {
  const { snapshotId } = snapshot;
  return columnsOf(snapshot.columns).flatMap((column, index) => {
    if (!names.has(column.name)) return [];
    const place = isIdentifier(column)
      ? personPlace(kitchen, collaborationId, snapshotId)
      : columnPlace(kitchen, snapshotId, index);
    return [{ name: column.name, type: wallTypeOf(column), chunks: () => readColumnChunks(kitchen, place) }];
  });
}
