import { type Checked, type Parse, type ParsedQuery, readQuery, refuseText } from '../../policies/index.ts';
import { WallError } from '../../sandbox/index.ts';
import { ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';

/** Longest time to parse one question, most of it waiting for a place behind others. */
const PARSE_DEADLINE_MS = 30_000;

/** Parses SQL by DuckDB's own grammar, in a worker that holds no data, and reads the tree. */
export async function parse(kitchen: Kitchen, sql: string, signal?: AbortSignal): Promise<Checked<ParsedQuery>> {
  return readQuery(sql, await treeOf(kitchen, sql, signal));
}

/** The grammar's tree of SQL, or where it stopped understanding. */
export async function treeOf(kitchen: Kitchen, sql: string, signal?: AbortSignal): Promise<Parse> {
  const refused = refuseText(sql);
  if (refused !== null) return refused;
  const limits = signal === undefined ? {} : { signal };
  try {
    return await kitchen.parser.parse(sql, { deadlineMs: PARSE_DEADLINE_MS, ...limits });
  } catch (cause) {
    if (!(cause instanceof WallError) || cause.code === 'CANCELLED') throw cause;
    throw new ServiceError('BUSY', 'no worker is free to read the SQL', { retryAfterMs: 2_000, cause });
  }
}
