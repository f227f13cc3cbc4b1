import { sql } from 'kysely';
import type { Database } from './store.ts';

/**
 * Takes what has been overwritten out of the store's journal too, which holds pages as they were before until it is
 * emptied.
 *
 * @throws {Error} while another process reads the store, a backup for one: its snapshot keeps the old pages, and whoever
 * said that they are gone would be wrong. To be done again.
 */
export async function forgetOverwritten(db: Database): Promise<void> {
  const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(db);
  if (rows[0]?.busy === 0) return;
  throw new Error('the journal of the control store could not be emptied, as another process reads the store');
}
