import { type Checked, type Parse, type ParsedQuery, readQuery, refuseText } from '../../policies/index.ts';
import { WallError } from '../../sandbox/index.ts';
import { ServiceError } from '../grpc/index.ts';
import type { Kitchen, Work } from '../kitchen/index.ts';

/**
 * Longest time to read a question or a definition, from its arrival: every parse and every probe of it together, most of
 * it waiting for a place behind others.
 */
export const MAX_READING_MS = 30_000;

/** Parses SQL by DuckDB's own grammar, in a worker that holds no data, and reads the tree. */
export async function parse(kitchen: Kitchen, sql: string, work: Work): Promise<Checked<ParsedQuery>> {
  return readQuery(sql, await treeOf(kitchen, sql, work));
}

/** The grammar's tree of SQL, or where it stopped understanding. */
export async function treeOf(kitchen: Kitchen, sql: string, work: Work): Promise<Parse> {
  const refused = refuseText(sql);
  if (refused !== null) return refused;
  try {
    return await kitchen.reader.parse(sql, work.nextJob());
  } catch (cause) {
    if (!(cause instanceof WallError) || cause.code === 'CANCELLED') throw cause;
    throw new ServiceError('BUSY', 'no worker is free to read the SQL', { retryAfterMs: 2_000, cause });
  }
}
