import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { functionsUsed, isThreshold, priceOf, recordOf } from '../../policies/index.ts';
import type { queries } from '../../proto/index.ts';
import {
  chargeBudget,
  type LoggedCharge,
  logCharge,
  loggingRefusals,
  noteTold,
  recordExactAggregation,
  violationMessages,
} from '../exits/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { digestOf, type Kitchen, newId, type Remember, record, staged } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';
import { assertFewFailures } from './failed-runs.ts';
import { keepAdmission, keepRefusal, keepSpent } from './keep-question.ts';
import { exactPlace, isStored, type Prepared, prepare, type Refused } from './prepare.ts';
import { questionShape, questionTouches } from './question-shape.ts';
import { askedTables } from './release-statement.ts';
import type { AdmittedRun, Runs } from './runs.ts';

/**
 * How long a run has its start to itself: it asks the store what it needs, and hands its worker the tables, before its asker
 * is answered, who can only wait for it. The same for every question, and less than any run takes.
 */
const RUN_AHEAD_MS = 5;

/**
 * The life of a question: submit → admit → parse → check → plan → reserve → log → run → protect → log → release.
 *
 * The first half happens here, before the answer to the caller; the second half in {@link Runs}. Every step may
 * refuse, each refusal is logged, and only the last step lets anything out.
 */
export async function ask(
  kitchen: Kitchen,
  runs: Runs,
  call: Call,
  request: queries.SubmitQueryRequest,
  remember: Remember,
): Promise<string> {
  const queryId = newId('q');
  const collaboration = request.question?.collaborationId ?? '';
  const subject: Record<string, string> = { question: queryId };
  const refusal = { kind: 'question-refused' as const, collaboration, subject };
  // The log binds what each decision was made from by a digest; the record itself has the words of the question.
  const bind = (digest: string | null): void => {
    if (digest !== null) subject.decision = digest;
  };
  const { run, prepared, charged } = await loggingRefusals(kitchen, call, refusal, async () => {
    const preparation = await prepare(kitchen, call, 'submit-question', request.question);
    // Only now: before its right to ask for a member was checked, the name was a word of the caller's own.
    subject.actingFor = request.question?.onBehalfOf || call.principal.member;
    if (!preparation.ok) {
      bind(await keepRefusal(kitchen, { queryId, call }, preparation.refused));
      throw questionRefused(preparation.refused);
    }
    await assertFewFailures(kitchen, call.principal.member);
    const { prepared } = preparation;
    const run = runs.admit(call);
    const charged = await orLeave(run, () =>
      staged('reserve', () => reserve(kitchen, call, { prepared, queryId, remember, bind })),
    );
    return { run, prepared, charged };
  });
  const leafIndex = await orLeave(run, () =>
    staged('log', () => logDecision(kitchen, call, { prepared, subject, charged })),
  );
  runs.start(run, { queryId, prepared, decision: subject.decision ?? '' });
  await sleep(RUN_AHEAD_MS);
  await noteLogged(kitchen, { queryId, charged, leafIndex });
  return queryId;
}

/** A step of a question that has its place in the line: one that fails gives it back. */
async function orLeave<Result>(run: AdmittedRun, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (cause) {
    run.leave();
    throw cause;
  }
}

function questionRefused(refused: Refused): ServiceError {
  const violations = violationMessages(refused.violations, refused.passing);
  const [first] = violations;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  return new ServiceError('QUESTION_REFUSED', `${first?.message ?? 'the question is refused'}${more}`, { violations });
}

/** The log keeps the shape of the question; its literals, which may name people, lie sealed in the store. */
async function logSubmission(kitchen: Kitchen, call: Call, prepared: Prepared, queryId: string): Promise<void> {
  const shape = questionShape(prepared.plan);
  await record(kitchen, {
    kind: 'question-submitted',
    call,
    collaboration: prepared.collaboration.row.collaboration_id,
    subject: {
      question: queryId,
      actingFor: prepared.actingFor,
      shape,
      touched: questionTouches(prepared.plan),
      mode: prepared.mode,
      epsilon: prepared.epsilon,
      ...(call.template === undefined ? {} : { template: call.template }),
    },
  });
}

interface Submission {
  readonly prepared: Prepared;
  readonly queryId: string;
  readonly remember: Remember;
  /** Takes the digest of the decision's record. */
  readonly bind: (digest: string) => void;
}

/** What will leave exactly is known to all later questions from here on, whether this one ends or not. */
async function keepExactAggregations(kitchen: Kitchen, db: Database, { prepared, queryId }: Submission): Promise<void> {
  const { plan, keys, stored, snapshots } = prepared;
  for (const [index, aggregate] of plan.aggregates.entries()) {
    const releaseKey = keys[index] ?? '';
    if (!isThreshold(aggregate) || stored.has(releaseKey)) continue;
    await recordExactAggregation(kitchen, db, { aggregate, releaseKey, queryId, snapshots, ...exactPlace(prepared) });
  }
}

/**
 * The charge, the question and the answer to a repetition of the call are kept in one step, or none of them is; `null`
 * where there is nothing to charge.
 */
async function reserve(kitchen: Kitchen, call: Call, submission: Submission): Promise<LoggedCharge | null> {
  const { prepared, queryId, remember, bind } = submission;
  const submitted = logSubmission(kitchen, call, prepared, queryId);
  submitted.catch(() => {});
  // The turn of the event loop in which the log begins to write: the disk works while all this is computed.
  await setImmediate();
  const keep = async (db: Database): Promise<Record<string, never>> => {
    await insertQuestion(db, call, submission);
    await keepExactAggregations(kitchen, db, submission);
    bind(await keepAdmission(kitchen, db, { queryId, call }, prepared));
    await remember(db, Buffer.from(queryId));
    // INVARIANT: no charge is on the disk whose submission is not. The disk has taken it while all this was written.
    await submitted;
    // The admission, which comes before anything runs, binds the record.
    return {};
  };
  // Stored releases answer it: there is nothing to charge.
  if (isStored(prepared)) {
    await kitchen.store.transaction(keep);
    return null;
  }
  const reservation = {
    subject: `question/${queryId}`,
    datasetIds: prepared.tables.map((t) => t.datasetId),
    accounts: prepared.accounts,
    actingFor: prepared.actingFor,
    charge: prepared.charge,
    events: prepared.events,
  };
  try {
    return await chargeBudget(kitchen, call, prepared.collaboration, reservation, keep);
  } catch (cause) {
    await submitted;
    if (cause instanceof ServiceError && cause.code === 'BUDGET_SPENT')
      bind(await keepSpent(kitchen, { queryId, call }, prepared));
    throw cause;
  }
}

interface Admitted {
  readonly prepared: Prepared;
  readonly subject: Readonly<Record<string, string>>;
  readonly charged: LoggedCharge | null;
}

/** Logs the charge and the admission, in this order and with one sync of the disk; answers the place of the admission. */
async function logDecision(kitchen: Kitchen, call: Call, { prepared, subject, charged }: Admitted): Promise<number> {
  // Told in one turn of the event loop, and so in one group of the log.
  const told = charged === null ? null : logCharge(kitchen, charged);
  const [leafIndex] = await Promise.all([logAdmission(kitchen, call, prepared, subject), told]);
  return leafIndex;
}

/**
 * Notes where the log has it all: after the run has begun, which waits for nothing of this. A start makes both notes again
 * where they are lost.
 */
async function noteLogged(
  kitchen: Kitchen,
  { queryId, charged, leafIndex }: { queryId: string; charged: LoggedCharge | null; leafIndex: number },
): Promise<void> {
  await kitchen.store.noteDown(async (db) => {
    if (charged !== null) await noteTold(db, charged);
    const asked = db.updateTable('questions').set({ leaf_index: leafIndex }).where('query_id', '=', queryId);
    // The run may have ended by now, and have a later place.
    await asked.where('leaf_index', 'is', null).execute();
  });
}

async function logAdmission(
  kitchen: Kitchen,
  call: Call,
  prepared: Prepared,
  subject: Readonly<Record<string, string>>,
): Promise<number> {
  const tables = askedTables(prepared).map(({ table, rulesDigest, snapshot }) => ({ table, rulesDigest, snapshot }));
  return await record(kitchen, {
    kind: 'question-admitted',
    call,
    collaboration: prepared.collaboration.row.collaboration_id,
    subject: {
      ...subject,
      mode: prepared.mode,
      decidingCode: { ...kitchen.code },
      mechanisms: recordOf(prepared.events),
      tables,
      functions: functionsUsed(...prepared.plan.aggregates).map((used) => ({ ...used })),
    },
  });
}

async function insertQuestion(db: Database, call: Call, { prepared, queryId }: Submission): Promise<void> {
  const price = priceOf(prepared.charge, prepared.delta);
  await db
    .insertInto('questions')
    .values({
      query_id: queryId,
      collaboration_id: prepared.collaboration.row.collaboration_id,
      asker: call.principal.member,
      acting_for: prepared.actingFor,
      principal: call.principal.principal,
      epsilon: prepared.epsilon,
      mode: prepared.mode,
      omit_intervals: prepared.question.omitIntervals ? 1 : 0,
      plan_digest: digestOf(prepared.keys.join(' ')),
      tables: JSON.stringify(prepared.tables.map((t) => `${t.member}.${t.alias}`)),
      price_epsilon: price.epsilon,
      price_delta: price.delta,
      price_rho: prepared.charge.rho,
      state: 'running',
      release_id: null,
      is_stored: isStored(prepared) ? 1 : 0,
      submitted_at_ms: call.receivedAtMs,
      ended_at_ms: null,
      leaf_index: null,
      template: call.template ?? null,
    })
    .execute();
}
