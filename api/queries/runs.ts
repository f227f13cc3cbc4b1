import { createHmac } from 'node:crypto';
import { printOuter, releaseTable } from '../../policies/index.ts';
import type { OuterTable } from '../../sandbox/index.ts';
import { putRelease, recordCharge, releaseOnce, type StoredRelease, untilNextStep } from '../exits/index.ts';
import type { Call } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import type { QuestionState } from '../store/index.ts';
import { countFailure } from './failed-runs.ts';
import type { Prepared } from './prepare.ts';
import { toArrow } from './to-arrow.ts';

/** Longest time of one run, waiting for a worker included. */
const RUN_DEADLINE_MS = 120_000;
/** Most rows of a release; above the noise nothing should be larger. */
const MAX_RELEASE_ROWS = 100_000;

/** Why a run was broken off: only its own member's word makes it cancelled. */
const CANCELLED_BY_MEMBER = 'cancelled-by-member';
const SERVICE_STOPS = 'service-stops';

/** The questions that run now. */
export interface Runs {
  /** Runs an admitted question in the background: run → protect → log → release. */
  readonly start: (queryId: string, prepared: Prepared, call: Call) => void;
  /** Waits for a question's end; at once when it does not run here. */
  readonly wait: (queryId: string) => Promise<void>;
  /** Stops a question; the charge stays. */
  readonly cancel: (queryId: string) => Promise<void>;
  /** Stops all and waits. */
  readonly close: () => Promise<void>;
}

interface Run {
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

/** Makes the runner of questions. */
export function makeRuns(kitchen: Kitchen): Runs {
  const running = new Map<string, Run>();
  return {
    start(queryId, prepared, call) {
      const controller = new AbortController();
      const ended = runToEnd(kitchen, { queryId, prepared, call, signal: controller.signal }).finally(() =>
        running.delete(queryId),
      );
      ended.catch((cause: unknown) => kitchen.operatorLog.error({ err: cause, queryId }, 'a question has no end'));
      running.set(queryId, { controller, ended });
    },
    wait: async (queryId) => {
      await running.get(queryId)?.ended;
    },
    async cancel(queryId) {
      running.get(queryId)?.controller.abort(CANCELLED_BY_MEMBER);
      await running.get(queryId)?.ended;
    },
    async close() {
      const all = [...running.values()];
      for (const run of all) run.controller.abort(SERVICE_STOPS);
      await Promise.allSettled(all.map((run) => run.ended));
    },
  };
}

interface RunFacts {
  readonly queryId: string;
  readonly prepared: Prepared;
  readonly call: Call;
  readonly signal: AbortSignal;
}

async function runToEnd(kitchen: Kitchen, run: RunFacts): Promise<void> {
  const { queryId, prepared, call, signal } = run;
  const collaboration = prepared.collaboration.row.collaboration_id;
  let end: { state: QuestionState; releaseId: string | null; leafIndex: number };
  try {
    const { bytes, digest, releaseId } = await release(kitchen, run);
    await untilNextStep(call.receivedAtMs, kitchen.nowMs);
    const kind = prepared.charge.rho === 0 ? 'release-reused' : 'release-made';
    const subject = {
      question: queryId,
      releaseDigest: saltedDigest(kitchen, queryId, digest),
      bytes: roundedUp(bytes.length),
    };
    const leafIndex = await record(kitchen, { kind, call, collaboration, subject });
    end = { state: 'released', releaseId, leafIndex };
  } catch (cause) {
    // Deadline, memory, crash and engine error are one answer: which of them it was may depend on a person.
    const isCancelled = signal.reason === CANCELLED_BY_MEMBER;
    if (!signal.aborted) await countFailure(kitchen, call.principal.member);
    kitchen.operatorLog.warn({ queryId, cause: cause instanceof Error ? cause.name : 'unknown' }, 'a run failed');
    await untilNextStep(call.receivedAtMs, kitchen.nowMs);
    const kind = isCancelled ? 'question-cancelled' : 'run-failed';
    const leafIndex = await record(kitchen, { kind, call, collaboration, subject: { question: queryId } });
    end = { state: isCancelled ? 'cancelled' : 'run-failed', releaseId: null, leafIndex };
  }
  await kitchen.store.db
    .updateTable('questions')
    .set({ state: end.state, release_id: end.releaseId, leaf_index: end.leafIndex, ended_at_ms: kitchen.nowMs() })
    .where('query_id', '=', queryId)
    .execute();
}

/** Protects every aggregation that is not stored yet, then asks the outer query of the releases. */
async function release(kitchen: Kitchen, run: RunFacts) {
  const { queryId, prepared, signal } = run;
  const { plan, keys, snapshots, question } = prepared;
  const { collaborationId } = question;
  const tables: OuterTable[] = [];
  for (const [index, aggregate] of plan.aggregates.entries()) {
    const key = keys[index] ?? '';
    const place = { collaborationId, snapshots, deadlineMs: RUN_DEADLINE_MS, signal };
    tables.push(outerTable(await releaseOnce(kitchen, aggregate, key, place), index));
  }
  const job = { tables, sql: printOuter(plan.outer), maxRows: MAX_RELEASE_ROWS };
  const composed = await kitchen.wall.compose(job, { deadlineMs: RUN_DEADLINE_MS, signal });
  return await putRelease(kitchen, { key: `question/${queryId}`, collaborationId }, toArrow(composed));
}

function outerTable(stored: StoredRelease, index: number): OuterTable {
  return {
    name: releaseTable(index),
    columns: stored.columns.map((c) => ({ ...c })),
    rows: stored.rows.map((row) => [...row]),
  };
}

/** A digest that only the service can recompute: noisy counts have few values, and a plain digest would give them away. */
function saltedDigest(kitchen: Kitchen, queryId: string, digest: string): string {
  return createHmac('sha256', kitchen.vault.deriveKey('release-digest')).update(`${queryId}:${digest}`).digest('hex');
}

/** Sizes are logged roughly: the exact one follows the number of groups. */
const LOGGED_BYTES_STEP = 65_536;

function roundedUp(bytes: number): number {
  return Math.ceil(bytes / LOGGED_BYTES_STEP) * LOGGED_BYTES_STEP;
}

/** The service died between the charge and its entry: the log must still say what the ledger says. */
async function recordLostCharge(kitchen: Kitchen, queryId: string, collaborationId: string): Promise<void> {
  const subject = `question/${queryId}`;
  const events = await kitchen.store.db
    .selectFrom('ledger_events')
    .selectAll()
    .where('subject', '=', subject)
    .execute();
  const [first] = events;
  if (first === undefined) return;
  const charge = { rho: first.rho, deltaSelection: first.delta };
  const accounts = events.map((e) => e.account);
  await recordCharge(kitchen, { call: null, collaborationId, subject, accounts, charge });
}

/** Questions that ran when the service died have failed: the charge stays, and nobody waits for them any more. */
export async function failInterrupted(kitchen: Kitchen): Promise<void> {
  const { db } = kitchen.store;
  const rows = await db.selectFrom('questions').selectAll().where('state', '=', 'running').execute();
  for (const row of rows) {
    if (row.leaf_index === null) await recordLostCharge(kitchen, row.query_id, row.collaboration_id);
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
