// A publication lives on: it is sent again from newer data, whole or as what came and went, and ends by itself. What is
// sent under a version is written down once, so that every attempt sends the same.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const STATEMENTS = [
  `alter table activations add column mode text not null default 'full' check (mode in ('full', 'delta'))`,
  'alter table activations add column refresh_every_ms integer check (refresh_every_ms > 0)',
  'alter table activations add column next_refresh_at_ms integer',
  'alter table activations add column refreshed_at_ms integer',
  'alter table activations add column stopped_reason text',
  'alter table activations add column contents text check (json_valid(contents))',
  'alter table activations add column asked_contents text check (json_valid(asked_contents))',
  'alter table activations add column expires_at_ms integer',
  'alter table activations add column forget_at_ms integer',
  'alter table activations add column blur_epsilon real check (blur_epsilon > 0)',
  `alter table activations add column withdrawal_reason text not null default 'revoked'
     check (withdrawal_reason in ('revoked', 'expired', 'erased'))`,
  'alter table activations add column pending_refresh text check (json_valid(pending_refresh))',
  `create table spools (
     activation_id text not null references activations, version integer not null,
     kind text not null check (kind in ('full', 'delta')), base_version integer,
     batch_count integer not null check (batch_count >= 0), digest text not null,
     state text not null check (state in ('made', 'in-force')), receipt text not null, made_at_ms integer not null,
     primary key (activation_id, version), check ((kind = 'delta') = (base_version is not null))) strict`,
  `create table blurred_publications (
     dataset_id text not null, platform text not null, coins text not null, epsilon real not null check (epsilon > 0),
     accepted_at_ms integer not null, primary key (dataset_id, platform, coins)) strict`,
];

/** Makes what publications need to live on. */
export async function migrate0018(db: Kysely<Tables>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
