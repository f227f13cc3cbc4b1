import { inTurn, settlePublications } from '../datasets/index.ts';
import type { Kitchen } from '../kitchen/index.ts';

/**
 * Does work while no snapshot of some datasets is published: an append would bring back what is being taken out.
 *
 * What was broken off before is brought to its end first. Its part is on its way to a snapshot already, and whoever
 * settled it later would publish what nobody has searched.
 */
export async function withoutPublications<Result>(
  kitchen: Kitchen,
  datasetIds: readonly string[],
  work: () => Promise<Result>,
): Promise<Result> {
  const [first, ...others] = datasetIds;
  if (first === undefined) return await work();
  return await inTurn(`publish/${first}`, async () => {
    await settlePublications(kitchen, first);
    return await withoutPublications(kitchen, others, work);
  });
}
