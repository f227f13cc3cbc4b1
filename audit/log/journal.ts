import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditLogError } from '../audit-log-error.ts';
import { type DiskFile, type LogDisk, placeDurably } from '../disk/index.ts';
import { EMPTY_ROOT } from '../merkle/index.ts';
import { writeMark } from './durable-mark.ts';
import { encodeFrame, groupsOf } from './frame.ts';
import { decodeHeader, encodeHeader, JOURNAL_HEADER_BYTES, type JournalStart } from './journal-header.ts';
import { type JournalFiles, recover } from './recover.ts';

/** The file in a log's folder that a mirror does not have. */
export const JOURNAL_FILE = 'journal';
const MARK_FILE = 'durable-mark';

/** Where the journal lies. */
export interface JournalPlace {
  readonly disk: LogDisk;
  /** Holds a swept `drafts` folder. */
  readonly directory: string;
}

/**
 * What makes an entry durable: one write and one sync a group. It holds the entries that are not yet in durable tiles,
 * and is read only when a log is opened.
 */
export class Journal {
  readonly #place: JournalPlace;
  readonly #mark: DiskFile;
  readonly #start: JournalStart;
  #journal: DiskFile;
  #treeSize: number;
  #byteLength = JOURNAL_HEADER_BYTES;

  private constructor(place: JournalPlace, files: JournalFiles, start: JournalStart) {
    this.#place = place;
    this.#mark = files.mark;
    this.#journal = files.journal;
    this.#start = start;
    this.#treeSize = start.startIndex;
  }

  /**
   * Opens the journal, or makes the one of an empty log.
   *
   * @throws {AuditLogError} `LOG_CORRUPT` when it is missing from a log that is not empty, or does not begin as one
   */
  static async open(place: JournalPlace): Promise<Journal> {
    const { disk, directory } = place;
    const names = await readdir(directory);
    if (!names.includes(JOURNAL_FILE)) await makeFirst(place, names);
    const journal = await disk.open(join(directory, JOURNAL_FILE));
    try {
      const start = decodeHeader(await journal.read(0, JOURNAL_HEADER_BYTES));
      if (start === undefined) throw new AuditLogError('LOG_CORRUPT', 'journal of the log does not begin as one');
      const mark = await disk.open(join(directory, MARK_FILE));
      // The names may still be those that a killed process gave and never made durable.
      await disk.syncFolder(directory);
      return new Journal(place, { journal, mark }, start);
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  /** The entries before the first one in it, which lie in tiles, with their root. */
  get start(): JournalStart {
    return this.#start;
  }

  /** Bytes of the file. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /**
   * Hands every leaf on in order, and recovers from a crash. To be called once, before anything is appended.
   *
   * @throws {AuditLogError} `LOG_CORRUPT`, with the place
   */
  async replay(onLeaf: (leaf: Uint8Array) => void): Promise<void> {
    const files = { journal: this.#journal, mark: this.#mark };
    const whole = await recover(files, this.#start.startIndex, onLeaf);
    this.#treeSize = whole.treeSize;
    this.#byteLength = whole.byteLength;
    await writeMark(this.#mark, this.#treeSize);
  }

  /** Appends leaves as one group; resolves when they are durable. After a failure it must not be written again. */
  async append(leaves: readonly Uint8Array[]): Promise<void> {
    const frame = encodeFrame(this.#treeSize, leaves);
    await this.#journal.write(this.#byteLength, frame);
    await this.#journal.sync();
    this.#treeSize += leaves.length;
    this.#byteLength += frame.byteLength;
    await writeMark(this.#mark, this.#treeSize);
  }

  /**
   * Begins the journal anew, behind entries that are durable in tiles by now.
   *
   * INVARIANT: `leaves` are all that the log holds from `start` on. The new journal is durable before it stands in the
   * place of the old one, so whichever of the two a power cut leaves behind is whole.
   */
  async beginAnew(start: JournalStart, leaves: readonly Uint8Array[]): Promise<void> {
    const { disk, directory } = this.#place;
    const parts = [encodeHeader(start)];
    let next = start.startIndex;
    for (const group of groupsOf(leaves)) {
      parts.push(encodeFrame(next, group));
      next += group.length;
    }
    const bytes = Buffer.concat(parts);
    const journal = await placeDurably(disk, directory, join(directory, JOURNAL_FILE), bytes);
    const old = this.#journal;
    this.#journal = journal;
    this.#byteLength = bytes.byteLength;
    await old.close();
    await disk.syncFolder(directory);
  }

  async close(): Promise<void> {
    await this.#journal.close();
    await this.#mark.close();
  }
}

async function makeFirst({ disk, directory }: JournalPlace, names: readonly string[]): Promise<void> {
  // Somebody removed it, or a copy left it out: to begin at nothing would be to write a second history.
  const isUsed = ['tile', 'checkpoint'].some((name) => names.includes(name));
  if (isUsed)
    throw new AuditLogError('LOG_CORRUPT', 'log has tiles or a checkpoint, but its file `journal` is missing');
  const start = encodeHeader({ startIndex: 0, rootHash: EMPTY_ROOT });
  const journal = await placeDurably(disk, directory, join(directory, JOURNAL_FILE), start);
  await journal.close();
}
