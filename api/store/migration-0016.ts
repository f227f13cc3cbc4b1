// Receipts are kept as they were signed: one made again later would have another key and another time.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const STATEMENTS = [
  `create table receipt_keys (
     kid text primary key, x text not null, replaces text references receipt_keys,
     is_compromised integer not null check (is_compromised in (0, 1)),
     leaf_index integer not null unique check (leaf_index >= 0)) strict`,
  `create table receipts (
     subject_id text primary key, collaboration_id text not null references collaborations,
     leaf_index integer not null unique check (leaf_index >= 0), jws text not null,
     made_at_ms integer not null) strict`,
  `create trigger receipts_stay_as_they_are before update on receipts
     begin select raise(abort, 'a receipt is never changed'); end`,
  `create trigger receipts_stay before delete on receipts
     begin select raise(abort, 'a receipt is never deleted'); end`,
];

/** Makes the receipts, and the keys that signed them. */
export async function migrate0016(db: Kysely<Tables>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
