// What decisions were made from, so that they can be made again.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const statements = [
  `create table decisions (
     query_id text primary key, collaboration_id text not null references collaborations,
     record_sealed blob not null, from_index integer not null, decided_at_ms integer not null) strict`,
  `create trigger decisions_stay_as_they_are before update on decisions
     begin select raise(abort, 'a decision is never changed'); end`,
];

/** Adds the records of decisions. */
export async function migrate0003(db: Kysely<Tables>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
