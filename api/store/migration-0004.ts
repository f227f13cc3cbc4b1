// What is known of a snapshot's rows a person is data, and a choice that follows from it is too: both lie sealed, in
// blobs of one length, so that the file tells an operator nothing of them.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const statements = [
  `alter table person_columns add column heavy_persons_sealed blob`,
  `create table counting_paths (
     path_id integer primary key, dataset_id text not null references datasets,
     snapshot_id text not null references snapshots, collaboration_id text not null references collaborations,
     alias text not null, query_id text not null references questions, choice_sealed blob not null) strict`,
  `create index counting_paths_by_dataset on counting_paths (dataset_id, path_id)`,
];

/** Adds the persons with the most rows, and how questions were counted. */
export async function migrate0004(db: Kysely<Tables>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
