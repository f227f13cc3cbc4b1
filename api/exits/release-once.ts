import type { PlannedAggregate } from '../../policies/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import { decodeRelease, encodeRelease, putRelease, readRelease, type StoredRelease } from './release-store.ts';
import { type RunPlace, runAggregate } from './run-aggregate.ts';

/**
 * The release of an aggregation: the stored one, or one made now and stored before anybody sees it.
 *
 * Of two made at the same time the first stored is everybody's: two draws of noise over the same counts, side by side,
 * would say more than was charged.
 *
 * @throws {WallError} when it could not be made
 */
export async function releaseOnce(
  kitchen: Kitchen,
  aggregate: PlannedAggregate,
  key: string,
  place: RunPlace,
): Promise<StoredRelease> {
  const known = await readRelease(kitchen, key);
  if (known !== undefined) return decodeRelease(known.bytes);
  const fresh = encodeRelease(await runAggregate(kitchen, aggregate, place));
  return decodeRelease((await putRelease(kitchen, { key, collaborationId: place.collaborationId }, fresh)).bytes);
}
