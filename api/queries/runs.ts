import { type ReceiptStatement, statementDigest } from '../../audit/index.ts';
import {
  arrangeRelease,
  type BoundingChoice,
  printOuter,
  type ReleaseMode,
  releaseTable,
  THRESHOLD_NOTICE,
  type ThresholdNote,
  toldBounds,
  type UnitBounds,
} from '../../policies/index.ts';
import { type ComposedTable, type OuterTable, WallError } from '../../sandbox/index.ts';
import { personsDecidedBy, recordCountingPaths } from '../datasets/index.ts';
import { bindToSalt, openKept } from '../details/index.ts';
import {
  choiceOf,
  putRelease,
  readBounds,
  releaseOnce,
  type StoredRelease,
  showReleases,
  untilNextStep,
} from '../exits/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { beginCallWork, type Kitchen, record, recordPlaced, staged, takeSeat, type Work } from '../kitchen/index.ts';
import { readRunCost } from '../layouts/index.ts';
import { keepReceipt, signReceipt } from '../receipts/index.ts';
import { type Database, type QuestionState, writtenOnce } from '../store/index.ts';
import { SealBroken } from '../vault/index.ts';
import { countFailure } from './failed-runs.ts';
import { isStored, type Prepared } from './prepare.ts';
import { releaseStatement } from './release-statement.ts';
import { toArrow } from './to-arrow.ts';

/** Most rows of a release; above the noise nothing should be larger. */
const MAX_RELEASE_ROWS = 100_000;

/** The questions that run now. */
export interface Runs {
  /**
   * Gives a question its place in the line, before it is charged; whoever does not start it leaves it again.
   *
   * @throws {ServiceError} BUSY when there is none, or the question has waited too long already to be run
   */
  readonly admit: (call: Call) => AdmittedRun;
  /** Runs an admitted question in the background: run → protect → log → release. */
  readonly start: (admitted: AdmittedRun, question: AdmittedQuestion) => void;
  /** Waits for a question's end; at once when it does not run here. */
  readonly wait: (queryId: string) => Promise<void>;
  /** Stops a question; the charge stays. */
  readonly cancel: (queryId: string, call: Call) => Promise<void>;
  /** Stops the questions of some collaborations, as an erasure needs: it is nobody's failure, and the charge stays. */
  readonly interrupt: (collaborationIds: readonly string[]) => Promise<void>;
  /** Stops all and waits. */
  readonly close: () => Promise<void>;
}

/** A question that was admitted. */
export interface AdmittedQuestion {
  readonly queryId: string;
  readonly prepared: Prepared;
  /** The digest by which the log binds what it was decided from. */
  readonly decision: string;
}

/** A question that will be run. */
export interface AdmittedRun {
  readonly call: Call;
  readonly work: Work;
  readonly controller: AbortController;
  /** Gives its place in the line back. */
  readonly leave: () => void;
}

interface Run {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** Makes the runner of questions. */
export function makeRuns(kitchen: Kitchen): Runs {
  const running = new Map<string, Run>();
  return {
    admit: (call) => admit(kitchen, call),
    start({ call, work, controller, leave }, question) {
      const { queryId } = question;
      const run = { ...question, call, work, signal: controller.signal };
      const ended = runToEnd(kitchen, run, leave).finally(() => running.delete(queryId));
      ended.catch((cause: unknown) => kitchen.operatorLog.error({ err: cause, queryId }, 'a question has no end'));
      running.set(queryId, { controller, ended });
    },
    wait: async (queryId) => {
      await running.get(queryId)?.ended;
    },
    async cancel(queryId, call) {
      await cancelQuestion(kitchen, queryId, call);
      running.get(queryId)?.controller.abort();
    },
    async interrupt(collaborationIds) {
      for (const queryId of await findRunning(kitchen, collaborationIds)) {
        await cancelQuestion(kitchen, queryId, null);
        running.get(queryId)?.controller.abort();
      }
    },
    async close() {
      const all = [...running.values()];
      for (const run of all) run.controller.abort();
      await Promise.allSettled(all.map((run) => run.ended));
    },
  };
}

function admit(kitchen: Kitchen, call: Call): AdmittedRun {
  const controller = new AbortController();
  const seat = takeSeat(kitchen, call);
  const maxMs = kitchen.config.limits.questionDeadlineMs;
  const work = beginCallWork(kitchen, call, { maxMs, seat, signal: controller.signal });
  const leave = () => seat.leave();
  if (!work.isOver()) return { call, work, controller, leave };
  leave();
  const message = 'the question was not read before its deadline; nothing was charged';
  throw new ServiceError('BUSY', message, { retryAfterMs: 5_000 });
}

/**
 * Cancels a question that has not ended in plain sight yet, whatever the engine has done with it.
 *
 * Were the state decided by whether the engine had ended, a cancel at a chosen moment would be a clock on the data. It
 * counts like a failed run, as it hides one.
 */
async function cancelQuestion(kitchen: Kitchen, queryId: string, call: Call | null): Promise<void> {
  const cancelled = await kitchen.store.db
    .updateTable('questions')
    .set({ state: 'cancelled', ended_at_ms: kitchen.nowMs() })
    .where('query_id', '=', queryId)
    .where('state', '=', 'running')
    .returning(['collaboration_id', 'asker'])
    .executeTakeFirst();
  if (cancelled === undefined) return;
  if (call !== null) await countFailure(kitchen, cancelled.asker);
  const { collaboration_id: collaboration } = cancelled;
  const subject = { question: queryId };
  const leafIndex = await record(kitchen, { kind: 'question-cancelled', call, collaboration, subject });
  await kitchen.store.db
    .updateTable('questions')
    .set({ leaf_index: leafIndex })
    .where('query_id', '=', queryId)
    .execute();
}

async function findRunning(kitchen: Kitchen, collaborationIds: readonly string[]): Promise<readonly string[]> {
  const rows = await kitchen.store.db
    .selectFrom('questions')
    .select('query_id')
    .where('state', '=', 'running')
    .where('collaboration_id', 'in', [...collaborationIds, ''])
    .execute();
  return rows.map((row) => row.query_id);
}

interface RunFacts extends AdmittedQuestion {
  readonly call: Call;
  readonly work: Work;
  readonly signal: AbortSignal;
}

async function runToEnd(kitchen: Kitchen, run: RunFacts, leave: () => void): Promise<void> {
  const { queryId, prepared, call } = run;
  const collaboration = prepared.collaboration.row.collaboration_id;
  const end = await runOrFail(kitchen, run).finally(leave);
  const endedAtMs = await staged('wait', () =>
    untilNextStep(call.receivedAtMs, kitchen.nowMs, () => startSpares(kitchen)),
  );
  // A cancel in the meantime has ended it already: what the engine did is then nobody's to know.
  const [row] = await findState(kitchen.store.db, { queryId });
  if (row?.state !== 'running') return;
  const placed = await staged('log', () =>
    recordPlaced(kitchen, { kind: end.kind, call, collaboration, subject: end.subject }),
  );
  const { leafIndex } = placed;
  const { statement } = end;
  const of = { kind: 'question' as const, id: queryId, collaborationId: collaboration };
  const receipt =
    statement === null ? null : await staged('receipt', () => signReceipt(kitchen, { ...of, statement }, placed));
  await staged('show', () =>
    kitchen.store.transaction(async (db) => {
      const ended = await db
        .updateTable('questions')
        .set({ state: end.state, release_id: end.releaseId, leaf_index: leafIndex, ended_at_ms: endedAtMs })
        .where('query_id', '=', queryId)
        .where('state', '=', 'running')
        .executeTakeFirst();
      const hasShown = end.state === 'released' && ended.numUpdatedRows !== 0n;
      if (!hasShown) return;
      await showReleases(db, [...prepared.keys, ...prepared.boundsKeys], endedAtMs);
      if (receipt !== null) await keepReceipt(db, receipt);
    }),
  );
}

/** The workers that a question has used up are made good while it waits: neither before its end nor beside the next one. */
function startSpares({ wall, reader }: Kitchen): void {
  wall.refill();
  reader.refill();
}

const findState = writtenOnce((db, of: { readonly queryId: string }) =>
  db.selectFrom('questions').select('state').where('query_id', '=', of.queryId),
);

interface RunEnd {
  readonly state: QuestionState;
  readonly kind: 'release-made' | 'release-reused' | 'run-failed';
  readonly releaseId: string | null;
  readonly subject: Record<string, string | number>;
  /** What its receipt says; null where nothing left. */
  readonly statement: ReceiptStatement | null;
}

async function runOrFail(kitchen: Kitchen, run: RunFacts): Promise<RunEnd> {
  const { queryId, prepared, call, work, signal } = run;
  try {
    const { bytes, releaseId } = await release(kitchen, run);
    // Noisy counts have few values: without a salt the digest would give them away.
    const { salt } = await openKept(kitchen, { kind: 'release', subjectId: queryId });
    const releaseDigest = bindToSalt(salt, bytes);
    const { mode } = prepared;
    const statement = await staged('receipt', () => releaseStatement(kitchen, { ...run, releaseDigest }));
    const receipt = statementDigest(statement);
    const subject = { question: queryId, mode, releaseDigest, bytes: roundedUp(bytes.length), receipt };
    return {
      state: 'released',
      kind: isStored(prepared) ? 'release-reused' : 'release-made',
      releaseId,
      subject,
      statement,
    };
  } catch (cause) {
    // Deadline, memory, crash and engine error are one answer: which of them it was may depend on a person.
    const name = cause instanceof WallError ? cause.code : cause instanceof Error ? cause.name : 'unknown';
    // Which file is broken is for the operator alone; to everybody else it is a failed run like any other.
    const broken = cause instanceof SealBroken ? { broken: cause.message } : {};
    kitchen.operatorLog.warn({ queryId, cause: name, ...broken }, 'a run failed');
    // Work whose first job never got a worker has touched no data; a later one that waited too long tells how long
    // the earlier ones took. A stop of the service is nobody's failure.
    const isInnocent = signal.aborted || (name === 'WALL_BUSY' && work.jobCount() <= 1);
    if (!isInnocent) await countFailure(kitchen, call.principal.member);
    return {
      state: 'run-failed',
      kind: 'run-failed',
      releaseId: null,
      subject: { question: queryId },
      statement: null,
    };
  }
}

/**
 * Gathers for the owners how their data is counted, to be kept with what leaves, as it shows with the question alone.
 *
 * Once for each aggregation, whether it ran or was stored: how many of them ran may depend on how long another question
 * took.
 */
async function gatherCounting(
  kitchen: Kitchen,
  { queryId, prepared }: RunFacts,
): Promise<(db: Database) => Promise<void>> {
  const place = { collaborationId: prepared.question.collaborationId, snapshots: prepared.snapshots };
  const { aggregates } = prepared.plan;
  const choices = await Promise.all(aggregates.map((aggregate) => choiceOf(kitchen, aggregate, place)));
  // Of the run that made the release, also where that was another's: whether one was stored must not show.
  const costs = await Promise.all(prepared.keys.map((key) => readRunCost(kitchen, key)));
  const decidedBy = await personsDecidedBy(kitchen, place.collaborationId);
  return async (db) => {
    for (const [index, { tables }] of aggregates.entries()) {
      const choice = choices[index] as BoundingChoice;
      const cost = costs[index] ?? null;
      await recordCountingPaths(kitchen, db, { queryId, ...place, tables, choice, decidedBy, cost });
    }
  };
}

/** Protects every aggregation that is not stored yet, then asks the outer query of the releases. */
async function release(kitchen: Kitchen, run: RunFacts) {
  const { queryId, prepared, work } = run;
  const { plan, keys, snapshots, question, actingFor } = prepared;
  const { collaborationId } = question;
  const releases: StoredRelease[] = [];
  const notes: (ThresholdNote | null)[] = [];
  const found: (readonly UnitBounds[])[] = [];
  for (const [index, aggregate] of plan.aggregates.entries()) {
    const key = keys[index] ?? '';
    const place = { collaborationId, consumer: actingFor, queryId, snapshots, work };
    const stored = await releaseOnce(kitchen, aggregate, key, place);
    releases.push(stored);
    notes.push(stored.threshold);
    found.push(await readBounds(kitchen, aggregate, place));
  }
  const composed = await staged('outer', () => askOuter(kitchen, plan.outer, releases, work));
  const bytes = toArrow(composed, labelsOf(prepared.mode, notes, toldBounds(plan, found)));
  const alongside = staged('owners', () => gatherCounting(kitchen, run));
  alongside.catch(() => {});
  const facts = { key: `question/${queryId}`, collaborationId, isShownLater: true, alongside };
  return await staged('store', () => putRelease(kitchen, facts, bytes));
}

/** The outer query over the releases; where nothing is computed in it, no worker is needed. */
async function askOuter(
  kitchen: Kitchen,
  outer: Prepared['plan']['outer'],
  releases: readonly StoredRelease[],
  work: Work,
): Promise<ComposedTable> {
  const arranged = arrangeRelease(outer, releases);
  if (arranged !== null) return outerTable('', arranged);
  const tables = releases.map((release, index) => outerTable(releaseTable(index), release));
  return await kitchen.wall.compose({ tables, sql: printOuter(outer), maxRows: MAX_RELEASE_ROWS }, work.nextJob());
}

/** What a release says of itself, to whoever reads the file. */
function labelsOf(
  mode: ReleaseMode,
  notes: readonly (ThresholdNote | null)[],
  bounds: ReturnType<typeof toldBounds>,
): ReadonlyMap<string, string> {
  if (mode === 'private') {
    const told: [string, string][] = bounds.length === 0 ? [] : [['galley.found_bounds', JSON.stringify(bounds)]];
    return new Map([['galley.mode', mode], ...told]);
  }
  const suppressed = notes.map((note) => note?.suppressedPersons ?? null);
  return new Map([
    ['galley.mode', mode],
    ['galley.notice', THRESHOLD_NOTICE],
    ['galley.suppressed_persons', JSON.stringify(suppressed)],
  ]);
}

function outerTable(name: string, { columns, rows }: Pick<StoredRelease, 'columns' | 'rows'>): OuterTable {
  return { name, columns: columns.map((c) => ({ ...c })), rows: rows.map((row) => [...row]) };
}

/** Sizes are logged roughly: the exact one follows the number of groups. */
const LOGGED_BYTES_STEP = 65_536;

function roundedUp(bytes: number): number {
  return Math.ceil(bytes / LOGGED_BYTES_STEP) * LOGGED_BYTES_STEP;
}

/** Questions that ran when the service died have failed: the charge stays, and nobody waits for them any more. */
export async function failInterrupted(kitchen: Kitchen): Promise<void> {
  const { db } = kitchen.store;
  const rows = await db.selectFrom('questions').selectAll().where('state', '=', 'running').execute();
  for (const row of rows) {
    const subject = { question: row.query_id };
    const entry = { kind: 'run-failed' as const, call: null, collaboration: row.collaboration_id, subject };
    const leafIndex = await record(kitchen, entry);
    await db
      .updateTable('questions')
      .set({ state: 'run-failed', ended_at_ms: kitchen.nowMs(), leaf_index: leafIndex })
      .where('query_id', '=', row.query_id)
      .execute();
  }
}
