// A disk sync costs the same for one entry as for a thousand. While one runs, entries gather; the next sync takes them
// all.

import { AuditLogError } from '../audit-log-error.ts';
import { LEAF_LENGTH_BYTES, MAX_FRAME_PAYLOAD_BYTES, MAX_GROUP_LEAVES_COUNT } from './frame.ts';

/**
 * Most entries that wait for the disk: past this the disk is the bottleneck and callers must hear it, not fill the
 * memory.
 */
export const MAX_WAITING_ENTRIES_COUNT = 16_384;

interface WaitingLeaf<Committed> {
  readonly leaf: Uint8Array;
  resolve(committed: Committed): void;
  reject(error: unknown): void;
}

/** Makes leaves durable in groups, in the order they came, one group at a time. */
export class GroupCommit<Committed> {
  readonly #commit: (leaves: readonly Uint8Array[]) => Promise<readonly Committed[]>;
  readonly #waiting: WaitingLeaf<Committed>[] = [];
  #draining: Promise<void> | undefined;
  #failure: AuditLogError | undefined;

  /** `commit` makes a group durable and returns one outcome a leaf, in order. */
  constructor(commit: (leaves: readonly Uint8Array[]) => Promise<readonly Committed[]>) {
    this.#commit = commit;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Queues a leaf; resolves once its group is durable. @throws {AuditLogError} `LOG_OVERLOADED`, `LOG_FAILED` */
  add(leaf: Uint8Array): Promise<Committed> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#waiting.length >= MAX_WAITING_ENTRIES_COUNT) {
      return Promise.reject(new AuditLogError('LOG_OVERLOADED', 'too many entries wait for the disk'));
    }
    const { promise, resolve, reject } = Promise.withResolvers<Committed>();
    this.#waiting.push({ leaf, resolve, reject });
    this.#draining ??= this.#drain();
    return promise;
  }

  /** Resolves when nothing waits and nothing is being written; never rejects. */
  async settled(): Promise<void> {
    while (this.#draining) await this.#draining;
  }

  async #drain(): Promise<void> {
    // One turn of the event loop: those who append in the same turn share the first sync too.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) await this.#commitGroup(this.#takeGroup());
    this.#draining = undefined;
  }

  async #commitGroup(group: readonly WaitingLeaf<Committed>[]): Promise<void> {
    try {
      const committed = await this.#commit(group.map(({ leaf }) => leaf));
      for (const [position, waiting] of group.entries()) waiting.resolve(committed[position] as Committed);
    } catch (cause) {
      // After a failed sync nobody knows what is on disk. Only a fresh open, which reads it back, may go on.
      this.#failure = new AuditLogError('LOG_FAILED', 'log could not be written and takes no more entries', cause);
      for (const waiting of [...group, ...this.#waiting.splice(0)]) waiting.reject(this.#failure);
    }
  }

  #takeGroup(): WaitingLeaf<Committed>[] {
    let payloadBytes = 0;
    let count = 0;
    for (const { leaf } of this.#waiting) {
      payloadBytes += LEAF_LENGTH_BYTES + leaf.byteLength;
      if (payloadBytes > MAX_FRAME_PAYLOAD_BYTES || count === MAX_GROUP_LEAVES_COUNT) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}
