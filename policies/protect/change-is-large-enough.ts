import type { PlannedAggregate } from '../plan/protected-plan.ts';
import type { RandomBits } from './discrete-gaussian.ts';
import { protect } from './protect.ts';
import { RawGroups } from './raw-groups.ts';

/** What a change of an audience is held against. */
interface HeldChange {
  /** Persons who came or went: exact, and seen by nobody. */
  readonly changedPersons: number;
  /** Fewest persons that may come and go together. */
  readonly smallest: number;
}

/**
 * Decides, by a noisy number of changed persons, whether a refresh is sent or held back.
 *
 * A person changes that number by one, as it does a size: the plan of a size has the very noise for it, and its price. The
 * noisy number itself is told to nobody.
 */
export function isChangeLargeEnough(
  size: PlannedAggregate,
  { changedPersons, smallest }: HeldChange,
  bits: RandomBits,
): boolean {
  const noisy = protect(size, RawGroups.read(size, [[String(changedPersons)]]), bits).rows[0]?.[0];
  return typeof noisy === 'bigint' && noisy >= BigInt(smallest);
}
