// Bounds as a channel: where bounds are taken from the data, a member adds one person with an enormous value to its own
// upload (or knows that somebody's value is enormous) and asks for a sum whose bounds are found. If that person moves
// the bounds, the bounds tell that it is in the join, and the noise that follows from them tells it again.
//
// The wall: bounds come from noisy counts of persons, where one person is one in a bin. What is charged, and all noise
// on the bins, is fixed before anything is counted.
import { describe, expect, it } from 'vitest';
import {
  boundedBy,
  foundBounds,
  type PlannedAggregate,
  type PlannedBounds,
  protectBounds,
  RawGroups,
  type UnitBounds,
  varianceOf,
} from '../../policies/index.ts';
import { effortOf } from '../support/effort.ts';
import { expectBelow, expectNotOver, expectSame, play, zcdpAdvantageBound } from '../support/games.ts';
import { loadTable, type TestRows } from '../support/load-table.ts';
import { binsOf, systemBits } from '../support/run-plan.ts';
import { outcomes } from '../support/tables.ts';
import { planWorld } from '../support/worlds.ts';

/** Every round draws the noise of 128 bins. */
const ROUNDS = effortOf(2_500, 4_000, 40_000);
/**
 * Bounds that one person moved would be told nearly always. In so few rounds the limit of what is measured lies 0.1 over it,
 * and what is measured of nothing five deviations below that.
 */
const MOVED_ADVANTAGE = 0.2;
const sql = 'select sum(auto_clamp(spend * 1)) as s from market.outcomes';
const victim: TestRows = Array.from({ length: 50 }, () => ['4711', '1', '9999999999999', "'94100'", null]);
const others: TestRows = Array.from({ length: 400 }, (_, i) => [String(i), '1', '10', "'94100'", null]);

interface Found {
  readonly aggregate: PlannedAggregate;
  readonly bounds: PlannedBounds;
  readonly bins: RawGroups;
}

async function world(rows: TestRows, epsilon = 1): Promise<Found> {
  await loadTable(outcomes, rows);
  const aggregate = await planWorld(sql, { epsilon });
  const [bounds] = aggregate.bounds;
  if (bounds === undefined) throw new Error('nothing to find');
  return { aggregate, bounds, bins: RawGroups.readBins(await binsOf(bounds)) };
}

function noisyBins({ bounds, bins }: Found): readonly bigint[] {
  return protectBounds(bounds, bins, systemBits).rows.map(([, persons]) => persons as bigint);
}

function look(found: Found): UnitBounds {
  return foundBounds(found.bounds, protectBounds(found.bounds, found.bins, systemBits));
}

/** The bin of the victim's value, in cents. */
const RICH_BIN = 50;

describe('one person with an enormous value', () => {
  it('is a single person of a single bin, however many rows it has', async () => {
    const [there, gone] = [await world([...others, ...victim]), await world(others)];
    const counted = ({ bins }: Found) => new Map(RawGroups.open(bins).map((g) => [Number(g.keys[0]), g.statistics[0]]));
    expect([...counted(there)].toSorted(([a], [b]) => a - b)).toEqual([
      [10, 400n],
      [RICH_BIN, 1n],
    ]);
    expect([...counted(gone)]).toEqual([[10, 400n]]);
  });

  it('does not move the bounds', async () => {
    const [there, gone] = [await world([...others, ...victim]), await world(others)];
    const guess = ({ upper }: UnitBounds): boolean => upper >= 1n << BigInt(RICH_BIN);
    const game = { with: () => look(there), without: () => look(gone), guess, rounds: ROUNDS };
    expectBelow('bounds moved', await play(game), MOVED_ADVANTAGE);
  });

  it('does not show in all noisy bins together more than they are charged for', async () => {
    const [there, gone] = [await world([...others, ...victim], 4), await world(others, 4)];
    // Best of all guesses: the only bin that differs, cut in the middle.
    const guess = (bins: readonly bigint[]): boolean => (bins[RICH_BIN] ?? 0n) >= 1n;
    const game = { with: () => noisyBins(there), without: () => noisyBins(gone), guess, rounds: ROUNDS };
    expectNotOver('bins', await play(game), zcdpAdvantageBound(there.bounds.charge.rho));
  });

  it('would show, were the bins left as they are counted', async () => {
    const there = await world([...others, ...victim]);
    const exact = { ...there.bounds, threshold: 1n, noise: { numerator: 1n, denominator: 1n << 40n } };
    const { upper } = foundBounds(exact, protectBounds(exact, there.bins, systemBits));
    expect(upper).toBe(1n << BigInt(RICH_BIN));
  });
});

describe('what is fixed before the bounds are found', () => {
  it('is the same in every world', async () => {
    const shape = ({ aggregate }: Found) => {
      const { noise, charge, releaseThreshold, bounds } = aggregate;
      return { noise, charge, releaseThreshold, first: bounds.map((b) => [b.noise, b.threshold, b.charge]) };
    };
    expectSame('planned', shape(await world([...others, ...victim])), shape(await world([])));
  });

  it('leaves the loss as it is: noise is as much wider as the bounds are', async () => {
    const { aggregate } = await world(others);
    const losses = [4n, 1n << 20n, 1n << 50n].map((upper) => {
      const bounded = boundedBy(aggregate, [{ lower: 0n, upper }]);
      const [, noise] = bounded.noise;
      return Number(upper) ** 2 / (2 * varianceOf(noise ?? { numerator: 1n, denominator: 1n }));
    });
    for (const loss of losses) expect(loss / (losses[0] ?? 0)).toBeCloseTo(1, 6);
  });
});
