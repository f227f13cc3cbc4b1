import { createHash, type Hash } from 'node:crypto';

/** Digests remembered at once; a forgotten one costs the reading of its file, and nothing else. */
const MAX_REMEMBERED_COUNT = 1_000;

/** What has been received of an upload, hashed so far. */
export interface RunningDigest {
  readonly hash: Hash;
  byteCount: number;
}

/**
 * The digests of uploads on their way in, so that a whole file need not be read again only to be compared.
 *
 * They live in memory alone: after a restart the sealed segments are read, which gives the same.
 */
export class RunningDigests {
  readonly #running = new Map<string, RunningDigest>();

  /** Takes the digest of an upload to go on with, unless other bytes than these have been committed. */
  take(uploadId: string, committedBytes: number): RunningDigest | undefined {
    const running = this.#running.get(uploadId);
    this.#running.delete(uploadId);
    if (running?.byteCount === committedBytes) return running;
    return committedBytes === 0 ? { hash: createHash('sha256'), byteCount: 0 } : undefined;
  }

  /** Keeps a digest; the one kept longest goes when there are too many. */
  keep(uploadId: string, running: RunningDigest): void {
    this.#running.set(uploadId, running);
    const [oldest] = this.#running.keys();
    if (this.#running.size > MAX_REMEMBERED_COUNT && oldest !== undefined) this.#running.delete(oldest);
  }
}
