import {
  type Checked,
  type CheckedQuery,
  checkQuestion,
  type IdentifierKind,
  type TableView,
  tableName,
} from '../../policies/index.ts';
import { accountsOf, admit, assertPermitted, type CollaborationRecord } from '../collaborations/index.ts';
import { columnsOf, identifiersOf, newestSnapshots, type TableSnapshot } from '../datasets/index.ts';
import { assertAccepted, MAX_READING_MS, parse, readTableViews, violationMessages } from '../exits/index.ts';
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
  /** Holds SQL against the rules of the tables. @throws {ServiceError} QUESTION_REFUSED with every violation */
  readonly check: (sql: string) => Promise<CheckedQuery>;
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
  const check = async (sql: string): Promise<CheckedQuery> => {
    const parsed = await parse(kitchen, sql, work);
    return orRefuse(parsed.ok ? checkQuestion(parsed.value, tables, { epsilon, omitIntervals: false }) : parsed);
  };
  return {
    collaboration,
    actingFor,
    epsilon,
    tables,
    snapshots: await snapshotsOf(kitchen, collaboration.row.collaboration_id, tables),
    accounts,
    delta: Math.min(...accounts.map((a) => a.deltaLimit)),
    check,
  };
}

/** The kinds of identifiers that a table has, in its own order. */
export function kindsOf(snapshot: TableSnapshot | undefined): readonly IdentifierKind[] {
  return identifiersOf(columnsOf(snapshot?.columns ?? '[]')).map(({ kind }) => kind);
}

/** The persons of a table as a question would count them. */
export function personsSql(table: TableView): string {
  return `select count(distinct t."${table.rules.identity}") from ${sqlName(table)} t`;
}

/** The persons of two tables as a question would count them. */
export function bothSql(one: TableView, other: TableView): string {
  const [left, right] = [`t."${one.rules.identity}"`, `u."${other.rules.identity}"`];
  return `select count(distinct ${left}) from ${sqlName(one)} t join ${sqlName(other)} u on ${left} = ${right}`;
}

// Names of members may have hyphens; neither they nor aliases and columns have quotes.
function sqlName({ member, alias }: TableView): string {
  return `"${member}"."${alias}"`;
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

function orRefuse(checked: Checked<CheckedQuery>): CheckedQuery {
  if (checked.ok) return checked.value;
  const violations = violationMessages(checked.violations, null);
  const [first] = violations;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  throw new ServiceError('QUESTION_REFUSED', `${first?.message ?? 'the match is refused'}${more}`, { violations });
}
