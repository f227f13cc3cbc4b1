import type { Entry, EntryBody } from '../entry/index.ts';

/** Where an entry came to stand: its index, its hash, and the size of a durable tree that holds it. */
export interface AppendedEntry {
  readonly leafIndex: number;
  readonly leafHash: Uint8Array;
  readonly treeSize: number;
}

/** An entry read back, with the very bytes that were hashed. */
export interface ReadEntry {
  readonly leafIndex: number;
  readonly leaf: Uint8Array;
  readonly entry: Entry;
}

/** An open append-only log. Sizes, roots, proofs and reads only ever speak of entries that are already on disk. */
export interface AuditLog {
  /**
   * Adds an entry; resolves when it is durable. Entries added at the same time share one disk sync, in the order of the
   * calls. Time in the log does not run backwards: an `at` before that of the entry in front of it is replaced by that
   * entry's `at`.
   *
   * @throws {EntryError} when the entry is not valid (nothing is written)
   * @throws {AuditLogError} `LOG_CLOSED`, `LOG_OVERLOADED`, `LOG_FULL`; `LOG_FAILED` when the disk did not take it, and
   * from then on
   */
  append(entry: EntryBody): Promise<AppendedEntry>;

  /** Number of durable entries. */
  readonly treeSize: number;

  /** Root hash now, or as it was at an earlier size. @throws {AuditLogError} `RANGE_OUTSIDE_TREE` */
  rootHash(treeSize?: number): Uint8Array;

  /**
   * A signed note over a tree that holds every entry appended so far; on disk before it is returned, reused until the
   * tree grows.
   */
  checkpoint(): Promise<string>;

  /**
   * The checkpoint of the largest tree that witnesses have cosigned, as it was given to `keepCosigned`; undefined while
   * there is none.
   */
  readonly cosigned: string | undefined;

  /**
   * Keeps a checkpoint of this log that others have signed too: durably as the file `cosigned`, and in the place of the
   * newest one where it is of the same tree. One of a smaller tree than the one that is kept changes nothing.
   *
   * @throws {AuditLogError} `CHECKPOINT_CONTRADICTS_LOG` when it is not of a tree of this log
   */
  keepCosigned(note: string): Promise<void>;

  /** Proof that a leaf is in the tree of a size. @throws {AuditLogError} `RANGE_OUTSIDE_TREE` */
  inclusionProof(leafIndex: number, treeSize: number): Uint8Array[];

  /** Proof that one tree is the beginning of another. @throws {AuditLogError} `RANGE_OUTSIDE_TREE` */
  consistencyProof(firstSize: number, secondSize: number): Uint8Array[];

  /**
   * Reads up to `limit` entries in order, checked against their hashes; ends where the tree ended at the call.
   *
   * @throws {AuditLogError} `RANGE_OUTSIDE_TREE` at once; `LOG_CORRUPT` while reading
   */
  read(fromIndex: number, limit: number): AsyncIterable<ReadEntry>;

  /** Waits for what was appended, then lets the directory go. Further calls do nothing. */
  close(): Promise<void>;
}
