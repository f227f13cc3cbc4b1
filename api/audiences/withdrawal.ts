import type { Database } from '../store/index.ts';
import { nextVersion } from './activate-audience.ts';

/** What an activation becomes that is to be withdrawn: a version of its own, which is delivered like a publication. */
export async function withdrawalOf(db: Database, audienceId: string, nowMs: number) {
  return {
    state: 'revoking' as const,
    // What was charged and not sent has nobody to be sent to.
    pending_refresh: null,
    version: await nextVersion(db, audienceId),
    attempt_count: 0,
    next_attempt_at_ms: nowMs,
  };
}
