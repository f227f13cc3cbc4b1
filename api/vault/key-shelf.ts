/** Where a key is in its life: the current one seals new files, old ones open what is still under them. */
export type KeyState = 'current' | 'old' | 'destroyed';

/** One version of an owner's key as it is kept: wrapped under a root key. */
export type ShelfKey = {
  /** A dataset's id, or `VAULT_OWNER`. */
  readonly owner: string;
  /** From 1. */
  readonly version: number;
  readonly rootVersion: number;
  readonly wrapped: Uint8Array;
  readonly state: KeyState;
  readonly createdAtMs: number;
};

/** Whose key seals files that belong to no dataset, such as releases. */
export const VAULT_OWNER = 'vault';

/** Where wrapped keys are kept; each method is one transaction, on the disk when it returns. */
export type KeyShelf = {
  /** All keys there are, or all versions of one owner's; a destroyed owner has one entry, without a key. */
  readonly list: (owner?: string) => Promise<readonly ShelfKey[]>;
  /** Adds an owner's first key; leaves what is there already, destroyed or not. */
  readonly addFirst: (key: ShelfKey) => Promise<void>;
  /** Adds keys, or replaces those of the same owner and version. */
  readonly put: (keys: readonly ShelfKey[]) => Promise<void>;
  /** Overwrites and removes one version. */
  readonly remove: (owner: string, version: number) => Promise<void>;
  /** Overwrites and removes all versions, and remembers that they were destroyed. */
  readonly destroy: (owner: string) => Promise<void>;
};
