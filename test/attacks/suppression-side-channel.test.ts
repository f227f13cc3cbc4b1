// A10, suppression as a channel: if whether a group is shown depends on anything but its noisy count of persons (on a
// NULL, a sum that is zero, a count of rows), then that other thing shows without noise. One comparison decides, and it
// reads one number.
import { describe, expect, it } from 'vitest';
import { protect, type RandomBits, RawGroups } from '../../policies/index.ts';
import { expectBelow, play, UNSEEN_ADVANTAGE } from '../support/games.ts';
import { planOf, systemBits } from '../support/run-plan.ts';
import { lookAt, planWorld } from '../support/worlds.ts';

/** Plays the same bits again. */
function recorded(): { readonly bits: RandomBits; readonly again: () => RandomBits } {
  const draws: bigint[] = [];
  const bits: RandomBits = {
    draw(count) {
      const value = systemBits.draw(count);
      draws.push(value);
      return value;
    },
  };
  const again = (): RandomBits => {
    const left = [...draws];
    return { draw: () => left.shift() ?? 0n };
  };
  return { bits, again };
}

describe('whether a group is shown', () => {
  it('depends on its noisy count of persons and on nothing else', async () => {
    const sql = 'select zip, count(*), sum(spend), avg(spend), count(spend) from market.outcomes group by zip';
    const [aggregate] = (await planOf(sql, 0.5)).aggregates;
    if (aggregate === undefined) return expect.fail('no aggregation');
    const near = aggregate.releaseThreshold.toString();
    const width = aggregate.statistics.length - 1;
    const verdicts = new Set<boolean>();
    for (let trial = 0; trial < 200; trial += 1) {
      const { bits, again } = recorded();
      const shown = (cells: readonly (string | null)[], from: RandomBits): boolean =>
        protect(aggregate, RawGroups.read(aggregate, [['a', near, ...cells]]), from).rows.length === 1;
      const first = shown(Array(width).fill('0'), bits);
      verdicts.add(first);
      for (const value of [null, '1', '-50000', '50000', near]) {
        expect(shown(Array(width).fill(value), again())).toBe(first);
      }
    }
    expect(verdicts.size).toBe(2);
  });

  it('tells nothing of the value of the one who lifts it to the threshold', async () => {
    const sql = 'select zip, sum(spend), count(spend) from market.outcomes group by zip';
    const aggregate = await planWorld(sql, { epsilon: 0.5 });
    const near = aggregate.releaseThreshold.toString();
    const isShown = (cells: readonly (string | null)[]) => (): boolean =>
      lookAt(aggregate, [['a', near, ...cells]]).length === 1;
    const width = aggregate.statistics.length - 1;
    const present = isShown(Array<string>(width).fill('50000'));
    const absent = isShown(Array<null>(width).fill(null));
    const played = await play({ with: present, without: absent, guess: (seen) => seen });
    expectBelow('A10 shown or not', played, UNSEEN_ADVANTAGE);
  });

  it('is never decided by the data where the keys are public: an empty group can show and a full one can be missing', async () => {
    const [aggregate] = (await planOf('select arm, count(*) from brand.campaign group by arm', 0.05)).aggregates;
    if (aggregate === undefined) return expect.fail('no aggregation');
    const seen = new Map<string, number>();
    for (let trial = 0; trial < 400; trial += 1) {
      const raw = RawGroups.read(aggregate, [
        ['gift', '60', '60'],
        ['coupon', '49', '49'],
      ]);
      for (const [arm] of protect(aggregate, raw, systemBits).rows)
        seen.set(String(arm), (seen.get(String(arm)) ?? 0) + 1);
    }
    for (const arm of ['gift', 'coupon', 'control']) {
      expect(seen.get(arm) ?? 0).toBeGreaterThan(0);
      expect(seen.get(arm) ?? 0).toBeLessThan(400);
    }
  });

  it('is decided alike for an average: it is missing only where its noisy count is lost', async () => {
    const [aggregate] = (await planOf('select avg(spend) from market.outcomes', 1)).aggregates;
    if (aggregate === undefined) return expect.fail('no aggregation');
    const raw = RawGroups.read(aggregate, [['1000', '0', '1000']]);
    const [row] = protect({ ...aggregate, releaseThreshold: 0n }, raw, systemBits).rows;
    expect(row?.every((cell) => typeof cell === 'number')).toBe(true);
  });
});
