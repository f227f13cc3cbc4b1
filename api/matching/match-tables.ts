import {
  type Checked,
  type CheckedQuery,
  checkQuestion,
  type IdentifierKind,
  type Parse,
  readQuery,
  type TableView,
  tableName,
} from '../../policies/index.ts';
import { accountsOf, admit, assertPermitted, type CollaborationRecord } from '../collaborations/index.ts';
import { columnsOf, identifiersOf, newestSnapshots, type TableSnapshot } from '../datasets/index.ts';
import { assertAccepted, MAX_READING_MS, readTableViews, treeOf, violationMessages } from '../exits/index.ts';
import { type Call, notFound, ServiceError } from '../grpc/index.ts';
import { beginCallWork, type Kitchen } from '../kitchen/index.ts';
import type { LedgerAccount } from '../store/index.ts';

/** Epsilon of a match that names none. */
const DEFAULT_EPSILON = 0.5;
/** Smallest epsilon: below it the noise is larger than most overlaps. */
const MIN_EPSILON = 0.01;

/** What a match asks for. */
export interface MatchAsked {
  readonly action: 'report-match' | 'estimate-match';
  readonly collaborationId: string;
  readonly epsilon: number;
  readonly onBehalfOf: string;
  /** A table of the member it is asked for, by its alias; none where its list stays with it. */
  readonly table: string | null;
  /** `member.alias` of another member. */
  readonly withTable: string;
}

/** A match that nothing forbids. */
export interface AdmittedMatch {
  readonly collaboration: CollaborationRecord;
  readonly actingFor: string;
  readonly epsilon: number;
  /** The tables touched: one's own first, where there is one. */
  readonly tables: readonly TableView[];
  readonly snapshots: ReadonlyMap<string, TableSnapshot>;
  readonly accounts: readonly LedgerAccount[];
  /** Smallest delta of the accounts. */
  readonly delta: number;
  /** The grammar's tree of what is counted. */
  readonly treeOf: (sql: string) => Promise<Parse>;
  /** Holds SQL with its tree against the rules of the tables. */
  readonly check: (sql: string, tree: Parse) => Checked<CheckedQuery>;
}

/** admit → resolve → accounts: all that a match needs before it is planned. Touches no data. */
export async function admitMatch(kitchen: Kitchen, call: Call, asked: MatchAsked): Promise<AdmittedMatch> {
  const epsilon = readEpsilon(asked.epsilon);
  const actingFor = asked.onBehalfOf === '' ? call.principal.member : asked.onBehalfOf;
  const entry = { action: asked.action, collaborationId: asked.collaborationId, actingFor };
  const collaboration = await admit(kitchen, call, entry);
  const views = await readTableViews(kitchen, collaboration);
  const tables = resolveTables(views, asked, actingFor);
  assertPermitted(kitchen, call, collaboration, { ...entry, tables: tables.map(tableName) });
  assertAccepted(
    collaboration,
    tables.map((t) => t.member),
  );
  const datasetIds = tables.map((t) => t.datasetId);
  const consumers = [actingFor, call.principal.member];
  const accounts = await accountsOf(kitchen, collaboration, { datasetIds, consumers });
  const work = beginCallWork(kitchen, call, { maxMs: MAX_READING_MS });
  const check = (sql: string, tree: Parse): Checked<CheckedQuery> => {
    const read = readQuery(sql, tree);
    return read.ok ? checkQuestion(read.value, tables, { epsilon, omitIntervals: false }) : read;
  };
  return {
    collaboration,
    actingFor,
    epsilon,
    tables,
    snapshots: await snapshotsOf(kitchen, collaboration.row.collaboration_id, tables),
    accounts,
    delta: Math.min(...accounts.map((a) => a.deltaLimit)),
    treeOf: (sql) => treeOf(kitchen, sql, work),
    check,
  };
}

/** The kinds of identifiers that a table has, in its own order. */
export function kindsOf(snapshot: TableSnapshot | undefined): readonly IdentifierKind[] {
  return identifiersOf(columnsOf(snapshot?.columns ?? '[]')).map(({ kind }) => kind);
}

/** The columns that a match may touch, for the log: every identifier of its tables, as any of them can tell a person. */
export function matchTouches({ tables, snapshots }: Pick<AdmittedMatch, 'tables' | 'snapshots'>) {
  return tables.map((view) => {
    const columns = columnsOf(snapshots.get(view.datasetId)?.columns ?? '[]');
    const identifiers = identifiersOf(columns).map(({ index }) => columns[index]?.name ?? '');
    return { table: tableName(view), columns: [...new Set([view.rules.identity, ...identifiers])].toSorted() };
  });
}

function resolveTables(
  views: readonly TableView[],
  { table, withTable }: MatchAsked,
  actingFor: string,
): readonly TableView[] {
  const find = (name: string): TableView => {
    const view = views.find((v) => tableName(v) === name);
    if (view === undefined) throw notFound('table');
    if (view.identifiers.length > 0) return view;
    throw new ServiceError('INVALID_REQUEST', `table \`${name}\` is public: nobody is in it who could be matched`);
  };
  const other = find(withTable);
  if (other.member === actingFor) {
    throw new ServiceError('INVALID_REQUEST', '`with_table` must be a table of another member');
  }
  return table === null ? [other] : [find(`${actingFor}.${table}`), other];
}

async function snapshotsOf(
  kitchen: Kitchen,
  collaborationId: string,
  tables: readonly TableView[],
): Promise<ReadonlyMap<string, TableSnapshot>> {
  const snapshots = await newestSnapshots(
    kitchen,
    collaborationId,
    tables.map((t) => t.datasetId),
  );
  const missing = tables.find((t) => !snapshots.has(t.datasetId));
  if (missing === undefined) return snapshots;
  const message = `table \`${tableName(missing)}\` has no data yet; ask \`${missing.member}\` to upload a snapshot`;
  throw new ServiceError('NOT_ACCEPTED', message, { metadata: { owner: missing.member } });
}

function readEpsilon(epsilon: number): number {
  if (epsilon === 0) return DEFAULT_EPSILON;
  if (Number.isFinite(epsilon) && epsilon >= MIN_EPSILON) return epsilon;
  throw new ServiceError('INVALID_REQUEST', `\`epsilon\` must be a number of at least ${MIN_EPSILON}`);
}

/** The refusal of a match, with every violation. */
export function matchRefused(broken: Parameters<typeof violationMessages>[0]): ServiceError {
  const violations = violationMessages(broken, null);
  const [first] = violations;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  return new ServiceError('QUESTION_REFUSED', `${first?.message ?? 'the match is refused'}${more}`, { violations });
}
