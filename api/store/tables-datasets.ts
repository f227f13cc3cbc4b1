// What members have brought: datasets, the files on their way in, parts and snapshots, and the persons in them.
import type { Generated } from 'kysely';

/** A lineage of snapshots; `columns` is the schema as a JSON array. */
type DatasetsTable = {
  dataset_id: string;
  owner: string;
  display_name: string;
  columns: string;
  created_at_ms: number;
  suspended_at_ms: number | null;
  erased_at_ms: number | null;
  /** 1 where the owner says that the data is made up. */
  synthetic: number;
  /** How its files are written, where the owner has said so: JSON. */
  layout: Generated<string>;
  /** How many rows of an upload may be refused: JSON. */
  tolerance: Generated<string>;
};

/** Where an uploaded file is: on its way, whole, or made a snapshot of. */
export type UploadState = 'receiving' | 'received' | 'published';

/** A file of a member on its way in; its bytes lie sealed as an original. */
type UploadsTable = {
  upload_id: string;
  member: string;
  /** The client's own name for it, by which it goes on after an interruption. */
  request_id: string;
  file_name: string;
  dataset_id: string | null;
  declared_bytes: number | null;
  /** SHA-256 of the whole file as its sender says, hex. */
  declared_sha256: string | null;
  /** SHA-256 of what was received, hex; null until it is whole. */
  received_sha256: string | null;
  state: UploadState;
  snapshot_id: string | null;
  created_at_ms: number;
  touched_at_ms: number;
};

/** A sealed piece of a file as uploaded, in order; it is on the disk when its row is there. */
type OriginalSegmentsTable = {
  original_id: string;
  position: number;
  byte_count: number;
};

/** Rows that came with one upload: sealed columns, and the original they were read from. Never changed. */
type PartsTable = {
  part_id: string;
  dataset_id: string;
  original_id: string;
  /** SHA-256 of the original, hex. */
  original_digest: string;
  /** How the original is written, as JSON. */
  layout: string;
  row_count: number;
  rejected_count: number;
  /** The reject report as JSON, by line, column and reason. */
  rejects: string;
  /** A JSON object from column to keyed SHA-256. */
  column_digests: string;
  chunk_count: number;
  created_at_ms: number;
};

/** A state of a dataset: a list of parts. It is there whole or not at all. */
type SnapshotsTable = {
  snapshot_id: string;
  dataset_id: string;
  upload_id: string;
  mode: 'replace' | 'append';
  /** Counts up when an erasure takes rows out of it. */
  revision: Generated<number>;
  row_count: number;
  state: 'published' | 'erased';
  created_at_ms: number;
  published_at_ms: number | null;
  leaf_index: number | null;
};

/** The parts of a snapshot, in order. */
type SnapshotPartsTable = {
  snapshot_id: string;
  position: number;
  part_id: string;
};

/** The column of persons that joins one part into one collaboration. */
type PersonColumnsTable = {
  collaboration_id: string;
  part_id: string;
  /** Its sealed file, by name: a column that is made anew has a new one. */
  file_name: string;
  /** SHA-256 of the column, hex. */
  column_digest: string;
  ready_at_ms: number;
};

/** The persons with the most rows of a snapshot as it stood, sealed; null where they could not be counted. */
type HeavyPersonsTable = {
  collaboration_id: string;
  content_id: string;
  snapshot_id: string;
  counted_sealed: Uint8Array | null;
  counted_at_ms: number;
};

/** Tables of data that members bring. */
export type DatasetTables = {
  datasets: DatasetsTable;
  uploads: UploadsTable;
  original_segments: OriginalSegmentsTable;
  parts: PartsTable;
  snapshots: SnapshotsTable;
  snapshot_parts: SnapshotPartsTable;
  person_columns: PersonColumnsTable;
  heavy_persons: HeavyPersonsTable;
};
