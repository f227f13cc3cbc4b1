// Persons come from a spine: nodes of parts, and which of them are one person. A destination may want tokens of any kind
// of identifier, so that its table is made again without the list of kinds.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const STATEMENTS = [
  `create table identity_rules (
     collaboration_id text primary key references collaborations,
     rules_json text not null check (json_valid(rules_json)), rules_digest text not null,
     rules_version integer not null check (rules_version >= 1), set_at_ms integer not null) strict`,
  `create table node_columns (
     collaboration_id text not null references collaborations,
     part_id text not null references parts on delete cascade,
     nodes_file text not null, links_file text, singles_file text, column_digest text not null,
     made_at_ms integer not null, primary key (collaboration_id, part_id)) strict`,
  `create table spines (
     collaboration_id text primary key references collaborations, version integer not null check (version >= 1),
     inputs_digest text not null, entries text not null check (json_valid(entries)),
     made_at_ms integer not null) strict`,
  `create table destinations_of_any_kind (
     collaboration_id text not null references collaborations, destination_id text not null, owner text not null,
     address text not null, ca_certificate_pem text not null, identifier text not null,
     key_sealed blob not null, created_at_ms integer not null,
     primary key (collaboration_id, destination_id)) strict`,
  `insert into destinations_of_any_kind select collaboration_id, destination_id, owner, address, ca_certificate_pem,
     identifier, key_sealed, created_at_ms from destinations`,
  // Nothing points at a destination here: the step before refused a directory with snapshots, and so with activations.
  `drop table destinations`,
  `alter table destinations_of_any_kind rename to destinations`,
];

/** Makes the tables of the spine. */
export async function migrate0009(db: Kysely<Tables>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
