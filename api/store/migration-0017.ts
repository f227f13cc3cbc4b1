// A charge is in the ledger before the log tells of it. Which ones the log has is kept, so that whoever starts after a
// crash can tell of the others: the log adds up to what the accounts say, or it is worth nothing.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const STATEMENTS = [
  'create table told_charges (subject text primary key) strict',
  'insert into told_charges select distinct subject from ledger_events',
  `create trigger told_charges_stay before delete on told_charges
     begin select raise(abort, 'what the log has told stays told'); end`,
];

/** Makes what is kept of charges that the log has told of. */
export async function migrate0017(db: Kysely<Tables>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
