import { isThreshold, type PlannedAggregate } from '../../policies/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { type RunCost, sealRunCost } from '../layouts/index.ts';
import { withBounds } from './find-bounds.ts';
import { type StoredRelease, storeOnce } from './release-store.ts';
import { runAggregate } from './run-aggregate.ts';
import type { RunPlace } from './run-place.ts';
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
  let cost: RunCost | null = null;
  const costed: RunPlace = {
    ...place,
    tellCost: (told) => {
      cost = told;
    },
  };
  const facts = {
    key,
    collaborationId: place.collaborationId,
    isShownLater: place.queryId !== undefined,
    sealedCost: () => (cost === null ? null : sealRunCost(kitchen, key, cost)),
  };
  return await storeOnce(kitchen, facts, async () => {
    return isThreshold(aggregate)
      ? await runThreshold(kitchen, { aggregate, releaseKey: key }, costed)
      : await runAggregate(kitchen, await withBounds(kitchen, aggregate, place), costed);
  });
}
