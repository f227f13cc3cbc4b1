import type { audiences } from '../../proto/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { AudienceRow } from './audience-record.ts';
import { SHOWN_STEP_MS } from './shown-time.ts';

/** Most sizes that are shown: of a year, one a day, and some more. */
const MAX_POINTS_COUNT = 1_000;

/** Reads the sizes that were released of an audience, in order of time: all of them were paid for. */
export async function readTrend(kitchen: Kitchen, { audience_id: id }: AudienceRow): Promise<audiences.TrendPoint[]> {
  const rows = await kitchen.store.db
    .selectFrom('audience_sizes')
    .selectAll()
    .where('audience_id', '=', id)
    .orderBy('released_at_ms', 'desc')
    .limit(MAX_POINTS_COUNT)
    .execute();
  return rows.toReversed().map((row) => ({
    // How long a size took is nobody's to know.
    releasedAt: new Date(Math.ceil(row.released_at_ms / SHOWN_STEP_MS) * SHOWN_STEP_MS),
    size: {
      persons: BigInt(row.persons),
      ci95Low: BigInt(row.ci95_low),
      ci95High: BigInt(row.ci95_high),
    },
  }));
}
