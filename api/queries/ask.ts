import { priceOf, varianceOf } from '../../policies/index.ts';
import type { queries } from '../../proto/index.ts';
import { budgetSpent, firstSpent, reserveBudget, violationEntry, violationMessage } from '../exits/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { digestOf, type Kitchen, newId, record } from '../kitchen/index.ts';
import { assertFewFailures } from './failed-runs.ts';
import { type Prepared, prepare, type Refused } from './prepare.ts';
import { questionShape } from './question-shape.ts';
import type { Runs } from './runs.ts';

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
): Promise<string> {
  const preparation = await prepare(kitchen, call, 'submit-question', request.question);
  if (!preparation.ok) throw await refuse(kitchen, call, preparation.refused);
  const { prepared } = preparation;
  const queryId = newId('q');
  await submit(kitchen, call, prepared, queryId);
  await assertFewFailures(kitchen, call.principal.member);
  const isStored = prepared.plan.aggregates.length > 0 && prepared.charge.rho === 0;
  if (!isStored) await reserve(kitchen, call, prepared, queryId);
  const leafIndex = await admitToRun(kitchen, call, prepared, queryId);
  await insertQuestion(kitchen, call, { prepared, queryId, isStored, leafIndex, requestId: request.requestId });
  runs.start(queryId, prepared, call);
  return queryId;
}

async function refuse(kitchen: Kitchen, call: Call, refused: Refused): Promise<ServiceError> {
  const collaboration = refused.collaboration.row.collaboration_id;
  const subject = { violations: refused.violations.map(violationEntry) };
  await record(kitchen, { kind: 'question-refused', call, collaboration, subject });
  const violations = refused.violations.map((v) => violationMessage(v, refused.passing));
  const [first] = violations;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  return new ServiceError('QUESTION_REFUSED', `${first?.message ?? 'the question is refused'}${more}`, { violations });
}

/** The log keeps the shape of the question; its literals, which may name people, lie sealed in the store. */
async function submit(kitchen: Kitchen, call: Call, prepared: Prepared, queryId: string): Promise<void> {
  const shape = questionShape(prepared.plan);
  await record(kitchen, {
    kind: 'question-submitted',
    call,
    collaboration: prepared.collaboration.row.collaboration_id,
    subject: { question: queryId, actingFor: actingFor(prepared, call), shape, epsilon: prepared.epsilon },
  });
}

async function reserve(kitchen: Kitchen, call: Call, prepared: Prepared, queryId: string): Promise<void> {
  try {
    await reserveBudget(kitchen, call, prepared.collaboration, {
      subject: `question/${queryId}`,
      datasetIds: prepared.tables.map((t) => t.datasetId),
      charge: prepared.charge,
      mechanisms: mechanismsOf(prepared),
    });
  } catch (cause) {
    if (cause instanceof ServiceError && cause.code === 'BUDGET_SPENT') {
      const subject = { question: queryId, reason: 'budget-spent', account: cause.details.metadata?.account ?? '' };
      const collaboration = prepared.collaboration.row.collaboration_id;
      await record(kitchen, { kind: 'question-refused', call, collaboration, subject });
    }
    throw cause;
  }
}

/** The parameters of every mechanism: with them an auditor adds up the ledger and replays the decision. */
export function mechanismsOf(prepared: Pick<Prepared, 'plan' | 'keys' | 'stored'>): {
  mechanism: string;
  variances: number[];
  maxGroupsPerPerson: number;
  deltaSelection: number;
  rho: number;
}[] {
  return prepared.plan.aggregates
    .filter((_, index) => !prepared.stored.has(prepared.keys[index] ?? ''))
    .map((a) => ({
      mechanism: 'discrete-gaussian',
      variances: a.noise.map(varianceOf),
      maxGroupsPerPerson: a.maxGroupsPerPerson,
      deltaSelection: a.charge.deltaSelection,
      rho: a.charge.rho,
    }));
}

async function admitToRun(kitchen: Kitchen, call: Call, prepared: Prepared, queryId: string): Promise<number> {
  const bindings = prepared.collaboration.bindings.filter((b) =>
    prepared.tables.some((t) => t.member === b.owner && t.alias === b.alias),
  );
  return await record(kitchen, {
    kind: 'question-admitted',
    call,
    collaboration: prepared.collaboration.row.collaboration_id,
    subject: {
      question: queryId,
      mechanisms: mechanismsOf(prepared),
      tables: bindings.map((b) => ({
        table: `${b.owner}.${b.alias}`,
        rulesDigest: b.rules_digest,
        snapshot: prepared.snapshots.get(b.dataset_id)?.snapshotId ?? '',
      })),
    },
  });
}

function actingFor(prepared: Prepared, call: Call): string {
  return prepared.question.onBehalfOf === '' ? call.principal.member : prepared.question.onBehalfOf;
}

async function insertQuestion(
  kitchen: Kitchen,
  call: Call,
  facts: { prepared: Prepared; queryId: string; isStored: boolean; leafIndex: number; requestId: string },
): Promise<void> {
  const { prepared, queryId, isStored, leafIndex, requestId } = facts;
  const price = priceOf(prepared.charge, prepared.delta);
  await kitchen.store.db
    .insertInto('questions')
    .values({
      query_id: queryId,
      collaboration_id: prepared.collaboration.row.collaboration_id,
      asker: call.principal.member,
      acting_for: actingFor(prepared, call),
      principal: call.principal.principal,
      sql_sealed: kitchen.vault.sealBytes({ label: 'question-sql', id: queryId }, Buffer.from(prepared.plan.sql)),
      epsilon: prepared.epsilon,
      omit_intervals: prepared.question.omitIntervals ? 1 : 0,
      request_id: requestId === '' ? queryId : requestId,
      request_digest: digestOf(prepared.keys.join(' ')),
      plan_digest: digestOf(prepared.keys.join(' ')),
      tables: JSON.stringify(prepared.tables.map((t) => `${t.member}.${t.alias}`)),
      price_epsilon: price.epsilon,
      price_delta: price.delta,
      price_rho: prepared.charge.rho,
      state: 'running',
      release_id: null,
      is_stored: isStored ? 1 : 0,
      submitted_at_ms: call.receivedAtMs,
      ended_at_ms: null,
      leaf_index: leafIndex,
    })
    .execute();
}

/** Whether the accounts could bear a question now, for explain: a look, not a promise. */
export function spentFor(prepared: Prepared): ServiceError | null {
  const account = prepared.charge.rho === 0 ? null : firstSpent(prepared.accounts, prepared.charge);
  return account === null ? null : budgetSpent(account);
}
