// A5, membership by an unknown group: the key of a group is itself data (a rare search word, a village, a diagnosis).
// That it appears at all tells that somebody with it is there, however noisy its count (Korolova and others, "Releasing
// search queries and clicks privately", 2009).
//
// The wall: a group with a protected key needs the owner's minimum of persons exactly, and then a noisy count above it
// by what the noise may add with all but delta. One person moves the appearance of a group by no more than delta.
import { describe, expect, it } from 'vitest';
import { expectBelow, expectNotOver, expectSame, isLongCampaign, play, shareLimits } from '../support/games.ts';
import type { TestRows } from '../support/load-table.ts';
import { events, outcomes } from '../support/tables.ts';
import { crowd, type World, worldOf } from '../support/worlds.ts';

const ROUNDS = isLongCampaign ? 500_000 : 20_000;
const MINIMUM = 50;
const sql = 'select zip, count(distinct email) from market.outcomes group by zip';
const secret = (count: number): TestRows =>
  Array.from({ length: count }, (_, i) => [String(10_000 + i), '1', '10', "'the-secret-zip'", null]);

const isShown = (world: World) => (): boolean => world.look().some(([key]) => key === 'the-secret-zip');
const worldWith = (count: number, options = {}): Promise<World> =>
  worldOf(sql, [[outcomes, [...crowd(1_000), ...secret(count)]]], options);

describe('a group that is there for one person alone', () => {
  it('never leaves the engine, nor does any group below the minimum', async () => {
    for (const count of [1, 2, MINIMUM - 1]) {
      const [present, absent] = [await worldWith(count), await worldWith(count - 1)];
      expectSame(`A5 ${count} persons`, present.exact, absent.exact);
    }
  });

  it('does not come out by adding rows, keys or empty values to that person', async () => {
    const rows = Array.from({ length: 400 }, (_, i) => ['7', `'secret-${i % 5}'`, null, '1']);
    const question = "select coalesce(category, 'none'), count(*) from market.events group by 1";
    const [present, absent] = [await worldOf(question, [[events, rows]]), await worldOf(question, [[events, []]])];
    expectSame('A5 many rows', present.exact, absent.exact);
  });
});

describe('a group that the target lifts to the minimum', () => {
  it('shows with no more than delta', async () => {
    const [present, absent] = [await worldWith(MINIMUM), await worldWith(MINIMUM - 1)];
    const played = await play({
      with: isShown(present),
      without: isShown(absent),
      guess: (seen) => seen,
      rounds: ROUNDS,
    });
    // Nothing can be seen here in so many rounds; an honest mechanism shows it once in a billion looks.
    expectNotOver('A5 at the minimum', played, present.aggregate.charge.deltaSelection);
    const shown = Array.from({ length: ROUNDS }, isShown(present)).filter(Boolean).length;
    expect(shown).toBe(0);
  });

  it('shows with no more than delta where delta is made large enough to be seen', async () => {
    // Thresholds are whole: at this epsilon the noise passes nearly as often as delta permits, at others so seldom that
    // nothing might be seen.
    const [delta, epsilon] = [0.9, 0.15];
    const [present, absent] = [
      await worldWith(MINIMUM, { delta, epsilon }),
      await worldWith(MINIMUM - 1, { delta, epsilon }),
    ];
    expect(Array.from({ length: 1_000 }, isShown(absent)).some(Boolean)).toBe(false);
    const shown = Array.from({ length: ROUNDS }, isShown(present)).filter(Boolean).length;
    const { deltaSelection } = present.aggregate.charge;
    expect(deltaSelection).toBeGreaterThan(1e-4);
    const [low] = shareLimits(shown, ROUNDS);
    expect(low).toBeLessThanOrEqual(deltaSelection);
    expect(shown).toBeGreaterThan(0);
  });

  it('is hidden by the noise of the count where it is large: with one person more it shows as often, within epsilon', async () => {
    const { releaseThreshold } = (await worldWith(MINIMUM)).aggregate;
    const threshold = Number(releaseThreshold);
    const [present, absent] = [await worldWith(threshold + 1), await worldWith(threshold)];
    const played = await play({ with: isShown(present), without: isShown(absent), guess: (seen) => seen });
    expectBelow('A5 at the threshold', played, Math.tanh(0.5));
  });
});
