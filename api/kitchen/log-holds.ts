import { sql } from 'kysely';
import type { AuditLog } from '../../audit/index.ts';
import type { Store } from '../store/index.ts';

/** Columns with the place of an entry that was in the log before its row was written. */
const PLACES = ['questions', 'activations', 'snapshots', 'function_versions', 'erasures', 'receipts', 'receipt_keys'];

/**
 * Refuses a log that ends before entries of which the store knows. It was put back from a backup without the store: to go
 * on would be to write a second history, in which what has left since then was never asked.
 *
 * A data directory that was put back as a whole knows nothing of it; that is found by whoever kept a checkpoint.
 *
 * @throws {Error} saying what to restore
 */
export async function assertLogHolds(log: Pick<AuditLog, 'treeSize'>, { db }: Store): Promise<void> {
  const newest = PLACES.map((table) => sql`select max(leaf_index) + 1 as size from ${sql.table(table)}`);
  newest.push(sql`select max(from_index) as size from entry_details`);
  const { rows } = await sql<{ size: number | null }>`${sql.join(newest, sql` union all `)}`.execute(db);
  const knownSize = rows.reduce((largest, { size }) => Math.max(largest, size ?? 0), 0);
  if (log.treeSize >= knownSize) return;
  throw new Error(
    `the log has ${log.treeSize} entries, and the control store knows of ${knownSize}: the log was put back to an earlier state; restore log and store from the same backup`,
  );
}
