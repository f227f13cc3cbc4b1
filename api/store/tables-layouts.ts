/** A table derived from snapshots. It decides nothing, and may be removed at any moment. */
export type LayoutsTable = {
  layout_id: string;
  collaboration_id: string;
  /** A keyed digest of all that it was made of: contents, persons, rules, the statement and the salt. */
  name: string;
  table_dataset: string;
  /** The table of one row a person beside it; null for no match. */
  matched_dataset: string | null;
  form: 'rows' | 'over' | 'beside' | 'core' | 'rest';
  /** What it is and what it was made of, for whoever looks: JSON. */
  made_of: string;
  state: 'making' | 'ready';
  /** Files of columns; 0 while it is made. */
  file_count: number;
  byte_count: number;
  /** Rows of each finest shard, and where they stand in each file: they are data. */
  details_sealed: Uint8Array | null;
  made_at_ms: number;
};

/** The tables of layouts by their names. */
export type LayoutTables = {
  layouts: LayoutsTable;
};
