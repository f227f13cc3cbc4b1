import {
  type Candidate,
  type Charge,
  type Checked,
  type CheckedQuery,
  chargeOfEvents,
  checkHistory,
  checkQuestion,
  type DecisionInputs,
  eventsLeft,
  type FunctionView,
  findRewrite,
  MAX_EARLIER_AGGREGATIONS_COUNT,
  type PrivacyEvent,
  type ProtectedPlan,
  planQuestion,
  planThreshold,
  type ReleaseMode,
  readQuery,
  refuseUnsound,
  type TableView,
  tableName,
  type Violation,
} from '../../policies/index.ts';
import type { queries } from '../../proto/index.ts';
import { accountsOf, admit, assertPermitted, type CollaborationRecord } from '../collaborations/index.ts';
import { newestSnapshots, type TableSnapshot } from '../datasets/index.ts';
import { accountBefore } from '../decisions/index.ts';
import {
  assertAccepted,
  assertHistoryIsWhole,
  countExactAggregations,
  findReleases,
  MAX_READING_MS,
  parse,
  readTableViews,
  releaseKey,
  treeOf,
} from '../exits/index.ts';
import { readFunctionViews, tellRetired } from '../functions/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { beginCallWork, type Kitchen, staged, type Work } from '../kitchen/index.ts';
import type { LedgerAccount } from '../store/index.ts';
import { isTakenByEngine } from './probe-outer.ts';
import { readMode } from './read-mode.ts';

/** Epsilon of a question that names none. */
const DEFAULT_EPSILON = 1;
/** Smallest epsilon: below it the noise is larger than any audience. */
export const MIN_EPSILON = 0.01;

/** A plan that is only probed for its shape has no account yet; any delta gives the same shape. */
const PROBED_DELTA = 1e-6;

/** What a plan costs where some of it may be stored already. */
export interface Priced {
  /** The key of each aggregation's release, in order. */
  readonly keys: readonly string[];
  /** The keys of all bounds to be found, of all aggregations in turn. */
  readonly boundsKeys: readonly string[];
  /** Which of them are stored already. */
  readonly stored: ReadonlySet<string>;
  /** Bounds that are stored already, by their index among those of all aggregations in turn. */
  readonly storedBounds: readonly number[];
  /** The mechanisms that will run for those that are not. */
  readonly events: readonly PrivacyEvent[];
  /** What they cost. */
  readonly charge: Charge;
}

/** A question that breaks no rule, with all that is needed to price and run it. */
export interface Prepared extends Priced {
  readonly collaboration: CollaborationRecord;
  readonly question: queries.Question;
  /** The member asked for: the asker itself, or the brand an ISV acts for. */
  readonly actingFor: string;
  readonly mode: ReleaseMode;
  /** 0 in threshold mode, which spends none. */
  readonly epsilon: number;
  readonly checked: CheckedQuery;
  readonly plan: ProtectedPlan;
  /** Tables touched, each once. */
  readonly tables: readonly TableView[];
  readonly snapshots: ReadonlyMap<string, TableSnapshot>;
  readonly accounts: readonly LedgerAccount[];
  /** Smallest delta of the accounts. */
  readonly delta: number;
  /** What is decided from, to be kept. */
  readonly inputs: DecisionInputs;
}

/** A question that breaks rules. */
export interface Refused {
  readonly collaboration: CollaborationRecord;
  /** The member asked for. */
  readonly actingFor: string;
  /** What it was refused from, to be kept. */
  readonly inputs: DecisionInputs;
  readonly violations: readonly Violation[];
  /** A query close to the question that was parsed, checked and planned, and passes; `null` when none was found. */
  readonly passing: Candidate | null;
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
  const mode = readMode(question.mode);
  const epsilon = readEpsilon(question.epsilon, mode);
  const actingFor = question.onBehalfOf === '' ? call.principal.member : question.onBehalfOf;
  const entry = { action, collaborationId: question.collaborationId, actingFor };
  const collaboration = await staged('admit', () => admit(kitchen, call, entry));
  const work = beginCallWork(kitchen, call, { maxMs: MAX_READING_MS });
  const { sql, omitIntervals } = question;
  // What the text is checked against is read while a worker reads the text.
  const [tree, views, functions] = await Promise.all([
    staged('parse', () => treeOf(kitchen, sql, work)),
    readTableViews(kitchen, collaboration),
    readFunctionViews(kitchen, call, entry),
  ]);
  const asking = { sql, parse: tree, tables: views, functions, epsilon, omitIntervals, mode };
  const checked = await staged('check', () => {
    const read = readQuery(sql, asking.parse);
    return read.ok ? checkQuestion(read.value, views, asking) : read;
  });
  if (!checked.ok) {
    const inputs = { ...asking, ledger: null };
    const passing = await passingRewrite(kitchen, question.sql, checked.violations, {
      views,
      functions,
      epsilon,
      mode,
      work,
    });
    const violations = await tellRetired(kitchen, call, { use: entry, violations: checked.violations });
    return { ok: false, refused: { collaboration, actingFor, inputs, violations, passing } };
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
  const plan = await staged('plan', () =>
    mode === 'threshold' ? planThreshold(checked.value) : planQuestion(checked.value, { epsilon, delta }),
  );
  const ledger = { delta, accounts: accounts.map(accountBefore), stored: [], storedBounds: [], earlierExactCount: 0 };
  if (!(await staged('probe', () => isTakenByEngine(kitchen, plan, work)))) {
    const violations = [refuseUnsound(question.sql)];
    const inputs = { ...asking, ledger: { ...ledger, isTakenByEngine: false } };
    return { ok: false, refused: { collaboration, actingFor, inputs, violations, passing: null } };
  }
  const snapshots = await snapshotsOf(kitchen, question.collaborationId, tables);
  if (mode === 'threshold') await assertHistoryIsWhole(kitchen, exactPlace({ collaboration, tables }));
  const asked = { collaboration, question, actingFor, mode, epsilon, checked: checked.value, plan, tables, snapshots };
  const priced = await staged('price', () => pricePlan(kitchen, plan, asked));
  const { storedBounds } = priced;
  const stored = indexesOf(priced.keys, priced.stored);
  const earlierExactCount = await countEarlier(kitchen, { ...asked, ...priced });
  const inputs = { ...asking, ledger: { ...ledger, stored, storedBounds, isTakenByEngine: true, earlierExactCount } };
  const history = { earlier: earlierExactCount, maximum: MAX_EARLIER_AGGREGATIONS_COUNT };
  const violations = mode === 'private' || isStored(priced) ? [] : checkHistory(checked.value, history);
  if (violations.length > 0)
    return { ok: false, refused: { collaboration, actingFor, inputs, violations, passing: null } };
  return { ok: true, prepared: { ...asked, ...priced, accounts, delta, inputs } };
}

/** Prices a plan: what is stored costs nothing. */
export async function pricePlan(
  kitchen: Kitchen,
  plan: ProtectedPlan,
  { question, actingFor, snapshots }: Pick<Prepared, 'question' | 'actingFor' | 'snapshots'>,
): Promise<Priced> {
  const place = { collaborationId: question.collaborationId, consumer: actingFor, snapshots };
  const keys = plan.aggregates.map((a) => releaseKey(a, place));
  const boundsKeys = plan.aggregates.flatMap((a) => a.bounds).map((b) => releaseKey(b, place));
  const stored = await findReleases(kitchen, [...keys, ...boundsKeys]);
  const storedBounds = indexesOf(boundsKeys, stored);
  const events = eventsLeft(plan.aggregates, { stored: indexesOf(keys, stored), storedBounds });
  return { keys, boundsKeys, stored, storedBounds, events, charge: chargeOfEvents(events) };
}

function indexesOf(keys: readonly string[], stored: ReadonlySet<string>): readonly number[] {
  return keys.flatMap((key, index) => (stored.has(key) ? [index] : []));
}

/** Whether stored releases answer all of a question: then there is nothing to charge and nothing runs. */
export function isStored({ events }: Pick<Priced, 'events'>): boolean {
  return events.length === 0;
}

/** The exact aggregations that a question is compared with; what is stored has been compared when it left. */
async function countEarlier(
  kitchen: Kitchen,
  asked: Priced & Pick<Prepared, 'mode' | 'collaboration' | 'tables'>,
): Promise<number> {
  if (asked.mode === 'private' || isStored(asked)) return 0;
  return await countExactAggregations(kitchen, exactPlace(asked));
}

/** Where the exact aggregations lie that a question is compared with. */
export function exactPlace({ collaboration, tables }: Pick<Prepared, 'collaboration' | 'tables'>) {
  const personal = tables.filter((t) => t.rules.publicTable === null);
  return { collaborationId: collaboration.row.collaboration_id, datasetIds: personal.map((t) => t.datasetId) };
}

function readEpsilon(epsilon: number, mode: ReleaseMode): number {
  if (mode === 'threshold') {
    if (epsilon === 0) return 0;
    throw new ServiceError('INVALID_REQUEST', '`epsilon` means nothing in threshold mode; leave it out');
  }
  if (epsilon === 0) return DEFAULT_EPSILON;
  if (Number.isFinite(epsilon) && epsilon >= MIN_EPSILON) return epsilon;
  throw new ServiceError('INVALID_REQUEST', `\`epsilon\` must be a number of at least ${MIN_EPSILON}`);
}

interface CheckedFacts {
  readonly sql: string;
  readonly views: readonly TableView[];
  readonly functions: readonly FunctionView[];
  readonly epsilon: number;
  readonly omitIntervals: boolean;
  readonly mode: ReleaseMode;
  readonly work: Work;
}

async function check(kitchen: Kitchen, facts: CheckedFacts): Promise<Checked<CheckedQuery>> {
  const parsed = await parse(kitchen, facts.sql, facts.work);
  return parsed.ok ? checkQuestion(parsed.value, facts.views, facts) : parsed;
}

/** A rewrite that is itself allowed and taken by the engine: a help that is refused again would teach nothing. */
async function passingRewrite(
  kitchen: Kitchen,
  sql: string,
  violations: readonly Violation[],
  facts: Pick<CheckedFacts, 'views' | 'functions' | 'epsilon' | 'mode' | 'work'>,
): Promise<Candidate | null> {
  const asIfAsked = (text: string) => check(kitchen, { ...facts, sql: text, omitIntervals: false });
  const passing = await findRewrite(sql, violations, asIfAsked);
  const checked = passing === null ? null : await asIfAsked(passing.sql);
  if (checked === null || !checked.ok) return null;
  const { mode, epsilon } = facts;
  const budget = { epsilon, delta: PROBED_DELTA };
  const plan = mode === 'threshold' ? planThreshold(checked.value) : planQuestion(checked.value, budget);
  return (await isTakenByEngine(kitchen, plan, facts.work)) ? passing : null;
}

function touchedTables(aggregates: CheckedQuery['aggregates']): readonly TableView[] {
  return [...new Map(aggregates.flatMap((a) => a.tables).map((t) => [tableName(t.view), t.view])).values()];
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
  for (const table of tables) {
    if (snapshots.has(table.datasetId)) continue;
    const message = `table \`${tableName(table)}\` has no data yet; ask \`${table.member}\` to upload a snapshot`;
    throw new ServiceError('NOT_ACCEPTED', message, { metadata: { owner: table.member } });
  }
  return snapshots;
}
