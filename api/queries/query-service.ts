import { queries } from '../../proto/index.ts';
import { admit, costMessage } from '../collaborations/index.ts';
import { shownText } from '../details/index.ts';
import { readRelease } from '../exits/index.ts';
import { type Call, type HandlerWrappers, ServiceError } from '../grpc/index.ts';
import { type Kitchen, readPage, record } from '../kitchen/index.ts';
import type { QuestionState } from '../store/index.ts';
import { admitToQuestion, decideOnQuestion, type QuestionRow } from './admit-to-question.ts';
import { explain } from './explain.ts';
import { modeMessage } from './read-mode.ts';
import { explainRemaining } from './remaining.ts';
import type { Runs } from './runs.ts';
import { submitQuestion } from './submit-question.ts';

/** Bytes of one message of a release. */
const RELEASE_CHUNK_BYTES = 262_144;

/** The handlers of galley.v1.QueryService. */
export function makeQueryService(
  kitchen: Kitchen,
  runs: Runs,
  { unary, serverStream }: HandlerWrappers,
): queries.QueryServiceServer {
  return {
    explainQuery: unary('explain-question', async ({ question }, call) => ({
      explanation: await explain(kitchen, call, question),
    })),
    explainRemaining: unary('explain-question', async ({ question }, call) => ({
      remaining: await explainRemaining(kitchen, call, question),
    })),
    submitQuery: unary('submit-question', (request, call) => submit(kitchen, runs, call, request)),
    getQuery: unary('read-question', async ({ queryId }, call) => ({
      query: await queryMessage(kitchen, await admitToQuestion(kitchen, call, 'read-question', queryId)),
    })),
    listQueries: unary('list-questions', (request, call) => list(kitchen, call, request)),
    cancelQuery: unary('cancel-question', async ({ queryId }, call) => {
      await admitToQuestion(kitchen, call, 'cancel-question', queryId);
      await runs.cancel(queryId, call);
      return { query: await queryMessage(kitchen, await admitToQuestion(kitchen, call, 'cancel-question', queryId)) };
    }),
    readRelease: serverStream('read-question', ({ queryId }, call) => read(kitchen, runs, call, queryId)),
  };
}

async function submit(
  kitchen: Kitchen,
  runs: Runs,
  call: Call,
  request: queries.SubmitQueryRequest,
): Promise<queries.SubmitQueryResponse> {
  return { query: await queryMessage(kitchen, await submitQuestion(kitchen, runs, call, request)) };
}

async function list(
  kitchen: Kitchen,
  call: Call,
  request: queries.ListQueriesRequest,
): Promise<queries.ListQueriesResponse> {
  const { collaborationId } = request;
  const collaboration = await admit(kitchen, call, { action: 'list-questions', collaborationId });
  const page = readPage(request);
  const { member, role } = call.principal;
  const rows = await kitchen.store.db
    .selectFrom('questions')
    .selectAll()
    .where('collaboration_id', '=', collaborationId)
    .where(role === 'isv' ? 'asker' : 'acting_for', '=', member)
    .orderBy('submitted_at_ms', 'desc')
    .limit(page.size)
    .offset(page.offset)
    .execute();
  // The list shows what GetQuery would: what an ISV asked under a grant that has ended is closed to it.
  const seen = rows.filter((row) => decideOnQuestion(kitchen, call, 'read-question', { row, collaboration }).allowed);
  const shown = await Promise.all(seen.map((row) => queryMessage(kitchen, row)));
  return { queries: shown, nextPageToken: page.next(rows.length) };
}

/** Waits for the end of a question and streams its release. */
async function* read(
  kitchen: Kitchen,
  runs: Runs,
  call: Call,
  queryId: string,
): AsyncGenerator<queries.ReadReleaseResponse, void> {
  await admitToQuestion(kitchen, call, 'read-question', queryId);
  await runs.wait(queryId);
  // Rights are looked at again: a grant may have been revoked while the question ran.
  const row = await admitToQuestion(kitchen, call, 'read-question', queryId);
  if (row.state === 'cancelled') throw new ServiceError('CANCELLED', 'the question was cancelled');
  const stored = row.state === 'released' ? await readRelease(kitchen, `question/${queryId}`) : undefined;
  if (stored === undefined) throw new ServiceError('RUN_FAILED', 'the question was not finished; its charge stays');
  const { collaboration_id: collaboration } = row;
  await record(kitchen, { kind: 'release-read', call, collaboration, subject: { question: queryId } });
  for (let from = 0; from < stored.bytes.length; from += RELEASE_CHUNK_BYTES) {
    yield { arrowIpc: stored.bytes.subarray(from, from + RELEASE_CHUNK_BYTES) };
  }
}

const STATES: Readonly<Record<QuestionState, queries.QueryState>> = {
  running: queries.QueryState.RUNNING,
  released: queries.QueryState.RELEASED,
  'run-failed': queries.QueryState.RUN_FAILED,
  cancelled: queries.QueryState.CANCELLED,
};

async function queryMessage(kitchen: Kitchen, row: QuestionRow): Promise<queries.Query> {
  return {
    queryId: row.query_id,
    question: {
      collaborationId: row.collaboration_id,
      sql: await shownText(kitchen, { kind: 'question', subjectId: row.query_id }),
      epsilon: row.epsilon,
      onBehalfOf: row.acting_for === row.asker ? '' : row.acting_for,
      omitIntervals: row.omit_intervals === 1,
      mode: modeMessage(row.mode),
    },
    state: STATES[row.state],
    charged: costMessage({ epsilon: row.price_epsilon, delta: row.price_delta, rho: row.price_rho }),
    stored: row.is_stored === 1,
    submittedAt: new Date(row.submitted_at_ms),
    endedAt: row.ended_at_ms === null ? undefined : new Date(row.ended_at_ms),
    leafIndex: BigInt(row.leaf_index ?? 0),
  };
}
