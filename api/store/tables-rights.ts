// What persons and owners have demanded: opt-outs, which rows count because of them, and erasures.

/** How often what counts of a member's data may have changed; none before its first opt-out. */
export type CountingVersionsTable = {
  member: string;
  version: number;
};

/** An identifier whose person no longer counts, under a key of its member. */
export type OptOutsTable = {
  member: string;
  kind: string;
  block: Uint8Array;
  /** 1 when it was not asked for, but names the same person as one that was. */
  is_linked: number;
  /** It counts from this version on, and before the other; null while it stands. */
  from_version: number;
  to_version: number | null;
  recorded_at_ms: number;
};

/** Parts that were searched for identifiers beside the opt-outs that stand. */
export type LinkedPartsTable = {
  part_id: string;
};

/** Which rows of a part count in a collaboration, in a sealed file. */
export type ConsentColumnsTable = {
  collaboration_id: string;
  part_id: string;
  version: number;
  file_name: string;
  /** From which day and until which it holds: JSON, sealed, as it follows from the rows. */
  days_sealed: Uint8Array;
  made_at_ms: number;
};

/** How far an erasure is: accepted, gone from what questions and owners see, gone altogether. */
export type ErasureState = 'requested' | 'switched' | 'done';

/** An erasure that was asked for. */
export type ErasuresTable = {
  erasure_id: string;
  member: string;
  scope: 'persons' | 'dataset' | 'member';
  dataset_id: string | null;
  /** Whom: JSON, sealed; null once they are gone. */
  identifiers_sealed: Uint8Array | null;
  identifier_count: number;
  principal: string;
  state: ErasureState;
  /** The exact numbers, for the owner: JSON, sealed. */
  numbers_sealed: Uint8Array | null;
  /** What the log says: JSON. */
  receipt: string | null;
  leaf_index: number | null;
  requested_at_ms: number;
  done_at_ms: number | null;
};

/** A part that an erasure has made of another, and the upload that it came with. */
export type RewrittenPartsTable = {
  part_id: string;
  /** What it was called when it was published: by that name the log knows it. */
  first_part_id: string;
  upload_id: string;
};

/** The tables of rights. */
export type RightsTables = {
  counting_versions: CountingVersionsTable;
  opt_outs: OptOutsTable;
  linked_parts: LinkedPartsTable;
  consent_columns: ConsentColumnsTable;
  erasures: ErasuresTable;
  rewritten_parts: RewrittenPartsTable;
};
