import { type Seat, WallError } from '../../sandbox/index.ts';
import { type Call, ServiceError } from '../grpc/index.ts';
import type { Kitchen } from './kitchen.ts';

/** When a full line is worth asking again: some questions of it have ended by then. */
const RETRY_AFTER_MS = 5_000;

/**
 * Takes a seat behind the wall for work that is about to be charged: afterwards there is one failure only, and none of it
 * may be a full line.
 *
 * @throws {ServiceError} BUSY when the caller's member, or all together, have too much work waiting
 */
export function takeSeat(kitchen: Kitchen, { principal }: Pick<Call, 'principal'>): Seat {
  try {
    return kitchen.wall.takeSeat(principal.member);
  } catch (cause) {
    if (!(cause instanceof WallError)) throw cause;
    const message =
      'too much work of your member, or of all, is waiting; nothing was charged, ask again when some has ended';
    throw new ServiceError('BUSY', message, { retryAfterMs: RETRY_AFTER_MS, cause });
  }
}
