import { type Call, ServiceError } from '../grpc/index.ts';
import type { EntryIndex } from './entry-index/index.ts';

/** How long a call waits for the index: it is behind by moments, or by the whole log after it was lost. */
const MAX_INDEX_WAIT_MS = 10_000;
/** When it is worth asking again. */
const RETRY_AFTER_MS = 5_000;

/**
 * Waits until the log is indexed up to a place.
 *
 * @throws {ServiceError} UNAVAILABLE while the index is made anew; the size it speaks of is that of the log, which is no secret
 */
export async function awaitIndex(index: EntryIndex, size: number, call: Pick<Call, 'signal'>): Promise<void> {
  const late = AbortSignal.timeout(MAX_INDEX_WAIT_MS);
  try {
    await index.reach(size, AbortSignal.any([call.signal, late]));
  } catch (cause) {
    if (!late.aborted || cause !== late.reason) throw cause;
    const message = `the index of the log is being made, ${index.size} of ${size} entries so far; try again later`;
    throw new ServiceError('UNAVAILABLE', message, { retryAfterMs: RETRY_AFTER_MS });
  }
}
