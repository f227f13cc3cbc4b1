// A publication is kept before the log tells of it, so that whoever starts after a crash can bring it to its end.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const STATEMENTS = [
  `create table pending_publications (
     snapshot_id text primary key, dataset_id text not null references datasets,
     from_index integer not null check (from_index >= 0),
     rows text not null check (json_valid(rows))) strict`,
];

/** Makes what is kept of publications on their way. */
export async function migrate0013(db: Kysely<Tables>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
