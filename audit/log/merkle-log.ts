import { AuditLogError } from '../audit-log-error.ts';
import type { CheckpointSigner } from '../checkpoint/index.ts';
import type { DirectoryLock } from '../disk/index.ts';
import { type EntryBody, EntryError, parseLeaf, toLeaf } from '../entry/index.ts';
import {
  consistencyProof,
  type HashTree,
  inclusionProof,
  isSameHash,
  leafHash,
  MAX_TREE_SIZE_LEAVES,
} from '../merkle/index.ts';
import type { AppendedEntry, AuditLog, ReadEntry } from './audit-log.ts';
import { GroupCommit } from './group-commit.ts';
import type { LeafFile } from './leaf-file.ts';
import { type StoredCheckpoint, storeCheckpoint } from './stored-checkpoint.ts';

/** What a log is made of once its directory is open and read back. */
export interface MerkleLogParts {
  readonly directory: string;
  readonly lock: DirectoryLock;
  readonly file: LeafFile;
  readonly tree: HashTree;
  readonly signer: CheckpointSigner;
  readonly checkpoint: StoredCheckpoint | undefined;
  /** The time of the last entry; empty, which is before every time, when there is none. */
  readonly lastAt: string;
}

/**
 * The log over one leaf file and the tree in memory. INVARIANT: a leaf is in the tree only when it is durable in the
 * file.
 */
export class MerkleLog implements AuditLog {
  readonly #parts: MerkleLogParts;
  readonly #groups = new GroupCommit<AppendedEntry>((leaves) => this.#commit(leaves));
  #checkpoint: StoredCheckpoint | undefined;
  #signing: Promise<void> | undefined;
  #lastAt: string;
  #closing: Promise<void> | undefined;

  constructor(parts: MerkleLogParts) {
    this.#parts = parts;
    this.#checkpoint = parts.checkpoint;
    this.#lastAt = parts.lastAt;
  }

  get treeSize(): number {
    return this.#parts.tree.size;
  }

  async append(entry: EntryBody): Promise<AppendedEntry> {
    this.#assertOpen();
    if (this.treeSize + this.#groups.waitingCount >= MAX_TREE_SIZE_LEAVES) {
      throw new AuditLogError('LOG_FULL', `log holds its most, ${MAX_TREE_SIZE_LEAVES} entries`);
    }
    // Clocks are set back by milliseconds all the time, and no event may be lost for it; a log that runs backwards,
    // though, could not be told from one with entries slipped in later.
    const leaf = toLeaf(entry);
    if (entry.at < this.#lastAt) return this.#groups.add(toLeaf({ ...entry, at: this.#lastAt }));
    this.#lastAt = entry.at;
    return this.#groups.add(leaf);
  }

  rootHash(treeSize: number = this.treeSize): Uint8Array {
    assertRange(0, treeSize, this.treeSize);
    return this.#parts.tree.root(treeSize);
  }

  inclusionProof(leafIndex: number, treeSize: number): Uint8Array[] {
    assertRange(1, treeSize, this.treeSize);
    assertRange(0, leafIndex, treeSize - 1);
    return inclusionProof(this.#parts.tree, leafIndex, treeSize);
  }

  consistencyProof(firstSize: number, secondSize: number): Uint8Array[] {
    assertRange(0, secondSize, this.treeSize);
    assertRange(0, firstSize, secondSize);
    return consistencyProof(this.#parts.tree, firstSize, secondSize);
  }

  async checkpoint(): Promise<string> {
    this.#assertOpen();
    const wantedSize = this.treeSize;
    // One signature at a time: whoever comes while an older tree is being signed waits and then has the new one signed.
    while (this.#checkpoint === undefined || this.#checkpoint.treeSize < wantedSize) {
      this.#signing ??= this.#sign().finally(() => {
        this.#signing = undefined;
      });
      await this.#signing;
    }
    return this.#checkpoint.note;
  }

  read(fromIndex: number, limit: number): AsyncIterable<ReadEntry> {
    this.#assertOpen();
    assertRange(0, fromIndex, this.treeSize);
    assertRange(0, limit, Number.MAX_SAFE_INTEGER);
    return this.#read(fromIndex, Math.min(this.treeSize, fromIndex + limit));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#groups.settled();
    await this.#signing?.catch(() => undefined);
    await this.#parts.file.close();
    this.#parts.lock.release();
  }

  async *#read(fromIndex: number, endIndex: number): AsyncGenerator<ReadEntry> {
    let next = fromIndex;
    if (next === endIndex) return;
    for await (const { leafIndex, leaf } of this.#parts.file.read(fromIndex)) {
      this.#assertOpen();
      // The disk may have changed under us since the leaf was hashed.
      if (!isSameHash(leafHash(leaf), this.#parts.tree.leafHash(leafIndex))) break;
      yield { leafIndex, leaf, entry: readableEntry(leaf, leafIndex) };
      next = leafIndex + 1;
      if (next === endIndex) return;
    }
    throw new AuditLogError('LOG_CORRUPT', `log is damaged on disk at entry ${next}`);
  }

  async #commit(leaves: readonly Uint8Array[]): Promise<AppendedEntry[]> {
    const { file, tree } = this.#parts;
    await file.append(leaves);
    const firstLeafIndex = tree.size;
    const hashes = leaves.map(leafHash);
    for (const hash of hashes) tree.append(hash);
    return hashes.map((hash, position) => ({
      leafIndex: firstLeafIndex + position,
      leafHash: hash,
      treeSize: tree.size,
    }));
  }

  async #sign(): Promise<void> {
    const { directory, signer, tree } = this.#parts;
    const treeSize = tree.size;
    const note = await signer.sign({ treeSize, rootHash: tree.root(treeSize) });
    await storeCheckpoint(directory, { treeSize, note });
    this.#checkpoint = { treeSize, note };
  }

  #assertOpen(): void {
    if (this.#closing) throw new AuditLogError('LOG_CLOSED', 'log is closed');
  }
}

function readableEntry(leaf: Uint8Array, leafIndex: number): ReadEntry['entry'] {
  try {
    return parseLeaf(leaf);
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    throw new AuditLogError('LOG_CORRUPT', `log holds something other than an entry at ${leafIndex}`, error);
  }
}

function assertRange(least: number, value: number, most: number): void {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new AuditLogError('RANGE_OUTSIDE_TREE', `\`${value}\` is not from ${least} to ${most}`);
  }
}
