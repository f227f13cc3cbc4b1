// Scoring functions. The code lies sealed: it is its submitter's, and nobody reads it out again. What a version is never
// changes, as releases and audiences name it by its digest.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const statements = [
  `create table functions (
     function_id text primary key, collaboration_id text not null references collaborations, member text not null,
     name text not null, submitted_for text not null, created_at_ms integer not null, retired_at_ms integer,
     unique (collaboration_id, member, name)) strict`,
  `create table function_versions (
     function_id text not null references functions, version integer not null check (version >= 1),
     digest text not null, language text not null check (language in ('javascript', 'wasm')),
     signature text not null check (json_valid(signature)), code_sealed blob not null,
     code_bytes integer not null check (code_bytes >= 0), submitted_at_ms integer not null, leaf_index integer not null,
     primary key (function_id, version)) strict`,
  'create index function_versions_by_digest on function_versions (digest)',
  `create trigger function_versions_stay_as_they_are before update on function_versions
     begin select raise(abort, 'a version of a function is never changed'); end`,
  `create trigger function_versions_stay before delete on function_versions
     begin select raise(abort, 'what was asked with a version needs it'); end`,
  // An audience keeps the versions it was defined with: else its definer could change who is in it after a size was
  // released.
  `alter table audiences add column functions text not null default '[]' check (json_valid(functions))`,
];

/** Adds scoring functions, and which of them an audience was defined with. */
export async function migrate0005(db: Kysely<Tables>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
