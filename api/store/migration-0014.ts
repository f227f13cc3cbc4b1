// What entries of the log only have a digest of lies here, each under a key of its own that an erasure destroys.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const STATEMENTS = [
  `create table entry_details (
     subject_id text not null, kind text not null, collaboration_id text references collaborations,
     wrapped_key blob not null, sealed blob not null, from_index integer not null check (from_index >= 0),
     kept_at_ms integer not null, erased_by text references erasures,
     primary key (subject_id, kind)) strict`,
  `create table detail_touches (
     touched text not null, subject_id text not null, primary key (touched, subject_id)) strict, without rowid`,
  `create trigger entry_details_stay_as_they_are before update on entry_details
     when new.erased_by is null or new.subject_id is not old.subject_id or new.kind is not old.kind
       or new.from_index is not old.from_index
     begin select raise(abort, 'a detail is never changed, only erased'); end`,
  `create trigger entry_details_stay before delete on entry_details
     begin select raise(abort, 'that there was a detail stays known'); end`,
  `create table settings (name text primary key, digest text not null) strict`,
  `drop table decisions`,
  `alter table questions drop column sql_sealed`,
  `alter table audiences drop column sql_sealed`,
  // As before, but that an erasure may empty what was compared: whoever meets an empty one refuses.
  `drop trigger exact_aggregations_stay_as_they_are`,
  `create trigger exact_aggregations_stay_as_they_are before update on exact_aggregations
     when new.entry_id is not old.entry_id or new.collaboration_id is not old.collaboration_id
       or new.query_id is not old.query_id or new.release_key is not old.release_key
       or new.aggregation_key is not old.aggregation_key or new.dataset_ids is not old.dataset_ids
       or (new.groups_sealed is not zeroblob(length(new.groups_sealed))
         and (old.has_left is not null or new.has_left is null or new.groups_sealed is not old.groups_sealed))
     begin select raise(abort, 'what has left stays as it was'); end`,
];

/** Makes the details of entries; what decisions were made from is among them from now on. */
export async function migrate0014(db: Kysely<Tables>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
