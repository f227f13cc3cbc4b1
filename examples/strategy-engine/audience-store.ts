import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { EngineRefusal } from './engine-refusal.ts';

// Members are written ahead under a record of their own, a batch a transaction, so that memory stays flat and other
// publications go on. Nobody sees a record until one last transaction points the audience at it: a publication that
// dies half way leaves rows that no decision reads and that the next start sweeps out.
const schema = `
  create table if not exists record (
    record_id    integer primary key autoincrement,
    audience_id  text not null,
    version      integer not null,
    kind         text not null check (kind in ('publication', 'withdrawal')),
    display_name text not null,
    identifier   text not null,
    member_count integer not null,
    receipt      text not null unique
  ) strict;
  create table if not exists audience (
    audience_id text primary key,
    record_id   integer not null references record
  ) strict, without rowid;
  create table if not exists member (
    record_id integer not null,
    token     text not null,
    primary key (record_id, token)
  ) strict, without rowid;
`;

/** What is known of a publication before its members arrive; `version` and `memberCount` are whole numbers. */
export interface AudienceHeader {
  readonly audienceId: string;
  readonly version: bigint;
  readonly displayName: string;
  readonly identifier: string;
  readonly memberCount: bigint;
}

interface StoredRecord {
  readonly record_id: bigint;
  readonly version: bigint;
  readonly kind: 'publication' | 'withdrawal';
  readonly receipt: string;
}

/** A publication that is being received: members are added to it, then it is completed or discarded. */
export interface Publication {
  add(tokens: readonly string[]): void;
  /** Makes the audience visible and returns its receipt. */
  complete(): string;
  discard(): void;
}

/** The engine's audiences, in one SQLite file that survives the death of its process at any moment. */
export class AudienceStore {
  readonly #database: DatabaseSync;
  readonly #current: StatementSync;
  readonly #insertMember: StatementSync;
  readonly #audiencesOfToken: StatementSync;

  /** Opens the store in a directory, creating both, and sweeps out what an earlier death left half done. */
  constructor(directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#database = new DatabaseSync(join(directory, 'audiences.sqlite'), { readBigInts: true });
    // A receipt that was sent must still stand after a power cut, so each commit reaches the disk.
    this.#database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;');
    this.#database.exec(schema);
    this.#sweep();
    this.#current = this.#database.prepare(
      'select r.record_id, r.version, r.kind, r.receipt from audience a join record r using (record_id) where a.audience_id = ?',
    );
    this.#insertMember = this.#database.prepare('insert into member (record_id, token) values (?, ?)');
    this.#audiencesOfToken = this.#database.prepare(`
      select r.display_name from audience a join record r using (record_id)
      where r.kind = 'publication' and exists (select 1 from member m where m.record_id = r.record_id and m.token = ?)
      order by r.record_id`);
  }

  /**
   * Returns the receipt of a publication or withdrawal that already had its effect, or undefined when it is new.
   *
   * @throws {EngineRefusal} FAILED_PRECONDITION when a later version, or another act of the same version, is stored
   */
  receiptOf(audienceId: string, version: bigint, kind: StoredRecord['kind']): string | undefined {
    const current = this.#current.get(audienceId) as StoredRecord | undefined;
    if (current === undefined || version > current.version) return undefined;
    if (version === current.version && kind === current.kind) return current.receipt;
    throw new EngineRefusal(
      'FAILED_PRECONDITION',
      `audience \`${audienceId}\` already stands at version ${current.version}`,
    );
  }

  /** Starts to receive a publication. Nothing of it decides anything before it is completed. */
  begin(header: AudienceHeader): Publication {
    const receipt = `pub-${randomUUID()}`;
    const recordId = this.#insertRecord(header, 'publication', receipt);
    let received = 0n;
    return {
      add: (tokens) => {
        received += BigInt(tokens.length);
        if (received > header.memberCount) throw wrongCount(header.memberCount);
        this.#inTransaction(() => this.#insertMembers(recordId, tokens));
      },
      complete: () => {
        if (received !== header.memberCount) throw wrongCount(header.memberCount);
        return this.#pointTo(recordId, header.audienceId, header.version, 'publication', receipt);
      },
      discard: () => this.#inTransaction(() => this.#deleteRecord(recordId)),
    };
  }

  /** Withdraws an audience at a version; an audience never seen is remembered as withdrawn, so that a late publication stays out. */
  withdraw(audienceId: string, version: bigint): string {
    const first = this.receiptOf(audienceId, version, 'withdrawal');
    if (first !== undefined) return first;
    const receipt = `rev-${randomUUID()}`;
    const header = { audienceId, version, displayName: '', identifier: '', memberCount: 0n };
    return this.#pointTo(this.#insertRecord(header, 'withdrawal', receipt), audienceId, version, 'withdrawal', receipt);
  }

  /** The display names of the published audiences that a membership token is in, oldest publication first. */
  audiencesOf(token: string): string[] {
    return this.#audiencesOfToken.all(token).map((row) => String(row.display_name));
  }

  /** Closes the file. */
  close(): void {
    this.#database.close();
  }

  #insertRecord(header: AudienceHeader, kind: StoredRecord['kind'], receipt: string): bigint {
    const { lastInsertRowid } = this.#database
      .prepare(
        'insert into record (audience_id, version, kind, display_name, identifier, member_count, receipt) values (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(header.audienceId, header.version, kind, header.displayName, header.identifier, header.memberCount, receipt);
    return BigInt(lastInsertRowid);
  }

  #insertMembers(recordId: bigint, tokens: readonly string[]): void {
    for (const token of tokens) {
      try {
        this.#insertMember.run(recordId, token);
      } catch (error) {
        // A repeated token would make the stored members fewer than the count that was promised.
        if (isConstraintError(error)) throw new EngineRefusal('INVALID_ARGUMENT', 'a membership token is repeated');
        throw error;
      }
    }
  }

  // INVARIANT: the audience pointer moves in the same transaction that checks it, so that of two deliveries of one
  // version racing each other exactly one takes effect, and both return its receipt.
  #pointTo(recordId: bigint, audienceId: string, version: bigint, kind: StoredRecord['kind'], receipt: string): string {
    return this.#inTransaction(() => {
      const first = this.receiptOf(audienceId, version, kind);
      if (first !== undefined) {
        this.#deleteRecord(recordId);
        return first;
      }
      const before = this.#current.get(audienceId) as StoredRecord | undefined;
      this.#database
        .prepare(
          'insert into audience values (?, ?) on conflict (audience_id) do update set record_id = excluded.record_id',
        )
        .run(audienceId, recordId);
      if (before !== undefined) this.#deleteRecord(before.record_id);
      return receipt;
    });
  }

  #deleteRecord(recordId: bigint): void {
    this.#database.prepare('delete from member where record_id = ?').run(recordId);
    this.#database.prepare('delete from record where record_id = ?').run(recordId);
  }

  #sweep(): void {
    this.#inTransaction(() => {
      this.#database.exec('delete from member where record_id not in (select record_id from audience)');
      this.#database.exec('delete from record where record_id not in (select record_id from audience)');
    });
  }

  #inTransaction<T>(work: () => T): T {
    this.#database.exec('begin immediate');
    try {
      const value = work();
      this.#database.exec('commit');
      return value;
    } catch (error) {
      this.#database.exec('rollback');
      throw error;
    }
  }
}

function wrongCount(promised: bigint): EngineRefusal {
  return new EngineRefusal('INVALID_ARGUMENT', `the header promised ${promised} members and another number followed`);
}

function isConstraintError(error: unknown): boolean {
  return error instanceof Error && 'errstr' in error && /constraint/u.test(String(error.errstr));
}
