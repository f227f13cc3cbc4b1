import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

/** Makes the place for a release within its row. */
export async function migrate0024(db: Kysely<Tables>): Promise<void> {
  await sql.raw('alter table releases add column sealed_bytes blob').execute(db);
}
