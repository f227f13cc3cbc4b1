/**
 * One version of the key of a dataset, wrapped under the root key. Files of no dataset have a key too, under a name that
 * no dataset has. A destroyed key leaves one row without it, so that none is ever made again.
 */
export type DatasetKeysTable = {
  dataset_id: string;
  /** From 1; the newest seals new files. */
  version: number;
  /** The root key it is wrapped under. */
  root_version: number;
  /** Empty once destroyed. */
  wrapped: Uint8Array;
  state: 'current' | 'old' | 'destroyed';
  created_at_ms: number;
};

/** The tables of keys. */
export type KeysTables = { dataset_keys: DatasetKeysTable };
