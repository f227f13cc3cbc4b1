// A received upload keeps the digest of what was received, so that publishing need not read it only to know that.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const STATEMENTS = [
  `alter table uploads add column received_sha256 text`,
  `create index uploads_by_member on uploads (member, created_at_ms)`,
];

/** Makes the digests of received uploads. */
export async function migrate0012(db: Kysely<Tables>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
