// What is left of the wall without bubblewrap keeps a hostile file from nothing that others may read on this machine, so
// that no member's data may be where it is used.
import { ServiceError } from '../grpc/index.ts';
import type { Kitchen } from '../kitchen/index.ts';

/** Thrown when a service with the development wall is started over somebody's data; the message says what to do. */
class RealDataError extends Error {
  override name = 'RealDataError';
}

/**
 * Refuses to start over data that is not declared made up.
 *
 * @throws {RealDataError} naming the first such dataset
 */
export async function assertNoRealData(kitchen: Pick<Kitchen, 'store' | 'wall'>): Promise<void> {
  if (!kitchen.wall.isForDevelopment) return;
  const real = await kitchen.store.db
    .selectFrom('snapshots')
    .innerJoin('datasets', 'datasets.dataset_id', 'snapshots.dataset_id')
    .select(['datasets.dataset_id as datasetId', 'datasets.owner'])
    .where('datasets.synthetic', '=', 0)
    .where('snapshots.state', '!=', 'erased')
    .executeTakeFirst();
  if (real === undefined) return;
  throw new RealDataError(
    `dataset \`${real.datasetId}\` of \`${real.owner}\` holds data that is not declared synthetic, and the development wall protects none: install the package \`bubblewrap\`, or name another data directory`,
  );
}

/**
 * Lets only made-up data near the development wall.
 *
 * @throws {ServiceError} SYNTHETIC_ONLY naming the first dataset that is not declared so
 */
export async function assertSynthetic(
  kitchen: Pick<Kitchen, 'store' | 'wall'>,
  datasetIds: readonly string[],
): Promise<void> {
  if (!kitchen.wall.isForDevelopment) return;
  const real = await kitchen.store.db
    .selectFrom('datasets')
    .select(['dataset_id as datasetId', 'owner'])
    .where('dataset_id', 'in', [...new Set(datasetIds)])
    .where('synthetic', '=', 0)
    .executeTakeFirst();
  if (real === undefined) return;
  const message = `this service has the development wall and takes made-up data only; dataset \`${real.datasetId}\` is not declared synthetic`;
  throw new ServiceError('SYNTHETIC_ONLY', message, { metadata: { owner: real.owner } });
}
