import {
  type Charge,
  type Checked,
  chargeOf,
  checkQuestion,
  type ProtectedPlan,
  planQuestion,
  type TableView,
  tableName,
  type Violation,
} from '../../policies/index.ts';
import type { queries } from '../../proto/index.ts';
import { accountsOf, admit, assertPermitted, type CollaborationRecord } from '../collaborations/index.ts';
import { newestSnapshots, type TableSnapshot } from '../datasets/index.ts';
import { assertAccepted, findReleases, parse, readTableViews, releaseKey } from '../exits/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { LedgerAccount } from '../store/index.ts';

/** Epsilon of a question that names none. */
const DEFAULT_EPSILON = 1;
/** Smallest epsilon: below it the noise is larger than any audience. */
const MIN_EPSILON = 0.01;

/** A question that breaks no rule, with all that is needed to price and run it. */
export interface Prepared {
  readonly collaboration: CollaborationRecord;
  readonly question: queries.Question;
  /** The member asked for: the asker itself, or the brand an ISV acts for. */
  readonly actingFor: string;
  readonly epsilon: number;
  readonly plan: ProtectedPlan;
  /** Tables touched, each once. */
  readonly tables: readonly TableView[];
  readonly snapshots: ReadonlyMap<string, TableSnapshot>;
  /** The key of each aggregation's release, in order. */
  readonly keys: readonly string[];
  /** Which of them are stored already. */
  readonly stored: ReadonlySet<string>;
  /** What those that are not will cost. */
  readonly charge: Charge;
  readonly accounts: readonly LedgerAccount[];
  /** Smallest delta of the accounts. */
  readonly delta: number;
}

/** A question that breaks rules. */
export interface Refused {
  readonly collaboration: CollaborationRecord;
  readonly violations: readonly Violation[];
  /** Rewrites that were parsed and checked, and pass. */
  readonly passing: ReadonlySet<string>;
}

/** One step further or all that stands in the way. */
export type Preparation =
  | { readonly ok: true; readonly prepared: Prepared }
  | { readonly ok: false; readonly refused: Refused };

/** admit → parse → check → plan: everything that is decided before anything is spent. Touches no data. */
export async function prepare(
  kitchen: Kitchen,
  call: Call,
  action: 'explain-question' | 'submit-question',
  question: queries.Question | undefined,
): Promise<Preparation> {
  if (question === undefined) throw new ServiceError('INVALID_REQUEST', '`question` is missing');
  const epsilon = readEpsilon(question.epsilon);
  const actingFor = question.onBehalfOf === '' ? call.principal.member : question.onBehalfOf;
  const entry = { action, collaborationId: question.collaborationId, actingFor };
  const collaboration = await admit(kitchen, call, entry);
  const views = await readTableViews(kitchen, collaboration);
  const checked = await check(kitchen, { sql: question.sql, views, epsilon, omitIntervals: question.omitIntervals });
  if (!checked.ok) {
    const passing = await passingCandidates(kitchen, checked.violations, { views, epsilon });
    return { ok: false, refused: { collaboration, violations: checked.violations, passing } };
  }
  const tables = touchedTables(checked.value.aggregates);
  assertPermitted(kitchen, call, collaboration, { ...entry, tables: tables.map(tableName) });
  assertAccepted(
    collaboration,
    tables.map((t) => t.member),
  );
  const datasetIds = tables.map((t) => t.datasetId);
  const accounts = await accountsOf(kitchen, collaboration, {
    datasetIds,
    consumers: [actingFor, call.principal.member],
  });
  const delta = Math.min(...accounts.map((a) => a.deltaLimit));
  const plan = planQuestion(checked.value, { epsilon, delta });
  const snapshots = await snapshotsOf(kitchen, tables);
  const place = { collaborationId: question.collaborationId, consumer: actingFor, snapshots };
  const keys = plan.aggregates.map((a) => releaseKey(a, place));
  const stored = await findReleases(kitchen, keys);
  const charge = chargeOf(plan.aggregates.filter((_, index) => !stored.has(keys[index] ?? '')));
  const prepared = {
    collaboration,
    question,
    actingFor,
    epsilon,
    plan,
    tables,
    snapshots,
    keys,
    stored,
    charge,
    accounts,
    delta,
  };
  return { ok: true, prepared };
}

function readEpsilon(epsilon: number): number {
  if (epsilon === 0) return DEFAULT_EPSILON;
  if (Number.isFinite(epsilon) && epsilon >= MIN_EPSILON) return epsilon;
  throw new ServiceError('INVALID_REQUEST', `\`epsilon\` must be a number of at least ${MIN_EPSILON}`);
}

interface CheckedFacts {
  readonly sql: string;
  readonly views: readonly TableView[];
  readonly epsilon: number;
  readonly omitIntervals: boolean;
}

async function check(kitchen: Kitchen, facts: CheckedFacts): Promise<Checked<Parameters<typeof planQuestion>[0]>> {
  const parsed = await parse(kitchen, facts.sql);
  return parsed.ok ? checkQuestion(parsed.value, facts.views, facts) : parsed;
}

/** Rewrites that are themselves allowed: a help that is refused again would teach nothing. */
async function passingCandidates(
  kitchen: Kitchen,
  violations: readonly Violation[],
  facts: Pick<CheckedFacts, 'views' | 'epsilon'>,
): Promise<ReadonlySet<string>> {
  const candidates = new Set(violations.flatMap((v) => v.candidate ?? []));
  const passing = new Set<string>();
  for (const sql of candidates) {
    if ((await check(kitchen, { ...facts, sql, omitIntervals: false })).ok) passing.add(sql);
  }
  return passing;
}

function touchedTables(aggregates: Parameters<typeof planQuestion>[0]['aggregates']): readonly TableView[] {
  return [...new Map(aggregates.flatMap((a) => a.tables).map((t) => [tableName(t.view), t.view])).values()];
}

async function snapshotsOf(
  kitchen: Kitchen,
  tables: readonly TableView[],
): Promise<ReadonlyMap<string, TableSnapshot>> {
  const snapshots = await newestSnapshots(
    kitchen,
    tables.map((t) => t.datasetId),
  );
  for (const table of tables) {
    if (snapshots.has(table.datasetId)) continue;
    const message = `table \`${tableName(table)}\` has no data yet; ask \`${table.member}\` to upload a snapshot`;
    throw new ServiceError('NOT_ACCEPTED', message, { metadata: { owner: table.member } });
  }
  return snapshots;
}
