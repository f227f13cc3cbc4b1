// Templates, who has approved them, and which questions and audiences were filled in from one.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const STATEMENTS = [
  `create table templates (
     collaboration_id text not null references collaborations, digest text not null, author text not null,
     name text not null, version text not null, kind text not null check (kind in ('sql', 'audience', 'effect')),
     title text not null, document_sealed blob not null, signature text not null,
     public_key text not null check (json_valid(public_key)), signer text not null, published_at_ms integer not null,
     primary key (collaboration_id, digest), unique (collaboration_id, author, name, version)) strict`,
  `create table template_approvals (
     collaboration_id text not null references collaborations, digest text not null, member text not null,
     principal text not null, approved_at_ms integer not null, primary key (collaboration_id, digest, member)) strict`,
  `alter table questions add column template text`,
  `alter table audiences add column template text`,
];

/** Makes the tables of templates. */
export async function migrate0022(db: Kysely<Tables>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
