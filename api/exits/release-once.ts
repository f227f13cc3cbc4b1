import { isThreshold, type PlannedAggregate } from '../../policies/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { withBounds } from './find-bounds.ts';
import { type StoredRelease, storeOnce } from './release-store.ts';
import { type RunPlace, runAggregate } from './run-aggregate.ts';
import { runThreshold } from './run-threshold.ts';

/**
 * The release of an aggregation: the stored one, or one made now and stored before anybody sees it.
 *
 * What has bounds to be found runs twice: first for the bounds, which are a release of their own, then within them.
 *
 * @throws {WallError} when it could not be made
 */
export async function releaseOnce(
  kitchen: Kitchen,
  aggregate: PlannedAggregate,
  key: string,
  place: RunPlace,
): Promise<StoredRelease> {
  return await storeOnce(kitchen, { key, collaborationId: place.collaborationId }, async () => {
    return isThreshold(aggregate)
      ? await runThreshold(kitchen, { aggregate, releaseKey: key }, place)
      : await runAggregate(kitchen, await withBounds(kitchen, aggregate, place), place);
  });
}
