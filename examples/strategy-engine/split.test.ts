import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStrategies } from './read-strategies.ts';
import { drawArm } from './split.ts';
import { HOLD_OUT, type Strategy } from './strategy.ts';

const PERSON_COUNT = 20_000;
/** Five standard deviations of a share near one half, of so many persons: the persons are fixed, so is the answer. */
const SHARE_MARGIN = 0.018;
const persons = Array.from({ length: PERSON_COUNT }, (_, i) => hash('md5', `${i}`, 'buffer'));

function strategyOf(weights: Readonly<Record<string, number>>, holdOut = 0, name = 'win-back'): Strategy {
  const arms = Object.entries(weights).map(([arm, weight]) => ({ name: arm, weight, content: arm }));
  const strategies = [{ name, audience: 'cart', scenes: ['feed'], holdOut, arms }];
  const parsed = parseStrategies({ scenes: { feed: { default: 'default' } }, strategies });
  return parsed.get('feed')?.strategies[0] as Strategy;
}

function sharesOf(strategy: Strategy, among = persons): Map<string, number> {
  const shares = new Map<string, number>();
  for (const token of among) {
    const arm = drawArm(strategy, token);
    shares.set(arm, (shares.get(arm) ?? 0) + 1 / among.length);
  }
  return shares;
}

describe('a split', () => {
  it('gives each arm its share, and the hold-out its own', () => {
    const shares = sharesOf(strategyOf({ A: 3, B: 1 }, 0.2));
    expect(Math.abs((shares.get('A') ?? 0) - 0.6)).toBeLessThan(SHARE_MARGIN);
    expect(Math.abs((shares.get('B') ?? 0) - 0.2)).toBeLessThan(SHARE_MARGIN);
    expect(Math.abs((shares.get(HOLD_OUT) ?? 0) - 0.2)).toBeLessThan(SHARE_MARGIN);
  });

  it('is the same for the same person, whatever else is asked and in whatever order arms are written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (token) => {
        const arm = drawArm(strategyOf({ A: 1, B: 2, C: 1 }, 0.1), token);
        expect(drawArm(strategyOf({ C: 1, B: 2, A: 1 }, 0.1), token)).toBe(arm);
        expect(drawArm(strategyOf({ A: 2, B: 4, C: 2 }, 0.1), token)).toBe(arm);
      }),
      { numRuns: 200 },
    );
  });

  it('moves persons only into an arm that grows', () => {
    const [before, after] = [strategyOf({ A: 1, B: 1 }, 0.1), strategyOf({ A: 1, B: 1, C: 2 }, 0.1)];
    for (const token of persons.slice(0, 5_000)) {
      const arm = drawArm(after, token);
      if (arm !== 'C') expect(arm).toBe(drawArm(before, token));
    }
  });

  it('holds the same persons out whatever becomes of the arms, and more when more are to be', () => {
    const [before, other, larger] = [
      strategyOf({ A: 1 }, 0.1),
      strategyOf({ B: 2, C: 1 }, 0.1),
      strategyOf({ A: 1 }, 0.2),
    ];
    for (const token of persons.slice(0, 5_000)) {
      const isOut = drawArm(before, token) === HOLD_OUT;
      expect(drawArm(other, token) === HOLD_OUT).toBe(isOut);
      if (isOut) expect(drawArm(larger, token)).toBe(HOLD_OUT);
    }
  });

  it('of one strategy says nothing of another', () => {
    const first = strategyOf({ A: 1, B: 1 });
    const inA = persons.filter((token) => drawArm(first, token) === 'A');
    const shares = sharesOf(strategyOf({ A: 1, B: 1 }, 0, 'welcome'), inA);
    expect(Math.abs((shares.get('A') ?? 0) - 0.5)).toBeLessThan(SHARE_MARGIN * Math.SQRT2);
  });

  it('holds everybody out when that is asked, and nobody when it is not', () => {
    expect([...sharesOf(strategyOf({ A: 1 }, 1)).keys()]).toEqual([HOLD_OUT]);
    expect([...sharesOf(strategyOf({ A: 1, B: 0 })).keys()]).toEqual(['A']);
  });
});
