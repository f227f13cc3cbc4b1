// What owners let others select persons by, and sizes of definitions that nothing was made of.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const STATEMENTS = [
  `create table tag_catalogues (
     collaboration_id text not null references collaborations, owner text not null,
     tags text not null check (json_valid(tags)), published_at_ms integer not null,
     primary key (collaboration_id, owner)) strict`,
  'alter table audiences add column is_draft integer not null default 0 check (is_draft in (0, 1))',
  'create index audiences_by_plan on audiences (collaboration_id, owner, plan_digest)',
];

/** Makes the catalogues of tags, and drafts of audiences. */
export async function migrate0020(db: Kysely<Tables>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
