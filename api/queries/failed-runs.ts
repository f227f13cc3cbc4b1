import { ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { writtenOnce } from '../store/index.ts';

/**
 * Failed or cancelled runs a member may have on one day. Each tells one bit that may depend on data; twenty is far from
 * a record.
 */
const MAX_FAILED_RUNS_COUNT = 20;

const dayOf = (nowMs: number): string => new Date(nowMs).toISOString().slice(0, 10);

const findFailures = writtenOnce((db, of: { readonly member: string; readonly day: string }) =>
  db.selectFrom('failures_per_day').select('failure_count').where('member', '=', of.member).where('day', '=', of.day),
);

/** Refuses the questions of a member whose runs failed too often today. @throws {ServiceError} TOO_MANY_FAILURES */
export async function assertFewFailures(kitchen: Kitchen, member: string): Promise<void> {
  const [row] = await findFailures(kitchen.store.db, { member, day: dayOf(kitchen.nowMs()) });
  if ((row?.failure_count ?? 0) < MAX_FAILED_RUNS_COUNT) return;
  const message = `${MAX_FAILED_RUNS_COUNT} runs have failed or were cancelled today; ask again tomorrow (UTC)`;
  throw new ServiceError('TOO_MANY_FAILURES', message);
}

/** Counts a failed run. */
export async function countFailure(kitchen: Kitchen, member: string): Promise<void> {
  await kitchen.store.db
    .insertInto('failures_per_day')
    .values({ member, day: dayOf(kitchen.nowMs()), failure_count: 1 })
    .onConflict((conflict) =>
      conflict
        .columns(['member', 'day'])
        .doUpdateSet((update) => ({ failure_count: update('failures_per_day.failure_count', '+', 1) })),
    )
    .execute();
}
