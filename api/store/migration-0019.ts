// Destinations have terms that the parties approve. One from before has none: it keeps its key, and takes nothing more
// until its owner has proposed terms and the others have approved them.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const STATEMENTS = [
  `alter table destinations add column kind text not null default 'strategy-engine'
     check (kind in ('strategy-engine', 'nats', 'webhook', 'file-drop'))`,
  `alter table destinations add column purpose text not null default ''`,
  'alter table destinations add column min_size integer not null default 0 check (min_size >= 0)',
  `alter table destinations add column allowed_members text not null default '[]'`,
  'alter table destinations add column retention_days integer not null default 0 check (retention_days >= 0)',
  `alter table destinations add column recipient text not null default ''`,
  `alter table destinations add column terms_digest text not null default ''`,
  'alter table destinations add column access_sealed blob',
  'alter table destinations add column closed_at_ms integer',
  `create table destination_approvals (
     collaboration_id text not null, destination_id text not null, member text not null, terms_digest text not null,
     approved_at_ms integer not null,
     primary key (collaboration_id, destination_id, member),
     foreign key (collaboration_id, destination_id) references destinations) strict`,
];

/** Makes the terms of destinations and their approvals. */
export async function migrate0019(db: Kysely<Tables>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
