import { AuditLogError } from '../audit-log-error.ts';
import type { CheckpointSigner } from '../checkpoint/index.ts';
import type { DirectoryLock, LogDisk } from '../disk/index.ts';
import { type EntryBody, toLeaf } from '../entry/index.ts';
import { consistencyProof, type HashTree, inclusionProof, leafHash, MAX_TREE_SIZE_LEAVES } from '../merkle/index.ts';
import type { TileWriter } from '../tiles/index.ts';
import type { AppendedEntry, AuditLog, ReadEntry } from './audit-log.ts';
import { GroupCommit } from './group-commit.ts';
import type { LeafStore } from './leaf-store.ts';
import { type StoredCheckpoint, storeCheckpoint, storeCosigned, treeOfNote } from './stored-checkpoint.ts';

/** What a log is made of once its directory is open and read back. */
export interface MerkleLogParts {
  readonly disk: LogDisk;
  readonly directory: string;
  readonly lock: DirectoryLock;
  readonly leaves: LeafStore;
  readonly tiles: TileWriter;
  readonly tree: HashTree;
  readonly signer: CheckpointSigner;
  readonly checkpoint: StoredCheckpoint | undefined;
  readonly cosigned: StoredCheckpoint | undefined;
  /** The time of the last entry; empty, which is before every time, when there is none. */
  readonly lastAt: string;
}

/** The log over its journal and its tiles. INVARIANT: a leaf is in the tree only when it is durable in the journal. */
export class MerkleLog implements AuditLog {
  readonly #parts: MerkleLogParts;
  readonly #groups = new GroupCommit<AppendedEntry>((leaves) => this.#commit(leaves));
  #checkpoint: StoredCheckpoint | undefined;
  #cosigned: StoredCheckpoint | undefined;
  #signing: Promise<void> | undefined;
  #lastAt: string;
  #closing: Promise<void> | undefined;

  constructor(parts: MerkleLogParts) {
    this.#parts = parts;
    this.#checkpoint = parts.checkpoint;
    this.#cosigned = parts.cosigned;
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

  get cosigned(): string | undefined {
    return this.#cosigned?.note;
  }

  async keepCosigned(note: string): Promise<void> {
    this.#assertOpen();
    const checkpoint = treeOfNote(note, this.#parts.tree);
    // Not while another checkpoint is on its way to the same file.
    while (this.#signing !== undefined) await this.#signing.catch(() => undefined);
    this.#assertOpen();
    this.#signing = this.#keep(checkpoint).finally(() => {
      this.#signing = undefined;
    });
    await this.#signing;
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
    await this.#parts.leaves.close();
    this.#parts.lock.release();
  }

  async *#read(fromIndex: number, endIndex: number): AsyncGenerator<ReadEntry> {
    for await (const read of this.#parts.leaves.read(fromIndex, endIndex)) {
      this.#assertOpen();
      yield read;
    }
  }

  async #commit(leaves: readonly Uint8Array[]): Promise<AppendedEntry[]> {
    const { leaves: store, tree } = this.#parts;
    const firstLeafIndex = tree.size;
    const hashes = leaves.map(leafHash);
    await store.append(leaves, hashes);
    return hashes.map((hash, position) => ({
      leafIndex: firstLeafIndex + position,
      leafHash: hash,
      treeSize: tree.size,
    }));
  }

  async #sign(): Promise<void> {
    const { disk, directory, signer, tiles, tree } = this.#parts;
    const treeSize = tree.size;
    const note = await signer.sign({ treeSize, rootHash: tree.root(treeSize) });
    // Whoever copies the files must find every tile that the checkpoint speaks of.
    await tiles.writePartials(treeSize);
    await storeCheckpoint(disk, directory, { treeSize, note });
    this.#checkpoint = { treeSize, note };
  }

  async #keep(cosigned: StoredCheckpoint): Promise<void> {
    const { disk, directory } = this.#parts;
    if (cosigned.treeSize < (this.#cosigned?.treeSize ?? 0)) return;
    await storeCosigned(disk, directory, cosigned);
    this.#cosigned = cosigned;
    if (this.#checkpoint?.treeSize !== cosigned.treeSize) return;
    await storeCheckpoint(disk, directory, cosigned);
    this.#checkpoint = cosigned;
  }

  #assertOpen(): void {
    if (this.#closing) throw new AuditLogError('LOG_CLOSED', 'log is closed');
  }
}

function assertRange(least: number, value: number, most: number): void {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new AuditLogError('RANGE_OUTSIDE_TREE', `\`${value}\` is not from ${least} to ${most}`);
  }
}
