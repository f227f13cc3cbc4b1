/** What can be wrong with one entry or its leaf; the list is closed. */
export type EntryFault =
  | 'LEAF_TOO_LARGE'
  | 'LEAF_NOT_JSON'
  | 'LEAF_NOT_CANONICAL'
  | 'ENTRY_KIND_UNKNOWN'
  | 'ENTRY_VERSION_UNKNOWN'
  | 'ENTRY_FIELD_INVALID'
  | 'ENTRY_SUBJECT_INVALID';

/** An entry that may not enter the log, or a leaf that is not one of ours. */
export class EntryError extends Error {
  readonly code: EntryFault;

  constructor(code: EntryFault, message: string) {
    super(message);
    this.name = 'EntryError';
    this.code = code;
  }
}
