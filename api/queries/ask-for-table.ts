import { tableFromIPC } from 'apache-arrow';
import type { queries } from '../../proto/index.ts';
import { readRelease } from '../exits/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import { type Kitchen, record } from '../kitchen/index.ts';
import type { Runs } from './runs.ts';
import { submitQuestion } from './submit-question.ts';

/** The released table of a question that the service asked in a caller's name. */
export interface AskedTable {
  readonly queryId: string;
  /** What was charged; nothing for a stored release. */
  readonly charged: { readonly epsilon: number; readonly delta: number; readonly rho: number };
  readonly columns: readonly string[];
  /** By column name; integers as bigint, dates and moments as Arrow gives them. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Asks a question in the caller's name, waits for its end and reads its release.
 *
 * It is a question like any other: same rights, same rules, same ledger, same entries and receipt. What is built on
 * protected answers is built on this, so that there is one way out and not five.
 *
 * @throws {ServiceError} QUESTION_REFUSED, BUDGET_SPENT and whatever else a question is refused with; RUN_FAILED
 */
export async function askForTable(
  kitchen: Kitchen,
  runs: Runs,
  call: Call,
  { question, requestId }: queries.SubmitQueryRequest,
): Promise<AskedTable> {
  const row = await submitQuestion(kitchen, runs, call, { question, requestId });
  const { query_id: queryId, collaboration_id: collaboration } = row;
  await runs.wait(queryId);
  const stored = await readRelease(kitchen, `question/${queryId}`);
  if (stored === undefined) throw new ServiceError('RUN_FAILED', 'the question was not finished; its charge stays');
  await record(kitchen, { kind: 'release-read', call, collaboration, subject: { question: queryId } });
  const table = tableFromIPC(stored.bytes);
  return {
    queryId,
    charged: { epsilon: row.price_epsilon, delta: row.price_delta, rho: row.price_rho },
    columns: table.schema.fields.map((field) => field.name),
    rows: table.toArray().map((one) => one.toJSON() as Record<string, unknown>),
  };
}
