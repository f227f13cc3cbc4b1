import { join } from 'node:path';
import { setImmediate as letOthersOn } from 'node:timers/promises';
import { type AuditLog, leafHash, type ReadEntry } from '../../../audit/index.ts';
import { race } from '../../grpc/index.ts';
import { anyOf, type Cursor, everyLeaf, listCursor, meet, noLeaf, type Pace, within } from './cursor.ts';
import { termsOf } from './entry-terms.ts';
import { IndexFile } from './index-file.ts';

/** The file's name inside the data directory. */
const INDEX_FILE = 'log-index.sqlite';

/** Entries of one step into the file: some milliseconds in which nobody else is served. */
const BATCH_ENTRY_COUNT = 128;

/** Fetches after which a search lets others on. */
const FETCHES_IN_TURN_COUNT = 32;

/** How often it is looked whether the log has grown; a reader catches up by itself, so that this only keeps that short. */
const LOOK_EVERY_MS = 2_000;

/** A part of the log: entries of a collaboration, from one place up to another. */
export interface VisiblePart {
  readonly collaboration: string;
  readonly fromIndex: number;
  readonly untilIndex: number;
}

/** What is searched for. */
export interface EntryQuery {
  /** What may be seen; all of it for who sees the whole log. */
  readonly visible: 'all' | readonly VisiblePart[];
  /** An entry must have one word of each list. */
  readonly terms: readonly (readonly string[])[];
  /** What it must have charged at least, in rho; 0 for anything. */
  readonly minRho: number;
  readonly fromIndex: number;
  readonly untilIndex: number;
}

/** Where the index lies, what it is of, and who learns of its troubles. */
export interface EntryIndexOptions {
  readonly directory: string;
  readonly log: Pick<AuditLog, 'treeSize' | 'read'>;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Finds entries of the log by what they name. It holds nothing that the log does not: whatever is missing, behind or
 * damaged is made again from there.
 */
export class EntryIndex {
  readonly #options: EntryIndexOptions;
  readonly #path: string;
  readonly #timer: NodeJS.Timeout;
  #file: IndexFile;
  #size: number;
  #catchingUp: Promise<void> | undefined;
  #isClosed = false;

  private constructor(options: EntryIndexOptions, opened: { file: IndexFile; size: number; path: string }) {
    this.#options = options;
    this.#path = opened.path;
    this.#file = opened.file;
    this.#size = opened.size;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
    this.#look();
  }

  /** Opens the index, makes it anew when it is not of this log, and begins to catch up; waits for neither. */
  static async open(options: EntryIndexOptions): Promise<EntryIndex> {
    const path = join(options.directory, INDEX_FILE);
    const opened = (await openSound(path, options)) ?? makeAnew(path);
    return new EntryIndex(options, { ...opened, path });
  }

  /** Up to where the log is indexed. */
  get size(): number {
    return this.#size;
  }

  /** Waits until the log is indexed up to a place. @throws the reason of the signal when it comes first */
  async reach(size: number, signal: AbortSignal): Promise<void> {
    while (this.#size < size) {
      signal.throwIfAborted();
      await race(this.#catchUp(), signal);
    }
  }

  /** Whether any entry that may be seen has a word. */
  async shows(term: string, visible: EntryQuery['visible'], signal: AbortSignal): Promise<boolean> {
    const query = { visible, terms: [[term]], minRho: 0, fromIndex: 0, untilIndex: this.#size };
    for await (const _ of this.find(query, signal)) return true;
    return false;
  }

  /** The first place whose entry was made at a time or later. */
  firstAt(atMs: number): number {
    let [low, high] = [0, this.#size];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#file.timeOf(middle) < atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Finds entries, in order of the log. Only what is indexed when it is called. */
  async *find(query: EntryQuery, signal: AbortSignal): AsyncGenerator<number, void> {
    const file = this.#file;
    try {
      yield* this.#walk(query, signal);
    } catch (error) {
      // This search is lost; whoever asks again waits for an index that is made anew.
      if (isDamage(error) && file === this.#file) this.#begin(error);
      throw error;
    }
  }

  async *#walk(query: EntryQuery, signal: AbortSignal): AsyncGenerator<number, void> {
    const pace: Pace = { fetchCount: 0 };
    const untilIndex = Math.min(query.untilIndex, this.#size);
    const cursors = this.#cursorsOf(query, pace);
    let place = query.fromIndex;
    while (place < untilIndex) {
      const search = meet(cursors, place);
      let step = search.next();
      while (step.done !== true) {
        step = search.next();
        if (pace.fetchCount < FETCHES_IN_TURN_COUNT) continue;
        pace.fetchCount = 0;
        await letOthersOn();
        signal.throwIfAborted();
      }
      if (step.value >= untilIndex) return;
      yield step.value;
      place = step.value + 1;
    }
  }

  /** Lets the file go; the log must still be open. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#catchingUp?.catch(() => undefined);
    this.#file.close();
  }

  #cursorsOf({ visible, terms, minRho }: EntryQuery, pace: Pace): readonly Cursor[] {
    const file = this.#file;
    const cursorOf = (term: string): Cursor => {
      const termId = file.findTerm(term);
      return termId === undefined ? noLeaf : listCursor((from, limit) => file.postings(termId, from, limit), pace);
    };
    const lists = terms.map((any) => anyOf(any.map(cursorOf)));
    if (minRho > 0) lists.push(listCursor((from, limit) => file.charges(minRho, from, limit), pace));
    if (visible === 'all') return lists.length === 0 ? [everyLeaf] : lists;
    const parts = visible.map((part) => {
      return within(cursorOf(`collaboration/${part.collaboration}`), part.fromIndex, part.untilIndex);
    });
    return [anyOf(parts), ...lists];
  }

  #look(): void {
    if (this.#isClosed || this.#size >= this.#options.log.treeSize) return;
    this.#catchUp().catch((error: unknown) => this.#options.onFailure(error));
  }

  #catchUp(): Promise<void> {
    this.#catchingUp ??= this.#indexOn().finally(() => {
      this.#catchingUp = undefined;
    });
    return this.#catchingUp;
  }

  async #indexOn(): Promise<void> {
    const { log } = this.#options;
    let batch: ReadEntry[] = [];
    for await (const entry of log.read(this.#size, log.treeSize - this.#size)) {
      if (this.#isClosed) return;
      batch.push(entry);
      if (batch.length < BATCH_ENTRY_COUNT) continue;
      // A file that was made anew begins at the first entry again.
      if (!this.#add(batch)) return;
      batch = [];
      await letOthersOn();
    }
    if (!this.#isClosed && batch.length > 0) this.#add(batch);
  }

  #add(entries: readonly ReadEntry[]): boolean {
    const last = entries.at(-1);
    if (last === undefined) return true;
    const size = last.leafIndex + 1;
    try {
      this.#file.write({ size, lastHash: hexHash(last.leaf) }, () => {
        for (const entry of entries) indexEntry(this.#file, entry);
      });
      this.#size = size;
      return true;
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#begin(error);
      return false;
    }
  }

  /** Begins anew, after damage. */
  #begin(error: unknown): void {
    this.#options.onFailure(error);
    this.#file.close();
    this.#file = makeAnew(this.#path).file;
    this.#size = 0;
  }
}

function indexEntry(file: IndexFile, { leafIndex, entry }: ReadEntry): void {
  const found = termsOf(entry);
  const { collaboration } = entry;
  if (collaboration !== null && found.binds !== null) {
    file.bind(collaboration, found.binds.table, found.binds.dataset);
  }
  const datasets = found.tables.flatMap((table) => {
    const dataset = collaboration === null ? undefined : file.datasetOf(collaboration, table);
    return dataset === undefined ? [] : [file.termId(`dataset/${dataset}`)];
  });
  const inherited = found.inheritsFrom.flatMap((id) => file.carriedBy(id));
  const own = found.terms.map((term) => file.termId(term));
  for (const termId of new Set([...own, ...datasets, ...inherited])) file.addPosting(termId, leafIndex);
  for (const { id, terms } of found.carried) {
    const carried = [...file.carriedBy(id), ...terms.map((term) => file.termId(term)), ...datasets];
    file.setCarried(id, [...new Set(carried)]);
  }
  if (found.rho > 0) file.addCharge(leafIndex, found.rho);
  file.addTime(leafIndex, Date.parse(entry.at));
}

/** An index that is of this log, as far as it goes; undefined when there is none, or it is of another or damaged. */
async function openSound(
  path: string,
  { log, onFailure }: EntryIndexOptions,
): Promise<{ file: IndexFile; size: number } | undefined> {
  let file: IndexFile | undefined;
  try {
    file = new IndexFile(path);
    const facts = file.read();
    if (facts !== null && (await isOf(log, facts))) return { file, size: facts.size };
  } catch (error) {
    if (!isDamage(error)) throw error;
    onFailure(error);
  }
  file?.close();
  return undefined;
}

/** A log that was restored from an old backup is another one, although it is of the same name. */
async function isOf(
  log: EntryIndexOptions['log'],
  { size, lastHash }: { readonly size: number; readonly lastHash: string },
): Promise<boolean> {
  if (size === 0) return true;
  if (!Number.isSafeInteger(size) || size > log.treeSize) return false;
  for await (const { leaf } of log.read(size - 1, 1)) return hexHash(leaf) === lastHash;
  return false;
}

function makeAnew(path: string): { file: IndexFile; size: number } {
  IndexFile.remove(path);
  return { file: new IndexFile(path), size: 0 };
}

function hexHash(leaf: Uint8Array): string {
  return Buffer.from(leafHash(leaf)).toString('hex');
}

/** SQLITE_CORRUPT, SQLITE_NOTADB, and SQLITE_ERROR where a table is not as it was made. */
const DAMAGE_CODES: ReadonlySet<unknown> = new Set([1, 11, 26]);

/** Whether what SQLite says of the file is that it is not what it was; a full disk is not that. */
function isDamage(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && DAMAGE_CODES.has(Number(error.errcode) & 0xff);
}
