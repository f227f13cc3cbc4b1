/** What can be wrong with the files of a log; the list is closed. */
export type DifferenceCode =
  /** The folder has no checkpoint, or none that can be read, or not by the key it should be. */
  | 'CHECKPOINT_UNUSABLE'
  /** A bundle that the checkpoint speaks of is not there. */
  | 'BUNDLE_MISSING'
  /** A file of entries does not end with the end of an entry, or holds too few. */
  | 'BUNDLE_MALFORMED'
  /** A tile that the checkpoint speaks of is not there. */
  | 'TILE_MISSING'
  /** A tile holds other hashes than the entries have. */
  | 'TILE_DIFFERS'
  /** An entry has another hash than its tile says. */
  | 'ENTRY_DIFFERS'
  /** The entries do not make the tree that the newest checkpoint signs. */
  | 'ROOT_DIFFERS'
  /** The entries do not make the tree that an earlier checkpoint signs. */
  | 'SEEN_ROOT_DIFFERS'
  /** The journal holds other entries than the bundles, or begins at another root. */
  | 'JOURNAL_DIFFERS'
  /** A file that is no tile of this tree. */
  | 'FILE_UNKNOWN';

/** One thing that is wrong, with its file and, where it is of one entry, its index. */
export interface Difference {
  readonly code: DifferenceCode;
  /** Beneath the folder. */
  readonly path: string;
  readonly leafIndex: number | null;
  readonly message: string;
}

/** Most differences that are named one by one: a log of which every entry differs is wrong as a whole. */
const MAX_NAMED_DIFFERENCES_COUNT = 1000;

/** Everything that was found, of which the first thousand are named. */
export class Differences {
  readonly #named: Difference[] = [];
  readonly #counts = new Map<DifferenceCode, number>();

  add(code: DifferenceCode, path: string, message: string, leafIndex: number | null = null): void {
    this.#counts.set(code, this.count(code) + 1);
    if (this.#named.length < MAX_NAMED_DIFFERENCES_COUNT) this.#named.push({ code, path, leafIndex, message });
  }

  get named(): readonly Difference[] {
    return this.#named;
  }

  get total(): number {
    return this.#counts.values().reduce((sum, count) => sum + count, 0);
  }

  count(code: DifferenceCode): number {
    return this.#counts.get(code) ?? 0;
  }
}
