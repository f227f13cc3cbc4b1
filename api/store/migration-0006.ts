// What was uploaded before anybody could say that it was made up is somebody's data.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

/** Adds whether the owner of a dataset says that its data is made up. */
export async function migrate0006(db: Kysely<Tables>): Promise<void> {
  await sql.raw('alter table datasets add column synthetic integer not null default 0').execute(db);
}
