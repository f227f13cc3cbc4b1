import { type TableView, tableName } from '../collaboration/table-view.ts';
import { columnsNeeded } from '../plan/columns-needed.ts';
import { FunctionNames, type PrintedFunction } from '../print/function-names.ts';
import { printContributions } from '../print/print-aggregate.ts';
import { byStores, type ReleasedUnit, releasedUnits, type ThresholdAggregate } from './threshold-plan.ts';

/**
 * An aggregation that may have left in threshold mode, as later ones are compared with it.
 *
 * It holds no person and no number: who was in which group is counted again, behind the wall, from the snapshots of
 * then. So nothing about persons is stored that their erasure would have to find.
 */
export interface EarlierGroups {
  /** Prints `p`, `k0`…, `s1`… over tables named for their snapshots; `$1` is the salt. */
  readonly sql: string;
  /** Scoring functions that the SQL calls; records from before there were any have none. */
  readonly functions?: readonly PrintedFunction[];
  readonly keyCount: number;
  /** The unit of each statistic; `null` for one that did not leave. */
  readonly units: readonly ReleasedUnit[];
  /** Groups with fewer persons did not leave. */
  readonly minGroupSize: number;
  readonly tables: readonly SnapshotTable[];
}

/** One snapshot of a table, under the name that says which it is. */
export interface SnapshotTable {
  readonly name: string;
  readonly datasetId: string;
  readonly snapshotId: string;
  readonly columns: readonly string[];
}

/**
 * Most earlier aggregations over the tables of a question. Each is counted again with every new one, so that the work
 * grows with them: at thirty-two, over some hundred thousand persons, a question takes minutes.
 */
export const MAX_EARLIER_AGGREGATIONS_COUNT = 32;

/** What later questions will compare themselves with. */
export function earlierGroupsOf(
  aggregate: ThresholdAggregate,
  snapshots: ReadonlyMap<string, { readonly snapshotId: string }>,
): EarlierGroups {
  const named = ofSnapshots(aggregate, snapshots);
  const functions = new FunctionNames();
  return {
    sql: printContributions(named, functions),
    functions: functions.list(),
    keyCount: named.keys.length,
    units: releasedUnits(named),
    minGroupSize: named.minGroupSize,
    tables: tablesOf(named, snapshots),
  };
}

/** The tables that an exact aggregation over named snapshots reads when it runs, its store columns included. */
export function neededSnapshots(
  aggregate: ThresholdAggregate,
  snapshots: ReadonlyMap<string, { readonly snapshotId: string }>,
): readonly SnapshotTable[] {
  return [aggregate, ...byStores(aggregate)].flatMap((a) => tablesOf(a, snapshots));
}

function tablesOf(
  aggregate: ThresholdAggregate,
  snapshots: ReadonlyMap<string, { readonly snapshotId: string }>,
): readonly SnapshotTable[] {
  return columnsNeeded(aggregate).map(({ table: { view }, columns }) => ({
    name: tableName(view),
    datasetId: view.datasetId,
    snapshotId: snapshots.get(view.datasetId)?.snapshotId ?? '',
    columns,
  }));
}

/** The same aggregation over tables whose names say of which snapshot they are: several stand side by side in a job. */
export function ofSnapshots(
  aggregate: ThresholdAggregate,
  snapshots: ReadonlyMap<string, { readonly snapshotId: string }>,
): ThresholdAggregate {
  const named = (view: TableView): TableView => ({
    ...view,
    alias: `${view.alias} of ${snapshots.get(view.datasetId)?.snapshotId ?? ''}`,
  });
  return withViews(aggregate, named) as ThresholdAggregate;
}

/** A plan is plain values; wherever a view stands in it, at any depth, it is replaced. */
function withViews(value: unknown, change: (view: TableView) => TableView): unknown {
  if (Array.isArray(value)) return value.map((part) => withViews(part, change));
  if (typeof value !== 'object' || value === null) return value;
  const parts = Object.entries(value).map(([name, part]) => [
    name,
    name === 'view' ? change(part as TableView) : withViews(part, change),
  ]);
  return Object.fromEntries(parts);
}
