// Layouts: tables derived from snapshots, and which files hold them.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const STATEMENTS = [
  `create table layouts (
     layout_id text primary key, collaboration_id text not null references collaborations, name text not null,
     table_dataset text not null references datasets, matched_dataset text references datasets,
     form text not null check (form in ('rows', 'over', 'beside', 'core', 'rest')), made_of text not null check (json_valid(made_of)),
     state text not null check (state in ('making', 'ready')), file_count integer not null, byte_count integer not null,
     details_sealed blob, made_at_ms integer not null, unique (collaboration_id, name)) strict`,
  `alter table releases add column cost_sealed blob`,
];

/** Makes the table of layouts, and the place for what a run took. */
export async function migrate0023(db: Kysely<Tables>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
