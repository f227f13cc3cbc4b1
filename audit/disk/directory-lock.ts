// Two processes that append to one log would write two histories. The lock is the kernel's own, taken through SQLite
// (built into Node) on an empty database file: it goes away with the process, however that dies, so there is no stale
// lock to judge, no process id that may have been given to another, and no trouble with process ids of another
// container. It works where file locks do: a local disk, not every network file system.

import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AuditLogError } from '../audit-log-error.ts';

const LOCK_FILE = 'lock';

/** SQLITE_BUSY: somebody else holds the lock. */
const SQLITE_BUSY_CODE = 5;

/** A held lock; dropping it lets the next one in. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Takes the folder for this log alone, also against another log in this very process.
 *
 * @throws {AuditLogError} `LOG_LOCKED` at once, without waiting
 */
export function lockDirectory(directory: string): DirectoryLock {
  const database = new DatabaseSync(join(directory, LOCK_FILE), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY_CODE) {
      throw new AuditLogError('LOG_LOCKED', 'log directory is in use by another process');
    }
    throw error;
  }
  return { release: () => database.close() };
}
