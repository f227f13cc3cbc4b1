// Every throw of coins tells something of the same persons. What all of them tell is counted for each dataset and each
// platform, over its destinations and over collaborations: it knows its own persons under every token.
import { type BlurSpent, checkDestination, type DestinationFacts, type Publication } from '../../policies/index.ts';
import type { Kitchen } from '../kitchen/index.ts';
import type { Database } from '../store/index.ts';
import { type Blurred, coinsOf } from './blur.ts';

/** A blurred publication that is to be counted. */
export interface Counted extends Omit<Blurred, 'destination' | 'epsilon'> {
  readonly destination: DestinationFacts;
  readonly publication: Publication;
}

/**
 * Reads what other coins have told of the persons of a publication, and counts its own unless something refuses it; a
 * publication that is not blurred has none.
 *
 * Both at once: two that are accepted at one moment cannot have the same rest. What is counted stays counted, whatever
 * becomes of the publication.
 */
export async function countBlur(kitchen: Kitchen, of: Counted, isRefused: boolean): Promise<Publication> {
  const { checked, destination, publication } = of;
  const { blurEpsilon: epsilon } = publication;
  if (epsilon === null) return publication;
  const coins = coinsOf({ ...of, epsilon });
  const datasetIds = [...new Set(checked.tables.map(({ view }) => view.datasetId))];
  const account = { platform: destination.owner, coins, datasetIds };
  return await kitchen.store.transaction(async (db) => {
    const counted = { ...publication, blurSpent: await readSpent(db, account) };
    if (isRefused || checkDestination(checked, destination, counted).length > 0) return counted;
    const accepted = { platform: destination.owner, coins, epsilon, accepted_at_ms: kitchen.nowMs() };
    await db
      .insertInto('blurred_publications')
      .values(datasetIds.map((dataset_id) => ({ dataset_id, ...accepted })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return counted;
  });
}

async function readSpent(
  db: Database,
  of: { readonly platform: string; readonly coins: string; readonly datasetIds: readonly string[] },
): Promise<readonly BlurSpent[]> {
  const rows = await db
    .selectFrom('blurred_publications')
    .select(({ fn }) => ['dataset_id', fn.sum<number>('epsilon').as('epsilon')])
    .where('platform', '=', of.platform)
    .where('dataset_id', 'in', of.datasetIds)
    .where('coins', '!=', of.coins)
    .groupBy('dataset_id')
    .orderBy('dataset_id')
    .execute();
  return rows.map(({ dataset_id: datasetId, epsilon }) => ({ datasetId, epsilon }));
}
