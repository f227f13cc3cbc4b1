import { ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';

/** When a disk that failed is worth asking again. */
const RETRY_AFTER_MS = 30_000;

/**
 * Does work that writes to the disk, and turns every failure of the disk into one answer.
 *
 * What exactly is wrong with the operator's machine is no sender's business; the operator's log has it.
 *
 * @throws {ServiceError} STORAGE_FAILED
 */
export async function onDisk<Result>(
  kitchen: Kitchen,
  facts: { readonly uploadId: string },
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (!isOfTheDisk(cause)) throw cause;
    kitchen.operatorLog.error({ err: cause, ...facts }, 'the bytes of an upload could not be stored');
    const message = 'the service could not store the bytes; nothing was lost, go on later';
    throw new ServiceError('STORAGE_FAILED', message, { retryAfterMs: RETRY_AFTER_MS, cause });
  }
}

// Node names the failed system call in each error of the file system; SQLite's have a code of their own.
function isOfTheDisk(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  if ('syscall' in cause && 'errno' in cause) return true;
  if (!('code' in cause) || cause.code !== 'ERR_SQLITE_ERROR' || !('errcode' in cause)) return false;
  return SQLITE_DISK_CODES.has(Number(cause.errcode) & 0xff);
}

/** SQLITE_PERM, SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN. Source: https://sqlite.org/rescode.html */
const SQLITE_DISK_CODES: ReadonlySet<number> = new Set([3, 8, 10, 13, 14]);
