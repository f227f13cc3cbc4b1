import { describe, expect, it } from 'vitest';
import { advantageBound, correlationOf, outcomeOf, play, shareLimits, zcdpAdvantageBound } from './games.ts';

describe('the limits of a share', () => {
  it('are those of Clopper and Pearson', () => {
    // Nothing in n trials: the upper limit p has (1 - p)^n equal to the false-alarm rate.
    expect(shareLimits(0, 1_000)).toEqual([0, expect.closeTo(1 - 1e-6 ** (1 / 1_000), 6)]);
    expect(shareLimits(1_000, 1_000)).toEqual([expect.closeTo(1e-6 ** (1 / 1_000), 6), 1]);
    const [low, high] = shareLimits(5_000, 10_000);
    expect(high - 0.5).toBeCloseTo(4.753 * 0.005, 3);
    expect(0.5 - low).toBeCloseTo(4.753 * 0.005, 3);
  });
});

describe('a game', () => {
  it('is won by who sees the world, and not by who sees nothing', async () => {
    const seeing = await play({ with: () => 1, without: () => 0, guess: (seen) => seen === 1, rounds: 2_000 });
    expect(seeing).toMatchObject({ advantage: 1, upper: 1 });
    const blind = await play({ with: () => 0, without: () => 0, guess: () => true, rounds: 20_000 });
    expect(Math.abs(blind.advantage)).toBeLessThan(0.04);
    expect(blind.lower).toBeLessThan(0);
    expect(blind.upper).toBeGreaterThan(0);
  });

  it('is bounded by what was declared', () => {
    expect(advantageBound(0, 0)).toBe(0);
    expect(advantageBound(0, 0.1)).toBeCloseTo(0.1, 12);
    expect(advantageBound(1, 0)).toBeCloseTo(Math.tanh(0.5), 12);
    expect(zcdpAdvantageBound(0.02)).toBeCloseTo(0.1, 12);
    expect(outcomeOf(75, 100).advantage).toBeCloseTo(0.5, 12);
    expect(correlationOf([1, 2, 3], [2, 4, 6])).toBeCloseTo(1, 12);
  });
});
