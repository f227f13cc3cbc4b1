import { canonicalText, type EarlierGroups, earlierGroupsOf, type ThresholdAggregate } from '../../policies/index.ts';
import { columnsOf, contentsByName, identifiersOf, type TableSnapshot } from '../datasets/index.ts';
import { ServiceError } from '../grpc/index.ts';
import { digestOf, type Kitchen } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';

/** The lineages of one collaboration whose exact aggregations are compared with each other. */
export interface ExactPlace {
  readonly collaborationId: string;
  readonly datasetIds: readonly string[];
}

/**
 * Counts the exact aggregations that touch some lineages, whoever asked them; equal ones count once. Those of which
 * nothing has left count too: a refusal must not tell of the data.
 */
export async function countExactAggregations(kitchen: Kitchen, place: ExactPlace): Promise<number> {
  const rows = await touching(kitchen, place);
  return new Set(rows.map((row) => row.aggregation_key)).size;
}

/** What is recorded of an exact aggregation. */
export interface ExactRecord extends ExactPlace {
  readonly aggregate: ThresholdAggregate;
  readonly releaseKey: string;
  readonly queryId: string;
  readonly snapshots: ReadonlyMap<string, TableSnapshot>;
}

/**
 * Records an exact aggregation before it runs. Of two questions at the same moment each is compared with the one that
 * was recorded first, however fast they run.
 */
export async function recordExactAggregation(kitchen: Kitchen, db: Database, exact: ExactRecord): Promise<void> {
  const groups = JSON.stringify(earlierGroupsOf(exact.aggregate, byContent(exact.snapshots)));
  await db
    .insertInto('exact_aggregations')
    .values({
      collaboration_id: exact.collaborationId,
      query_id: exact.queryId,
      release_key: exact.releaseKey,
      aggregation_key: digestOf(canonicalText(groups)),
      dataset_ids: JSON.stringify(exact.datasetIds),
      groups_sealed: kitchen.vault.sealBytes(labelOf(exact), Buffer.from(groups)),
      has_left: null,
      recorded_at_ms: kitchen.nowMs(),
    })
    // A question may aggregate the same twice; it leaves once.
    .onConflict((conflict) => conflict.columns(['query_id', 'release_key']).doNothing())
    .execute();
}

/**
 * Snapshots under the names of their contents: who counts is compared as it was when a number left, so that a person who
 * has opted out since is not told by the difference.
 */
export function byContent(
  snapshots: ReadonlyMap<string, TableSnapshot>,
): ReadonlyMap<string, { readonly snapshotId: string }> {
  return new Map([...snapshots].map(([datasetId, { contentId }]) => [datasetId, { snapshotId: contentId }]));
}

/**
 * Holds exact questions back whose history cannot be counted again, because rows of it were erased: of two exact numbers,
 * before and after, the difference would be the erased.
 *
 * It follows from what was asked and what was ordered, never from whether a row was found.
 *
 * @throws {ServiceError} NOT_ACCEPTED
 */
export async function assertHistoryIsWhole(kitchen: Kitchen, place: ExactPlace): Promise<void> {
  await assertOneIdentifier(kitchen, place.collaborationId);
  const rows = await touching(kitchen, place);
  const distinct = new Map(rows.map((row) => [row.aggregation_key, row]));
  if (rows.some(({ groups_sealed }) => groups_sealed.length === 0)) throw historyIsErased();
  const names = [...distinct.values()].flatMap((row) => groupsOf(kitchen, row).tables.map((t) => t.snapshotId));
  if (names.length === 0) return;
  const found = await contentsByName(kitchen, place.collaborationId, names);
  if (!names.every((name) => found.has(name))) throw historyIsErased();
}

function historyIsErased(): ServiceError {
  const message =
    'exact numbers have left over these tables before something was erased from them, and cannot be compared any more; ask in private mode';
  return new ServiceError('NOT_ACCEPTED', message);
}

/**
 * Holds exact questions back where a row may carry two identifiers: one more such row can make two persons one, and an
 * earlier number that is counted again with the persons of now would be told as if it had never been another.
 */
async function assertOneIdentifier(kitchen: Kitchen, collaborationId: string): Promise<void> {
  const bound = await kitchen.store.db
    .selectFrom('bindings')
    .innerJoin('datasets', 'datasets.dataset_id', 'bindings.dataset_id')
    .select(['datasets.columns', 'bindings.owner', 'bindings.alias'])
    .where('bindings.collaboration_id', '=', collaborationId)
    .execute();
  const linking = bound.find(({ columns }) => identifiersOf(columnsOf(columns)).length > 1);
  if (linking === undefined) return;
  const message = `exact numbers are not given where an upload may join two persons, and \`${linking.owner}.${linking.alias}\` has several identifiers a row; ask in private mode`;
  throw new ServiceError('NOT_ACCEPTED', message, { metadata: { owner: linking.owner } });
}

/**
 * Reads what an aggregation must be compared with: all over its lineages that were recorded before it, less those of
 * which nothing has left.
 */
export async function readEarlierGroups(
  kitchen: Kitchen,
  own: Pick<ExactRecord, 'collaborationId' | 'queryId' | 'releaseKey'>,
): Promise<readonly EarlierGroups[]> {
  const { entry_id: entryId, dataset_ids: datasetIds } = await kitchen.store.db
    .selectFrom('exact_aggregations')
    .select(['entry_id', 'dataset_ids'])
    .where('query_id', '=', own.queryId)
    .where('release_key', '=', own.releaseKey)
    .executeTakeFirstOrThrow();
  const place = { collaborationId: own.collaborationId, datasetIds: JSON.parse(datasetIds) as string[] };
  const rows = await touching(kitchen, place);
  const earlier = rows.filter((row) => row.entry_id < entryId && row.has_left !== 0);
  const distinct = new Map(earlier.map((row) => [row.aggregation_key, row]));
  return [...distinct.values()].map((row) => groupsOf(kitchen, row));
}

function groupsOf(
  kitchen: Kitchen,
  row: { readonly query_id: string; readonly release_key: string; readonly groups_sealed: Uint8Array },
): EarlierGroups {
  const label = labelOf({ queryId: row.query_id, releaseKey: row.release_key });
  return JSON.parse(Buffer.from(kitchen.vault.openBytes(label, row.groups_sealed)).toString()) as EarlierGroups;
}

/** Notes whether any group of an aggregation has left: one that gave nothing away holds nobody back. */
export async function noteLeaving(
  kitchen: Kitchen,
  own: Pick<ExactRecord, 'queryId' | 'releaseKey'>,
  hasLeft: boolean,
): Promise<void> {
  await kitchen.store.db
    .updateTable('exact_aggregations')
    .set({ has_left: hasLeft ? 1 : 0 })
    .where('query_id', '=', own.queryId)
    .where('release_key', '=', own.releaseKey)
    .where('has_left', 'is', null)
    .execute();
}

async function touching(kitchen: Kitchen, { collaborationId, datasetIds }: ExactPlace) {
  const rows = await kitchen.store.db
    .selectFrom('exact_aggregations')
    .selectAll()
    .where('collaboration_id', '=', collaborationId)
    .orderBy('entry_id')
    .execute();
  return rows.filter((row) => (JSON.parse(row.dataset_ids) as string[]).some((id) => datasetIds.includes(id)));
}

function labelOf({ queryId, releaseKey }: Pick<ExactRecord, 'queryId' | 'releaseKey'>) {
  return { label: 'exact-groups' as const, id: `${queryId}/${releaseKey}` };
}
