/**
 * What an entry of the log only has a digest of, because it holds literals or a salt, sealed under a key of its own. An
 * erasure overwrites key and detail, and the row stays, to say so.
 */
export type EntryDetailsTable = {
  /** The question, audience or match that the entry is about. */
  subject_id: string;
  /** What of it: one of each kind. */
  kind: string;
  collaboration_id: string | null;
  /** The key of this detail alone, wrapped under the vault's; empty once erased. */
  wrapped_key: Uint8Array;
  /** Empty once erased. */
  sealed: Uint8Array;
  /** The size of the log when it was kept: its entry stands there or later. */
  from_index: number;
  kept_at_ms: number;
  /** The erasure that destroyed it; null while it is kept. */
  erased_by: string | null;
};

/** What a subject touched, whose erasure takes its details along: `dataset/<id>` or `member/<name>`. */
export type DetailTouchesTable = {
  touched: string;
  subject_id: string;
};

/** What a setting of the configuration was at the last start, by a keyed digest. */
export type SettingsTable = {
  name: string;
  digest: string;
};

/** The tables of details. */
export type DetailsTables = {
  entry_details: EntryDetailsTable;
  detail_touches: DetailTouchesTable;
  settings: SettingsTable;
};
