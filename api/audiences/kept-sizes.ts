import type { privacy } from '../../proto/index.ts';
import type { Kitchen } from '../kitchen/index.ts';

/** A released size. */
export interface KeptSize {
  readonly persons: bigint;
  readonly ci95Low: bigint;
  readonly ci95High: bigint;
}

/**
 * The most exact size kept of an audience's definition over the snapshots and rules of now; `null` when there is none.
 */
export async function latestSize(
  kitchen: Kitchen,
  audienceId: string,
  definitionKey: string,
): Promise<KeptSize | null> {
  const row = await kitchen.store.db
    .selectFrom('audience_sizes')
    .selectAll()
    .where('audience_id', '=', audienceId)
    .where('definition_key', '=', definitionKey)
    .orderBy('epsilon', 'desc')
    .executeTakeFirst();
  if (row === undefined) return null;
  return { persons: BigInt(row.persons), ci95Low: BigInt(row.ci95_low), ci95High: BigInt(row.ci95_high) };
}

/** A size with all that names it. */
export interface SizeFacts {
  readonly audienceId: string;
  readonly releaseKey: string;
  readonly definitionKey: string;
  readonly epsilon: number;
  readonly price: privacy.PrivacyCost;
  readonly size: KeptSize;
}

/** Keeps a released size with its audience. */
export async function keepSize(kitchen: Kitchen, facts: SizeFacts): Promise<void> {
  await kitchen.store.db
    .insertInto('audience_sizes')
    .values({
      audience_id: facts.audienceId,
      release_key: facts.releaseKey,
      definition_key: facts.definitionKey,
      persons: Number(facts.size.persons),
      ci95_low: Number(facts.size.ci95Low),
      ci95_high: Number(facts.size.ci95High),
      epsilon: facts.epsilon,
      price_epsilon: facts.price.epsilon,
      price_delta: facts.price.delta,
      price_rho: facts.price.rho,
      released_at_ms: kitchen.nowMs(),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
