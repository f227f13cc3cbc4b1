import { AuditLogError } from '../audit-log-error.ts';
import { type Entry, EntryError, parseLeaf } from '../entry/index.ts';
import { type HashTree, isSameHash, leafHash, TILE_WIDTH_HASHES } from '../merkle/index.ts';
import { TileReader, type TileWriter } from '../tiles/index.ts';
import type { ReadEntry } from './audit-log.ts';
import type { Journal } from './journal.ts';

/** When a log moves its newest entries on. */
export interface MovingLimits {
  /** Entries in memory at which their full bundles are written in the background, by size and by count. */
  readonly writeAtWaitingBytes: number;
  readonly writeAtWaitingLeaves: number;
  /** A journal that grew to this is begun anew. */
  readonly maxJournalBytes: number;
}

/**
 * Rare enough that two syncs a bundle are little beside those of the journal, and often enough that the journal is read
 * back in a fraction of a second when a log is opened.
 */
export const usualLimits: MovingLimits = {
  writeAtWaitingBytes: 1_048_576,
  writeAtWaitingLeaves: 2048,
  maxJournalBytes: 8_388_608,
};

/** Entries in memory at which appending waits for the tiles: a bundle of the largest entries, and as much again. */
const MAX_WAITING_BYTES = 33_554_432;

/** The same by count: the hashes of their tiles take 4 MiB. */
const MAX_WAITING_LEAVES = 65_536;

/** What the leaves of a log lie in. */
export interface LeafStoreParts {
  readonly directory: string;
  readonly journal: Journal;
  readonly tiles: TileWriter;
  readonly tree: HashTree;
  readonly limits: MovingLimits;
}

/** The leaves of a log: the newest in the journal and in memory, the others in bundles. */
export class LeafStore {
  readonly #parts: LeafStoreParts;
  readonly #reader: TileReader;

  constructor(parts: LeafStoreParts) {
    this.#parts = parts;
    this.#reader = new TileReader(parts.directory);
  }

  /** Appends leaves as one group; resolves when they are durable and in the tree. One call at a time. */
  async append(leaves: readonly Uint8Array[], hashes: readonly Uint8Array[]): Promise<void> {
    const { journal, tiles, limits } = this.#parts;
    await this.#makeRoom();
    await journal.append(leaves);
    for (const [position, hash] of hashes.entries()) tiles.add(leaves[position] as Uint8Array, hash);
    const { writeAtWaitingBytes, writeAtWaitingLeaves } = limits;
    const isDue = tiles.waitingBytes >= writeAtWaitingBytes || this.#waitingCount >= writeAtWaitingLeaves;
    // A failure is none of this group's, which the journal has. The next group tries again, and waits when it must.
    if (isDue) void tiles.writeFull().catch(() => undefined);
  }

  /**
   * Reads durable leaves, each checked against its hash.
   *
   * @throws {AuditLogError} `LOG_CORRUPT` while reading, with the place
   */
  async *read(fromIndex: number, endIndex: number): AsyncGenerator<ReadEntry> {
    for (let next = fromIndex; next < endIndex; ) {
      const waiting = this.#parts.tiles.waitingLeaf(next);
      if (waiting !== undefined) {
        yield readEntry(waiting, next);
        next += 1;
        continue;
      }
      const bundle = await this.#reader.bundle(Math.floor(next / TILE_WIDTH_HASHES));
      if (bundle === undefined) throw damagedAt(next);
      for (const leaf of bundle.slice(next % TILE_WIDTH_HASHES, endIndex - next + (next % TILE_WIDTH_HASHES))) {
        // The disk may have changed under us since the leaf was hashed.
        if (!isSameHash(leafHash(leaf), this.#parts.tree.leafHash(next))) throw damagedAt(next);
        yield readEntry(leaf, next);
        next += 1;
      }
    }
  }

  /** The time of the last entry; empty, which is before every time, when there is none. */
  async lastTime(): Promise<string> {
    const { size } = this.#parts.tree;
    let lastAt = '';
    for await (const { entry } of this.read(Math.max(0, size - 1), size)) lastAt = entry.at;
    return lastAt;
  }

  async close(): Promise<void> {
    await this.#parts.tiles.settled();
    await this.#parts.journal.close();
  }

  get #waitingCount(): number {
    return this.#parts.tree.size - this.#parts.tiles.writtenSize;
  }

  async #makeRoom(): Promise<void> {
    const { journal, tiles, tree, limits } = this.#parts;
    if (tiles.waitingBytes > MAX_WAITING_BYTES || this.#waitingCount > MAX_WAITING_LEAVES) await tiles.writeFull();
    // Not while most of it would only be copied.
    if (journal.byteLength < limits.maxJournalBytes || tiles.waitingBytes > journal.byteLength / 2) return;
    const startIndex = tiles.writtenSize;
    await journal.beginAnew({ startIndex, rootHash: tree.root(startIndex) }, tiles.waitingLeaves());
  }
}

function readEntry(leaf: Uint8Array, leafIndex: number): ReadEntry {
  return { leafIndex, leaf, entry: readableEntry(leaf, leafIndex) };
}

function readableEntry(leaf: Uint8Array, leafIndex: number): Entry {
  try {
    return parseLeaf(leaf);
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    throw new AuditLogError('LOG_CORRUPT', `log holds something other than an entry at ${leafIndex}`, error);
  }
}

function damagedAt(leafIndex: number): AuditLogError {
  return new AuditLogError('LOG_CORRUPT', `log is damaged on disk at entry ${leafIndex}`);
}
