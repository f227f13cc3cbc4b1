// Keys of datasets, wrapped: what is erased with its dataset's key is gone wherever its files were copied to.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const statements = [
  `create table dataset_keys (
    dataset_id text not null,
    version integer not null,
    root_version integer not null,
    wrapped blob not null,
    state text not null check (state in ('current', 'old', 'destroyed')),
    created_at_ms integer not null,
    primary key (dataset_id, version)
  ) strict, without rowid`,
];

/** Adds the keys of datasets. */
export async function migrate0011(db: Kysely<Tables>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
