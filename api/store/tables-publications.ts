/** A publication that the log tells of next, or has told of a moment ago; gone once the store has the snapshot. */
export type PendingPublicationsTable = {
  snapshot_id: string;
  dataset_id: string;
  /** The size of the log when it was kept: its entry stands there or later, or nowhere. */
  from_index: number;
  /** The rows of the snapshot and of its new part, as JSON. */
  rows: string;
};

/** Tables of publications on their way. */
export type PublicationTables = {
  pending_publications: PendingPublicationsTable;
};
