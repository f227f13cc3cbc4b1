// Written as SQL, for this is what an operator will see in the file. `strict` makes SQLite hold to the types, and the
// checks say what must never be, whatever a later flow gets wrong: above all, that a charge never shrinks.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const statements = [
  `create table collaborations (
     collaboration_id text primary key, display_name text not null, creator text not null,
     epsilon_limit real not null check (epsilon_limit >= 0), delta_limit real not null check (delta_limit >= 0),
     consumer_epsilon_limit real not null check (consumer_epsilon_limit >= 0),
     consumer_delta_limit real not null check (consumer_delta_limit >= 0),
     created_at_ms integer not null, suspended_at_ms integer) strict`,
  `create table collaboration_members (
     collaboration_id text not null references collaborations, member text not null,
     abilities text not null check (json_valid(abilities)),
     invited_at_ms integer not null, accepted_at_ms integer,
     primary key (collaboration_id, member)) strict`,
  `create index collaboration_members_by_member on collaboration_members (member)`,
  `create table grants (
     grant_id text primary key, collaboration_id text not null references collaborations,
     grantor text not null, grantee text not null,
     abilities text not null check (json_valid(abilities)), tables text not null check (json_valid(tables)),
     created_at_ms integer not null, expires_at_ms integer not null, revoked_at_ms integer,
     foreign key (collaboration_id, grantor) references collaboration_members) strict`,
  `create index grants_by_grantee on grants (grantee, collaboration_id)`,
  `create table datasets (
     dataset_id text primary key, owner text not null, display_name text not null,
     columns text not null check (json_valid(columns)),
     created_at_ms integer not null, suspended_at_ms integer, erased_at_ms integer) strict`,
  `create index datasets_by_owner on datasets (owner, created_at_ms)`,
  `create table snapshots (
     snapshot_id text primary key, dataset_id text not null references datasets, upload_id text not null,
     upload_digest text not null, row_count integer not null check (row_count >= 0),
     rejected_count integer not null check (rejected_count >= 0), rejects text not null check (json_valid(rejects)),
     column_digests text not null check (json_valid(column_digests)), chunk_count integer not null,
     state text not null check (state in ('receiving', 'published', 'erased')),
     created_at_ms integer not null, published_at_ms integer, leaf_index integer,
     unique (dataset_id, upload_id)) strict`,
  `create table bindings (
     collaboration_id text not null, owner text not null, alias text not null,
     dataset_id text not null references datasets, rules_json text not null check (json_valid(rules_json)),
     rules_digest text not null, rules_version integer not null check (rules_version >= 1),
     bound_at_ms integer not null,
     primary key (collaboration_id, owner, alias),
     foreign key (collaboration_id, owner) references collaboration_members) strict`,
  `create table rules_versions (
     collaboration_id text not null, owner text not null, alias text not null,
     rules_version integer not null check (rules_version >= 1), rules_digest text not null,
     rules_json text not null check (json_valid(rules_json)), set_at_ms integer not null,
     primary key (collaboration_id, owner, alias, rules_version),
     foreign key (collaboration_id, owner, alias) references bindings) strict`,
  `create table person_columns (
     collaboration_id text not null references collaborations, snapshot_id text not null references snapshots,
     state text not null check (state in ('building', 'ready')), column_digest text, person_count integer,
     ready_at_ms integer, primary key (collaboration_id, snapshot_id)) strict`,
  `create table ledger_accounts (
     account text primary key, level text not null check (level in ('owner', 'collaboration', 'consumer')),
     owner text not null, collaboration_id text references collaborations,
     epsilon_limit real not null check (epsilon_limit >= 0), delta_limit real not null check (delta_limit >= 0),
     rho_charged real not null default 0 check (rho_charged >= 0),
     delta_charged real not null default 0 check (delta_charged >= 0),
     opened_at_ms integer not null) strict`,
  `create table ledger_events (
     event_id integer primary key, account text not null references ledger_accounts, subject text not null,
     rho real not null check (rho >= 0), delta real not null check (delta >= 0),
     mechanisms text not null check (json_valid(mechanisms)), reserved_at_ms integer not null,
     unique (account, subject)) strict`,
  `create trigger ledger_charges_never_shrink before update on ledger_accounts
     when new.rho_charged < old.rho_charged or new.delta_charged < old.delta_charged
     begin select raise(abort, 'a charge never shrinks'); end`,
  `create trigger ledger_accounts_stay before delete on ledger_accounts
     begin select raise(abort, 'an account is never deleted'); end`,
  `create trigger ledger_events_stay_as_they_are before update on ledger_events
     begin select raise(abort, 'a charge is never changed'); end`,
  `create trigger ledger_events_stay before delete on ledger_events
     begin select raise(abort, 'a charge is never deleted'); end`,
  `create table releases (
     release_id text primary key, cache_key text not null unique,
     collaboration_id text not null references collaborations, sealed_path text not null,
     sealed_digest text not null, byte_count integer not null, created_at_ms integer not null) strict`,
  `create table questions (
     query_id text primary key, collaboration_id text not null references collaborations, asker text not null,
     acting_for text not null, principal text not null, sql_sealed blob not null, epsilon real not null,
     omit_intervals integer not null check (omit_intervals in (0, 1)), plan_digest text not null, tables text not null check (json_valid(tables)),
     price_epsilon real not null, price_delta real not null, price_rho real not null,
     state text not null check (state in ('running', 'released', 'run-failed', 'cancelled')),
     release_id text references releases, is_stored integer not null check (is_stored in (0, 1)),
     submitted_at_ms integer not null, ended_at_ms integer, leaf_index integer,
     check ((state = 'released') = (release_id is not null))) strict`,
  `create index questions_by_member on questions (collaboration_id, acting_for, submitted_at_ms)`,
  `create index questions_by_asker on questions (collaboration_id, asker, submitted_at_ms)`,
  `create table audiences (
     audience_id text primary key, collaboration_id text not null references collaborations,
     display_name text not null, definer text not null, owner text not null, principal text not null,
     sql_sealed blob not null, plan_digest text not null, tables text not null check (json_valid(tables)),
     created_at_ms integer not null, version integer not null default 0) strict`,
  `create index audiences_by_owner on audiences (collaboration_id, owner, created_at_ms)`,
  `create table audience_sizes (
     audience_id text not null references audiences, release_key text not null, definition_key text not null,
     persons integer not null, ci95_low integer not null, ci95_high integer not null, epsilon real not null, price_epsilon real not null,
     price_delta real not null, price_rho real not null, released_at_ms integer not null,
     primary key (audience_id, release_key)) strict`,
  `create index audience_sizes_by_audience on audience_sizes (audience_id, released_at_ms)`,
  `create table destinations (
     collaboration_id text not null references collaborations, destination_id text not null, owner text not null,
     address text not null, ca_certificate_pem text not null,
     identifier text not null check (identifier in ('email', 'phone', 'member_id')),
     key_sealed blob not null, created_at_ms integer not null,
     primary key (collaboration_id, destination_id)) strict`,
  `create table activations (
     activation_id text primary key, audience_id text not null references audiences,
     destination_id text not null, collaboration_id text not null, version integer not null,
     principal text not null, member text not null, role text not null,
     snapshots text not null check (json_valid(snapshots)), persons integer not null,
     state text not null check (state in ('accepted', 'delivered', 'revoking', 'revoked')),
     held_back_reason text, receipt text not null, attempt_count integer not null default 0, next_attempt_at_ms integer,
     accepted_at_ms integer not null, delivered_at_ms integer, revoked_at_ms integer, leaf_index integer,
     foreign key (collaboration_id, destination_id) references destinations) strict`,
  `create index activations_by_audience on activations (audience_id, accepted_at_ms)`,
  `create table requests (
     member text not null, rpc text not null, request_id text not null, request_digest text not null,
     response blob not null, created_at_ms integer not null, primary key (member, rpc, request_id)) strict`,
  `create table failures_per_day (
     member text not null, day text not null, failure_count integer not null check (failure_count >= 1),
     primary key (member, day)) strict`,
];

/** Makes the first tables. */
export async function migrate0001(db: Kysely<Tables>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
