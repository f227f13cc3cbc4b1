import { type OuterProbe, type ProtectedPlan, printOuterProbe } from '../../policies/index.ts';
import { WallError } from '../../sandbox/index.ts';
import { ServiceError } from '../grpc/index.ts';
import type { Kitchen, Work } from '../kitchen/index.ts';

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
export async function isTakenByEngine(kitchen: Kitchen, plan: ProtectedPlan, work: Work): Promise<boolean> {
  const probe = printOuterProbe(plan);
  return probe === null || (await ask(kitchen, probe, work));
}

async function ask(kitchen: Kitchen, { tables, sql }: OuterProbe, work: Work): Promise<boolean> {
  const empty = tables.map(({ name, columns }) => ({ name, columns: columns.map((c) => ({ ...c })), rows: [] }));
  try {
    await kitchen.reader.compose({ tables: empty, sql, maxRows: MAX_PROBE_ROWS }, work.nextJob());
    return true;
  } catch (cause) {
    if (!(cause instanceof WallError)) throw cause;
    if (cause.code === 'RUN_FAILED') return false;
    throw new ServiceError('BUSY', 'no worker is free to check the question', { retryAfterMs: 2_000, cause });
  }
}
