// Sorted lists of leaf indices, one a word. A file of its own beside the control store: it can be thrown away at any time,
// so it need not be synced, and a log of ten million entries weighs on no backup of what cannot be made again.
import { chmodSync, rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** Counts up with every change of the tables or of what entries are found by: another number is made anew. */
const INDEX_FORMAT = '1';

const PRAGMAS = [
  'journal_mode = wal',
  // What a power cut takes is indexed again from the log; the file itself stays whole.
  'synchronous = normal',
  'trusted_schema = off',
  'cache_size = -16000',
];

const TABLES = [
  'create table if not exists facts (name text primary key, value text not null) strict, without rowid',
  'create table if not exists terms (term_id integer primary key, term text not null unique) strict',
  `create table if not exists postings (
     term_id integer not null, leaf_index integer not null, primary key (term_id, leaf_index)) strict, without rowid`,
  'create table if not exists times (leaf_index integer primary key, at_ms integer not null) strict',
  'create table if not exists charges (leaf_index integer primary key, rho real not null) strict',
  'create table if not exists carried (subject text primary key, term_ids text not null) strict, without rowid',
  `create table if not exists bound_tables (
     place text primary key, dataset text not null) strict, without rowid`,
];

const STATEMENTS = {
  fact: 'select value from facts where name = ?',
  setFact: 'insert into facts values (?, ?) on conflict (name) do update set value = excluded.value',
  term: 'select term_id from terms where term = ?',
  addTerm: 'insert into terms (term) values (?)',
  addPosting: 'insert or ignore into postings values (?, ?)',
  postings: 'select leaf_index from postings where term_id = ? and leaf_index >= ? order by leaf_index limit ?',
  addTime: 'insert or replace into times values (?, ?)',
  time: 'select at_ms from times where leaf_index = ?',
  addCharge: 'insert or replace into charges values (?, ?)',
  charges: 'select leaf_index from charges where leaf_index >= ? and rho >= ? order by leaf_index limit ?',
  carried: 'select term_ids from carried where subject = ?',
  setCarried: 'insert into carried values (?, ?) on conflict (subject) do update set term_ids = excluded.term_ids',
  dataset: 'select dataset from bound_tables where place = ?',
  bind: 'insert into bound_tables values (?, ?) on conflict (place) do update set dataset = excluded.dataset',
} as const;

/** Words whose numbers are kept in memory: those of kinds, members and columns come again all the time. */
const MAX_REMEMBERED_TERM_COUNT = 20_000;

/** The file of the index. Everything in it follows from the log. */
export class IndexFile {
  readonly #database: DatabaseSync;
  readonly #statements: Readonly<Record<keyof typeof STATEMENTS, StatementSync>>;
  readonly #termIds = new Map<string, number>();

  /** Opens the file, and makes it when there is none. @throws {Error} of SQLite when it is damaged */
  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    try {
      chmodSync(path, 0o600);
      for (const pragma of PRAGMAS) this.#database.exec(`pragma ${pragma}`);
      for (const table of TABLES) this.#database.exec(table);
      const prepared = Object.entries(STATEMENTS).map(([name, text]) => [name, this.#database.prepare(text)]);
      this.#statements = Object.fromEntries(prepared) as Record<keyof typeof STATEMENTS, StatementSync>;
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Removes the file with all that SQLite keeps beside it. */
  static remove(path: string): void {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${end}`, { force: true });
  }

  /** Up to where the log is indexed, and the hash of the last leaf in it; `null` when it is of another format. */
  read(): { readonly size: number; readonly lastHash: string } | null {
    const [format, size, lastHash] = ['format', 'size', 'last-hash'].map((name) => this.#text('fact', name));
    if (format === undefined) return { size: 0, lastHash: '' };
    return format === INDEX_FORMAT ? { size: Number(size), lastHash: lastHash ?? '' } : null;
  }

  /** Writes entries in one step: all of them with the new size, or nothing. */
  write(upTo: { readonly size: number; readonly lastHash: string }, work: () => void): void {
    this.#database.exec('begin immediate');
    try {
      work();
      const facts = { format: INDEX_FORMAT, size: String(upTo.size), 'last-hash': upTo.lastHash };
      for (const [name, value] of Object.entries(facts)) this.#statements.setFact.run(name, value);
      this.#database.exec('commit');
    } catch (error) {
      this.#termIds.clear();
      if (this.#database.isTransaction) this.#database.exec('rollback');
      throw error;
    }
  }

  /** Files a leaf under the number of a word. */
  addPosting(termId: number, leafIndex: number): void {
    this.#statements.addPosting.run(termId, leafIndex);
  }

  /** Keeps when an entry was made. */
  addTime(leafIndex: number, atMs: number): void {
    this.#statements.addTime.run(leafIndex, atMs);
  }

  /** Keeps what an entry charged. */
  addCharge(leafIndex: number, rho: number): void {
    this.#statements.addCharge.run(leafIndex, rho);
  }

  /** Leaves that charged at least so much, in rho, from a place on, in order, at most so many. */
  charges(minRho: number, fromIndex: number, limit: number): readonly number[] {
    return this.#statements.charges.all(fromIndex, minRho, limit).map((row) => row.leaf_index as number);
  }

  /** When an entry was made, in milliseconds since 1970. */
  timeOf(leafIndex: number): number {
    return (this.#statements.time.get(leafIndex)?.at_ms as number | undefined) ?? Number.POSITIVE_INFINITY;
  }

  /** The number of a word; undefined when no entry has it. */
  findTerm(term: string): number | undefined {
    const known = this.#termIds.get(term);
    if (known !== undefined) return known;
    const found = this.#statements.term.get(term)?.term_id as number | undefined;
    if (found !== undefined) this.#remember(term, found);
    return found;
  }

  /** The number of a word, which gets one when it has none. */
  termId(term: string): number {
    const found = this.findTerm(term);
    if (found !== undefined) return found;
    const made = Number(this.#statements.addTerm.run(term).lastInsertRowid);
    this.#remember(term, made);
    return made;
  }

  /** Leaves of a word from a place on, in order, at most so many. */
  postings(termId: number, fromIndex: number, limit: number): readonly number[] {
    return this.#statements.postings.all(termId, fromIndex, limit).map((row) => row.leaf_index as number);
  }

  /** Numbers of the words that all further entries of a subject have. */
  carriedBy(subject: string): readonly number[] {
    return JSON.parse(this.#text('carried', subject) ?? '[]') as number[];
  }

  /** Keeps them. */
  setCarried(subject: string, termIds: readonly number[]): void {
    this.#statements.setCarried.run(subject, JSON.stringify(termIds));
  }

  /** The dataset that a table of a collaboration is, as far as the log is indexed. */
  datasetOf(collaboration: string, table: string): string | undefined {
    return this.#text('dataset', `${collaboration}/${table}`);
  }

  /** Keeps it. */
  bind(collaboration: string, table: string, dataset: string): void {
    this.#statements.bind.run(`${collaboration}/${table}`, dataset);
  }

  /** Lets the file go. */
  close(): void {
    this.#database.close();
  }

  #text(statement: 'fact' | 'carried' | 'dataset', key: string): string | undefined {
    const row = this.#statements[statement].get(key);
    return row === undefined ? undefined : String(Object.values(row)[0]);
  }

  #remember(term: string, termId: number): void {
    if (this.#termIds.size >= MAX_REMEMBERED_TERM_COUNT) this.#termIds.clear();
    this.#termIds.set(term, termId);
  }
}
