import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const STATEMENTS = [
  `alter table collaborations add column purpose text not null default ''`,
  `alter table collaborations add column regions text not null default '[]' check (json_valid(regions))`,
  `alter table activations add column is_replacement integer not null default 0 check (is_replacement in (0, 1))`,
  `create table counting_versions (member text primary key, version integer not null check (version > 0)) strict`,
  `create table opt_outs (
     member text not null, kind text not null, block blob not null check (length(block) = 16),
     is_linked integer not null check (is_linked in (0, 1)), from_version integer not null, to_version integer,
     recorded_at_ms integer not null, primary key (member, kind, block, is_linked, from_version)) strict`,
  `create table linked_parts (part_id text primary key references parts) strict`,
  `create table consent_columns (
     collaboration_id text not null references collaborations, part_id text not null references parts,
     version integer not null, file_name text not null, days_sealed blob not null, made_at_ms integer not null,
     primary key (collaboration_id, part_id, file_name)) strict`,
  `create table erasures (
     erasure_id text primary key, member text not null,
     scope text not null check (scope in ('persons', 'dataset', 'member')), dataset_id text references datasets,
     identifiers_sealed blob, identifier_count integer not null, principal text not null,
     state text not null check (state in ('requested', 'switched', 'done')), numbers_sealed blob,
     receipt text check (json_valid(receipt)), leaf_index integer, requested_at_ms integer not null,
     done_at_ms integer) strict`,
  `create table rewritten_parts (part_id text primary key, first_part_id text not null, upload_id text not null) strict`,
];

/** Makes what rights need: purposes, opt-outs, consents and erasures. */
export async function migrate0010(db: Kysely<Tables>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
