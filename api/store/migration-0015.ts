// Who may read a part of the log for a time: given by a member, to an auditor of another house.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const STATEMENTS = [
  `create table audit_grants (
     grant_id text primary key, collaboration_id text not null references collaborations,
     grantor text not null, auditor_member text not null, auditor_principal text,
     from_ms integer, until_ms integer, decisions integer not null check (decisions in (0, 1)),
     created_at_ms integer not null, expires_at_ms integer not null, revoked_at_ms integer) strict`,
  `create index audit_grants_by_auditor on audit_grants (auditor_member)`,
  `create index audit_grants_by_collaboration on audit_grants (collaboration_id)`,
];

/** Makes the grants to auditors. */
export async function migrate0015(db: Kysely<Tables>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
