import type { BoundingChoice, PlanTable } from '../../policies/index.ts';
import { tableName } from '../../policies/index.ts';
import type { datasets } from '../../proto/index.ts';
import { type Kitchen, readPage } from '../kitchen/index.ts';
import type { DatasetRow } from './admit-to-dataset.ts';
import type { TableSnapshot } from './table-snapshot.ts';

const LABEL = 'counting-path';
/** What a sealed choice holds: one byte a field, so that its length is the same whatever was chosen. */
const NO = 0;
const YES = 1;
/** The field follows from rows of other members too: it is not this owner's to know. */
const NOT_TOLD = 2;

/** An answered question, and how one of its aggregations is counted. */
interface Counted {
  readonly queryId: string;
  readonly collaborationId: string;
  readonly snapshots: ReadonlyMap<string, TableSnapshot>;
  readonly tables: readonly PlanTable[];
  readonly choice: BoundingChoice;
}

/**
 * Records which program counts an aggregation, for the owner of each table alone: the log, which others read, must say
 * the same for every state of the data.
 *
 * Whether a table is cut follows from its own rows. Whether persons are grouped follows from the rows of all tables, so
 * that it is told only where one owner has them all.
 */
export async function recordCountingPaths(kitchen: Kitchen, counted: Counted): Promise<void> {
  const { choice, tables, snapshots } = counted;
  const views = tables.map((t) => t.view).filter((view) => view.rules.publicTable === null);
  const hasOneOwner = new Set(views.map((v) => v.member)).size === 1;
  const told = (claim: boolean): number => (hasOneOwner ? (claim ? YES : NO) : NOT_TOLD);
  for (const view of new Map(views.map((v) => [tableName(v), v])).values()) {
    const isCut = choice.uncut.has(tableName(view)) ? NO : YES;
    const plain = Uint8Array.of(isCut, told(choice.persons === 'grouped'), told(choice.groups === 'kept'));
    const path = {
      dataset_id: view.datasetId,
      snapshot_id: snapshots.get(view.datasetId)?.snapshotId ?? '',
      collaboration_id: counted.collaborationId,
      alias: view.alias,
      query_id: counted.queryId,
    };
    const sealed = kitchen.vault.sealBytes(placeOf(path), plain);
    await kitchen.store.db
      .insertInto('counting_paths')
      .values({ ...path, choice_sealed: sealed })
      .execute();
  }
}

/**
 * Lists how a dataset was counted, newest first, for its owner.
 *
 * Of answered questions alone: of one that runs, or was stopped, the list would be a clock on what the engine has done.
 */
export async function listCountingPaths(
  kitchen: Kitchen,
  dataset: DatasetRow,
  request: datasets.ListCountingPathsRequest,
): Promise<datasets.ListCountingPathsResponse> {
  const page = readPage(request);
  const rows = await kitchen.store.db
    .selectFrom('counting_paths')
    .innerJoin('questions', 'questions.query_id', 'counting_paths.query_id')
    .selectAll('counting_paths')
    .select('questions.submitted_at_ms')
    .where('dataset_id', '=', dataset.dataset_id)
    .where('questions.state', '=', 'released')
    .orderBy('questions.submitted_at_ms', 'desc')
    .orderBy('path_id', 'desc')
    .limit(page.size)
    .offset(page.offset)
    .execute();
  const paths = rows.map((row) => {
    const [cut, grouped, kept] = kitchen.vault.openBytes(placeOf(row), row.choice_sealed);
    return {
      queryId: row.query_id,
      collaborationId: row.collaboration_id,
      alias: row.alias,
      snapshotId: row.snapshot_id,
      rows: cut === YES ? 'cut' : 'all',
      persons: wordOf(grouped, 'grouped', 'one-row'),
      groups: wordOf(kept, 'kept', 'all'),
      submittedAt: new Date(row.submitted_at_ms),
    };
  });
  return { paths, nextPageToken: page.next(rows.length) };
}

function placeOf(path: { readonly dataset_id: string; readonly query_id: string }) {
  return { label: LABEL, id: `${path.dataset_id}/${path.query_id}` };
}

function wordOf(field: number | undefined, yes: string, no: string): string {
  if (field === NOT_TOLD) return '';
  return field === YES ? yes : no;
}
