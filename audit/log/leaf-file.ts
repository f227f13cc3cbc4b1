import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../disk/index.ts';
import { writeMark } from './durable-mark.ts';
import { type SyncFile, writeBytes } from './file-bytes.ts';
import { encodeFrame } from './frame.ts';
import { GroupIndex } from './group-index.ts';
import { readFrames } from './read-frames.ts';
import { type LogFiles, recover } from './recover.ts';

const OWNER_ONLY_MODE = 0o600;

/** The leaves on disk, in order: one file that only grows. */
export class LeafFile {
  readonly #files: LogFiles;
  readonly #groups = new GroupIndex();

  private constructor(files: LogFiles) {
    this.#files = files;
  }

  /**
   * Opens or makes the files, recovers from a crash, and hands every leaf on in order.
   *
   * @throws {AuditLogError} `LOG_CORRUPT`, with the place
   */
  static async open(directory: string, sync: SyncFile, onLeaf: (leaf: Uint8Array) => void): Promise<LeafFile> {
    const flags = constants.O_RDWR | constants.O_CREAT;
    const leaves = await open(join(directory, 'leaves'), flags, OWNER_ONLY_MODE);
    const mark = await open(join(directory, 'durable-mark'), flags, OWNER_ONLY_MODE);
    const file = new LeafFile({ leaves, mark, sync });
    try {
      await syncDirectory(directory);
      await recover(file.#files, file.#groups, onLeaf);
      await file.#acknowledge();
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Appends leaves as one group; resolves when they are durable. After a failure the file must not be written again.
   */
  async append(leaves: readonly Uint8Array[]): Promise<void> {
    const frame = encodeFrame(this.#groups.treeSize, leaves);
    await writeBytes(this.#files.leaves, this.#groups.byteLength, frame);
    await this.#files.sync(this.#files.leaves);
    this.#groups.add(leaves.length, frame.byteLength);
    await this.#acknowledge();
  }

  /** Reads durable leaves in order from an index on; stops early where the file is damaged. */
  async *read(fromIndex: number): AsyncGenerator<{ leafIndex: number; leaf: Uint8Array }> {
    if (fromIndex >= this.#groups.treeSize) return;
    for await (const frame of readFrames(
      this.#files.leaves,
      this.#groups.offsetOf(fromIndex),
      this.#groups.byteLength,
    )) {
      for (const [position, leaf] of frame.leaves.entries()) {
        const leafIndex = frame.firstLeafIndex + position;
        if (leafIndex >= fromIndex) yield { leafIndex, leaf };
      }
    }
  }

  async close(): Promise<void> {
    await this.#files.leaves.close();
    await this.#files.mark.close();
  }

  async #acknowledge(): Promise<void> {
    const { treeSize, byteLength } = this.#groups;
    await writeMark(this.#files.mark, { treeSize, byteLength });
  }
}
