// Threshold mode: exact releases, which mark for ever whatever they were made from, and what later ones are compared
// with.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const statements = [
  'alter table ledger_accounts add column exact_since_ms integer',
  `create trigger ledger_marks_stay before update on ledger_accounts
     when old.exact_since_ms is not null and new.exact_since_ms is not old.exact_since_ms
     begin select raise(abort, 'that exact releases were made stays true'); end`,
  `alter table questions add column mode text not null default 'private' check (mode in ('private', 'threshold'))`,
  `create table exact_aggregations (
     entry_id integer primary key, collaboration_id text not null references collaborations,
     query_id text not null, release_key text not null, aggregation_key text not null,
     dataset_ids text not null check (json_valid(dataset_ids)), groups_sealed blob not null,
     has_left integer check (has_left in (0, 1)), recorded_at_ms integer not null,
     unique (query_id, release_key)) strict`,
  'create index exact_aggregations_by_collaboration on exact_aggregations (collaboration_id, entry_id)',
  `create trigger exact_aggregations_stay before delete on exact_aggregations
     begin select raise(abort, 'what has left stays known'); end`,
  `create trigger exact_aggregations_stay_as_they_are before update on exact_aggregations
     when old.has_left is not null or new.has_left is null or new.entry_id is not old.entry_id
       or new.collaboration_id is not old.collaboration_id or new.query_id is not old.query_id
       or new.release_key is not old.release_key or new.aggregation_key is not old.aggregation_key
       or new.dataset_ids is not old.dataset_ids or new.groups_sealed is not old.groups_sealed
     begin select raise(abort, 'what has left stays as it was'); end`,
];

/** Adds the mark of exact releases and their history. */
export async function migrate0002(db: Kysely<Tables>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
