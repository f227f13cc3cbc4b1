import type { BoundingChoice, PlanTable } from '../../policies/index.ts';
import { tableName } from '../../policies/index.ts';
import type { datasets } from '../../proto/index.ts';
import { type Kitchen, readPage } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';
import type { DatasetRow } from './admit-to-dataset.ts';
import { isOwnAlone, type PersonsDecidedBy } from './persons-decided-by.ts';
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
  readonly decidedBy: PersonsDecidedBy;
  /** What counting it took; null where nobody measured it. */
  readonly cost: CountingCost | null;
}

/** What counting took, as it is told to owners. */
export interface CountingCost {
  readonly path: string;
  readonly shardCount: number;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly peakMemoryBytes: number;
  readonly runMs: number;
}

/**
 * Records which program counts an aggregation, for the owner of each table alone: the log, which others read, must say
 * the same for every state of the data.
 *
 * Whether a table is cut follows from its own rows. Whether persons are grouped, which path counts and what that takes
 * follow from the rows of all tables, so that they are told only where one owner has them all. Where other members' rows
 * decide which persons are one household, all of it follows from them, and nothing is told.
 */
export async function recordCountingPaths(
  { vault }: Pick<Kitchen, 'vault'>,
  db: Database,
  counted: Counted,
): Promise<void> {
  const { choice, tables, snapshots, decidedBy } = counted;
  const views = tables.map((t) => t.view).filter((view) => view.rules.publicTable === null);
  const hasOneOwner = new Set(views.map((v) => v.member)).size === 1;
  for (const view of new Map(views.map((v) => [tableName(v), v])).values()) {
    const isOwn = isOwnAlone(decidedBy, view.member);
    const isWhole = isOwn && hasOneOwner;
    const claims = Uint8Array.of(
      claimOf(isOwn, !choice.uncut.has(tableName(view))),
      claimOf(isWhole, choice.persons === 'grouped'),
      claimOf(isWhole, choice.groups === 'kept'),
    );
    const plain = Buffer.concat([claims, encodeCost(isWhole ? counted.cost : null)]);
    const path = {
      dataset_id: view.datasetId,
      snapshot_id: snapshots.get(view.datasetId)?.snapshotId ?? '',
      collaboration_id: counted.collaborationId,
      alias: view.alias,
      query_id: counted.queryId,
    };
    const sealed = vault.sealBytes(placeOf(path), plain);
    await db
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
    const plain = kitchen.vault.openBytes(placeOf(row), row.choice_sealed);
    const [cut, grouped, kept] = plain;
    return {
      queryId: row.query_id,
      collaborationId: row.collaboration_id,
      alias: row.alias,
      snapshotId: row.snapshot_id,
      rows: wordOf(cut, 'cut', 'all'),
      persons: wordOf(grouped, 'grouped', 'one-row'),
      groups: wordOf(kept, 'kept', 'all'),
      submittedAt: new Date(row.submitted_at_ms),
      ...decodeCost(Buffer.from(plain.subarray(CLAIMS_BYTES))),
    };
  });
  return { paths, nextPageToken: page.next(rows.length) };
}

/** Claims, a byte each. */
const CLAIMS_BYTES = 3;
/** What counting took: the path and five numbers. */
const COST_BYTES = 1 + 5 * 8;
/** By their codes, from 1: append only, stored records depend on it. */
const PATHS = ['general', 'sharded', 'planned', 'streamed'];

/** Of one length, whatever was measured and whether it is told. */
function encodeCost(cost: CountingCost | null): Buffer {
  const bytes = Buffer.alloc(COST_BYTES);
  if (cost === null) return bytes;
  bytes.writeUInt8(PATHS.indexOf(cost.path) + 1, 0);
  const { shardCount, rowsRead, bytesRead, peakMemoryBytes, runMs } = cost;
  for (const [index, value] of [shardCount, rowsRead, bytesRead, peakMemoryBytes, runMs].entries()) {
    bytes.writeDoubleLE(value, 1 + index * 8);
  }
  return bytes;
}

/** Records of before there were paths have none. */
function decodeCost(bytes: Buffer) {
  const number = (index: number): number => (bytes.length === COST_BYTES ? bytes.readDoubleLE(1 + index * 8) : 0);
  return {
    path: PATHS[(bytes[0] ?? 0) - 1] ?? '',
    shardCount: number(0),
    rowsRead: BigInt(number(1)),
    bytesRead: BigInt(number(2)),
    peakMemoryBytes: BigInt(number(3)),
    runMs: Math.min(number(4), 0xffff_ffff),
  };
}

function placeOf(path: { readonly dataset_id: string; readonly query_id: string }) {
  return { label: LABEL, id: `${path.dataset_id}/${path.query_id}` };
}

function claimOf(isTold: boolean, claim: boolean): number {
  if (!isTold) return NOT_TOLD;
  return claim ? YES : NO;
}

function wordOf(field: number | undefined, yes: string, no: string): string {
  if (field === NOT_TOLD) return '';
  return field === YES ? yes : no;
}
