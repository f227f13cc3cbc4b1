import { BOUNDS_BIN_COUNT, boundsFrom, type PlannedBounds } from '../plan/planned-bounds.ts';
import type { UnitBounds } from '../plan/question-tree.ts';
import { DiscreteGaussian, type RandomBits } from './discrete-gaussian.ts';
import type { Release } from './protect.ts';
import { type Cell, RawGroups } from './raw-groups.ts';

/**
 * Adds noise to the persons of every bin of magnitude, whether anybody is in it or not.
 *
 * All noisy bins are kept and not the bounds alone: who reads the log of a release sees what the bounds were taken
 * from, and it costs nothing more.
 */
export function protectBounds(bounds: PlannedBounds, raw: RawGroups, bits: RandomBits): Release {
  const found = new Map(RawGroups.open(raw).map(({ keys: [bin], statistics: [persons] }) => [bin, persons]));
  const noise = new DiscreteGaussian(bounds.noise, bits);
  const rows = Array.from({ length: BOUNDS_BIN_COUNT }, (_, index) => {
    const persons = found.get(BigInt(index)) ?? 0n;
    if (typeof persons !== 'bigint') throw new TypeError('a bin holds no number of persons');
    return [BigInt(index), persons + noise.draw()];
  });
  const columns = ['bin', 'persons'].map((name) => ({ name, kind: 'integer' as const }));
  return { columns, rows, threshold: null } as unknown as Release;
}

/** The bounds that a release of bins tells; the same each time it is read. */
export function foundBounds(bounds: PlannedBounds, release: Pick<Release, 'rows'>): UnitBounds {
  const noisy = release.rows.map(([, persons]) => persons as Cell);
  if (noisy.length !== BOUNDS_BIN_COUNT || !noisy.every((n) => typeof n === 'bigint')) {
    throw new TypeError('a release of bounds has the wrong shape');
  }
  return boundsFrom(noisy as readonly bigint[], bounds.threshold);
}
