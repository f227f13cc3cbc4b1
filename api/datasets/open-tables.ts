import { type PlanTable, tableName } from '../../policies/index.ts';
import type { TableSource } from '../../sandbox/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { readColumnChunks } from './column-file.ts';
import { columnsOf, isIdentifier, wallTypeOf } from './dataset-columns.ts';
import { ensurePersonColumn } from './person-column.ts';
import { columnPlace, personPlace } from './snapshot-place.ts';

/** The newest snapshot of a bound table: what a question sees. */
export interface TableSnapshot {
  readonly datasetId: string;
  readonly snapshotId: string;
  readonly columns: string;
}

/** Finds the newest snapshot of each dataset; a dataset without one is missing from the answer. */
export async function newestSnapshots(
  kitchen: Kitchen,
  datasetIds: readonly string[],
): Promise<ReadonlyMap<string, TableSnapshot>> {
  const rows = await kitchen.store.db
    .selectFrom('snapshots')
    .innerJoin('datasets', 'datasets.dataset_id', 'snapshots.dataset_id')
    .select(['snapshots.dataset_id', 'snapshots.snapshot_id', 'datasets.columns'])
    .where('snapshots.dataset_id', 'in', [...new Set(datasetIds)])
    .where('snapshots.state', '=', 'published')
    .orderBy('snapshots.published_at_ms')
    .execute();
  return new Map(
    rows.map((r) => [r.dataset_id, { datasetId: r.dataset_id, snapshotId: r.snapshot_id, columns: r.columns }]),
  );
}

/** What a job is given of one table. */
export interface NeededTable {
  readonly table: PlanTable;
  readonly columns: readonly string[];
}

/**
 * Opens the tables of a job: the named columns of the given snapshots and no others.
 *
 * The identifier is replaced by the collaboration's persons; the vault column itself is never given to a query.
 */
export async function openTables(
  kitchen: Kitchen,
  collaborationId: string,
  needed: readonly NeededTable[],
  snapshots: ReadonlyMap<string, TableSnapshot>,
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
    await ensurePersonColumn(kitchen, collaborationId, snapshot.snapshotId);
    tables.push({ name, columns: columnSources(kitchen, collaborationId, snapshot, columns) });
  }
  return tables;
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
