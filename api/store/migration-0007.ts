// A release is stored as soon as it is made, which may be while its question still runs, or before it is cancelled. That
// it is stored shows in the price of the next question, so that it must not show before an end has.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const statements = [
  `alter table releases add column shown_at_ms integer`,
  `update releases set shown_at_ms = created_at_ms`,
];

/** Adds when a release has shown: what was stored before has. */
export async function migrate0007(db: Kysely<Tables>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
