import { type Entry, EntryError, parseLeaf } from '../entry/index.ts';
import { LogVerificationError } from '../log-verification-error.ts';
import { CompactRange, leafHash } from '../merkle/index.ts';
import { type AccountSum, LawfulHistory } from './history/index.ts';

/** An entry that announces the key after another one. */
export interface KeyChange {
  readonly leafIndex: number;
  readonly from: string;
  readonly to: string;
}

/**
 * A log being read from its beginning, leaf by leaf: the tree that the leaves make, and whether what they say is lawful.
 *
 * The first unlawful entry ends no reading. Only when all leaves are known to be the ones that were signed is it the
 * operator who wrote it; before that, it may be whoever altered the copy.
 */
export class LogReading {
  readonly #tree = new CompactRange();
  readonly #history = new LawfulHistory();
  readonly #keyChanges: KeyChange[] = [];
  #fault: LogVerificationError | undefined;

  /** Leaves read so far. */
  get treeSize(): number {
    return this.#tree.size;
  }

  /** What the charges of each account add up to, as far as the history is lawful. */
  get accounts(): ReadonlyMap<string, AccountSum> {
    return this.#history.accounts;
  }

  /** The changes of the log's own key that it announces, in order. */
  get keyChanges(): readonly KeyChange[] {
    return this.#keyChanges;
  }

  /** The first thing that is wrong with what the leaves say; undefined while there is none. */
  get fault(): LogVerificationError | undefined {
    return this.#fault;
  }

  /** The root of the tree that the leaves so far make. */
  rootHash(): Uint8Array {
    return this.#tree.root();
  }

  /** Reads the next leaf; answers its hash. */
  accept(leaf: Uint8Array): Uint8Array {
    this.#fault ??= this.#faultOf(leaf);
    const hash = leafHash(leaf);
    this.#tree.append(hash);
    return hash;
  }

  #faultOf(leaf: Uint8Array): LogVerificationError | undefined {
    try {
      const entry = entryOf(leaf, this.treeSize);
      this.#history.accept(entry, this.treeSize);
      this.#noteKeyChange(entry);
      return undefined;
    } catch (error) {
      if (error instanceof LogVerificationError) return error;
      throw error;
    }
  }

  #noteKeyChange({ kind, subject: { key, from, to } }: Entry): void {
    if (kind !== 'key-rotated' || key !== 'log' || typeof from !== 'string' || typeof to !== 'string') return;
    this.#keyChanges.push({ leafIndex: this.treeSize, from, to });
  }
}

function entryOf(leaf: Uint8Array, leafIndex: number): Entry {
  try {
    return parseLeaf(leaf);
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    throw new LogVerificationError(error.code, error.message, leafIndex);
  }
}
