// Who uses a staged folder is told by a lock of the kernel's own, taken through SQLite (built into Node) on an empty file
// beside the folder: it goes away with the process, however that ends, so there is no stale mark to judge, and no process id
// that is another's by now, or another container's.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Whoever has this one begins to use a folder, or takes one away: what was found cannot go before it is held. */
const TURN_FILE = 'turn.lock';

/** Longest wait for a turn. One is a rename long: who has it for longer was stopped within it. */
const MAX_TURN_MS = 30_000;

/** SQLITE_BUSY: somebody else holds the lock. */
const BUSY_CODE = 5;

/** The folders that this process uses, until it ends. */
const held = new Map<string, DatabaseSync>();

/** The file that says by its lock who uses a folder, and by its time when somebody last began to. */
export function lockOf(folder: string): string {
  return `${folder}.lock`;
}

/**
 * Holds a folder, whether it is there yet or not, until this process ends.
 *
 * Where nothing can be written, as in an image that was staged when it was made, nothing can be taken away either: there
 * it is used without a lock.
 *
 * @throws when another process keeps the turn to itself
 */
export function holdFolder(folder: string): void {
  if (held.has(folder)) return;
  try {
    inTurn(path.dirname(folder), () => {
      const lock = new DatabaseSync(lockOf(folder));
      held.set(folder, lock);
      // Shared with all others who use it: a transaction that has read keeps its lock.
      lock.exec('BEGIN; SELECT 1 FROM sqlite_schema');
      const now = new Date();
      fs.utimesSync(lockOf(folder), now, now);
    });
  } catch (error) {
    if (isBusy(error)) throw error;
  }
}

/**
 * Moves a folder aside that nobody holds, and removes its lock; false where somebody does.
 *
 * @param isDoomed is asked when nobody can begin to use it any more
 */
export function takeAway(folder: string, aside: string, isDoomed: () => boolean): boolean {
  return inTurn(path.dirname(folder), () => {
    // Versions without locks have none, and their folders have names that no other version gives.
    const lock = fs.existsSync(lockOf(folder)) ? new DatabaseSync(lockOf(folder), { timeout: 0 }) : null;
    try {
      lock?.exec('BEGIN EXCLUSIVE');
      if (!isDoomed()) return false;
      fs.renameSync(folder, aside);
      fs.rmSync(lockOf(folder), { force: true });
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    } finally {
      lock?.close();
    }
  });
}

function inTurn<Result>(root: string, work: () => Result): Result {
  const turn = new DatabaseSync(path.join(root, TURN_FILE), { timeout: MAX_TURN_MS });
  try {
    turn.exec('BEGIN EXCLUSIVE');
    return work();
  } finally {
    turn.close();
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === BUSY_CODE;
}
