import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Pages kept by one connection, in KiB: memory stays the same however many members there are. */
const CACHE_KIB = 32_768;
/** Longest wait for another connection's write: each is one part or one small step of tidying. */
const BUSY_MS = 20_000;

/** Opens a file of the store for writing, and creates it. */
export function openForWriting(directory: string, name: string, schema: string): DatabaseSync {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(join(directory, name), { readBigInts: true, timeout: BUSY_MS });
  // A receipt that was sent must still stand after a power cut, so each commit reaches the disk. What is thrown away
  // is overwritten: a destination that had to forget a member must not keep it on a free page.
  database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on;');
  database.exec(`pragma cache_size = -${CACHE_KIB}`);
  database.exec(schema);
  return database;
}

/** Opens a file of the store for reading beside its writer. */
export function openForReading(directory: string, name: string): DatabaseSync {
  const database = new DatabaseSync(join(directory, name), { readOnly: true, readBigInts: true, timeout: BUSY_MS });
  database.exec(`pragma cache_size = -${CACHE_KIB}`);
  return database;
}

/** Does some work whole or not at all. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('begin immediate');
  try {
    const value = work();
    database.exec('commit');
    return value;
  } catch (error) {
    database.exec('rollback');
    throw error;
  }
}
