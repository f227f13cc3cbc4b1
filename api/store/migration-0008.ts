// A snapshot becomes a list of parts. What earlier development versions have sealed has another shape and is not read.
import { type Kysely, sql } from 'kysely';
import type { Tables } from './tables.ts';

const STATEMENTS = [
  `drop table person_columns`,
  `drop table snapshots`,
  `alter table datasets add column layout text not null default '{}' check (json_valid(layout))`,
  `alter table datasets add column tolerance text not null default '{}' check (json_valid(tolerance))`,
  `create table uploads (
     upload_id text primary key, member text not null, request_id text not null, file_name text not null,
     dataset_id text references datasets, declared_bytes integer check (declared_bytes >= 0), declared_sha256 text,
     state text not null check (state in ('receiving', 'received', 'published')),
     snapshot_id text, created_at_ms integer not null, touched_at_ms integer not null,
     unique (member, request_id)) strict`,
  `create table original_segments (
     original_id text not null, position integer not null check (position >= 0),
     byte_count integer not null check (byte_count > 0), primary key (original_id, position)) strict`,
  `create table parts (
     part_id text primary key, dataset_id text not null references datasets, original_id text not null,
     original_digest text not null, layout text not null check (json_valid(layout)),
     row_count integer not null check (row_count >= 0), rejected_count integer not null check (rejected_count >= 0),
     rejects text not null check (json_valid(rejects)),
     column_digests text not null check (json_valid(column_digests)), chunk_count integer not null,
     created_at_ms integer not null) strict`,
  `create index parts_by_dataset on parts (dataset_id)`,
  `create table snapshots (
     snapshot_id text primary key, dataset_id text not null references datasets, upload_id text not null,
     mode text not null check (mode in ('replace', 'append')), revision integer not null default 0,
     row_count integer not null check (row_count >= 0),
     state text not null check (state in ('published', 'erased')),
     created_at_ms integer not null, published_at_ms integer, leaf_index integer,
     unique (dataset_id, upload_id)) strict`,
  `create table snapshot_parts (
     snapshot_id text not null references snapshots, position integer not null check (position >= 0),
     part_id text not null references parts, primary key (snapshot_id, position)) strict`,
  `create index snapshot_parts_by_part on snapshot_parts (part_id)`,
  `create table person_columns (
     collaboration_id text not null references collaborations, part_id text not null references parts,
     file_name text not null, column_digest text not null, ready_at_ms integer not null,
     primary key (collaboration_id, part_id)) strict`,
  `create table heavy_persons (
     collaboration_id text not null references collaborations, content_id text not null,
     snapshot_id text not null references snapshots, counted_sealed blob,
     counted_at_ms integer not null, primary key (collaboration_id, content_id)) strict`,
];

/** Thrown when the data directory holds snapshots of an earlier development version. */
class OldSnapshotsError extends Error {
  override name = 'OldSnapshotsError';
}

/** Makes uploads, parts and snapshots of parts. @throws {OldSnapshotsError} over snapshots of an earlier version */
export async function migrate0008(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql<{ n: number }>`select count(*) as n from snapshots`.execute(db);
  if ((rows[0]?.n ?? 0) > 0) {
    throw new OldSnapshotsError(
      'the data directory was made by an earlier development version, whose snapshots are not read any more: take the data out with that version, and upload it into a new data directory',
    );
  }
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
