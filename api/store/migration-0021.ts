// Models: persons ranked or grouped by what was learnt from released answers. A model is never changed: an audience that is
// cut from it must stay what its size was released for.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const statements = [
  `create table models (
     model_id text primary key, collaboration_id text not null references collaborations, display_name text not null,
     definer text not null, owner text not null, datasets text not null check (json_valid(datasets)),
     query_ids text not null check (json_valid(query_ids)), price_epsilon real not null, price_delta real not null,
     price_rho real not null, trained_at_ms integer not null, leaf_index integer not null) strict`,
  'create index models_by_collaboration on models (collaboration_id, trained_at_ms)',
  `create trigger models_stay_as_they_are before update on models
     begin select raise(abort, 'a model is never changed'); end`,
];

/** Adds trained models. */
export async function migrate0021(db: Kysely<Tables>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
