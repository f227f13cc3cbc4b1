import { type OuterProbe, type ProtectedPlan, printOuterProbe } from '../../policies/index.ts';
import { WallError } from '../../sandbox/index.ts';
import { ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';

/** Longest time to ask about one query, most of it waiting for a place behind others; it reads no row. */
const PROBE_DEADLINE_MS = 30_000;
/** Rows that constants of the query may make without any released row; more would be no query over a release. */
const MAX_PROBE_ROWS = 10_000;

/**
 * Whether the engine takes the query over the release, asked with released tables that are still empty.
 *
 * It is asked before anything is charged: a question that cannot be answered must cost nothing. No data is read, so
 * that the answer follows from the SQL and the schema alone.
 *
 * @throws {ServiceError} `BUSY` when no worker is free to be asked
 */
export async function isTakenByEngine(kitchen: Kitchen, plan: ProtectedPlan): Promise<boolean> {
  const probe = printOuterProbe(plan);
  return probe === null || (await ask(kitchen, probe));
}

async function ask(kitchen: Kitchen, { tables, sql }: OuterProbe): Promise<boolean> {
  const empty = tables.map(({ name, columns }) => ({ name, columns: columns.map((c) => ({ ...c })), rows: [] }));
  try {
    await kitchen.wall.compose({ tables: empty, sql, maxRows: MAX_PROBE_ROWS }, { deadlineMs: PROBE_DEADLINE_MS });
    return true;
  } catch (cause) {
    if (!(cause instanceof WallError)) throw cause;
    if (cause.code === 'RUN_FAILED') return false;
    throw new ServiceError('BUSY', 'no worker is free to check the question', { retryAfterMs: 2_000, cause });
  }
}
