// Every node of the tree has the noise that it is paid for: its own, of the planned law, and drawn once.
import { describe, expect, it } from 'vitest';
import { columnOf, draftOf, planDraft } from '../../test/support/drafts.ts';
import { gaussianLaw, gaussianReach, surpriseOf } from '../../test/support/laws.ts';
import { seededBits } from '../../test/support/seeded-bits.ts';
import { outcomes } from '../../test/support/tables.ts';
import { varianceOf } from '../plan/noise-variance.ts';
import type { Bins } from '../plan/question-tree.ts';
import { DiscreteGaussian } from './discrete-gaussian.ts';
import { NoisyTree } from './noisy-tree.ts';

const seed = Number(process.env.GALLEY_SEED ?? 20_111_111);
const bins = (count: number): Bins => ({ scale: 2, lower: 0n, upper: 50_000n, count });
const spend = columnOf('t0', 'spend', outcomes);
/** Nodes whose noise is held against the law; with these a width 5 % off is refused all but surely. */
const NODES = 69_904;
/** A true sampler fails one test of a billion. */
const FALSE_ALARM_DEVIATIONS = 6.2;

describe('a tree of noisy counts', () => {
  it(`has at every level noise of the planned law, and not of one 5 percent wider (seed ${seed})`, () => {
    const draft = draftOf([outcomes], [], [{ kind: 'histogram', of: spend, bins: bins(4_096), upper: 1n }]);
    const noise = planDraft(draft).noise[1] ?? { numerator: 1n, denominator: 1n };
    const variance = varianceOf(noise);
    const exact = new Map([
      [0, 100n],
      [4_095, 7n],
    ]);
    const law = new DiscreteGaussian(noise, seededBits(seed));
    const seen = new Map<number, number>();
    for (let all = 0; all < NODES; ) {
      const tree = new NoisyTree(exact, bins(4_096), () => law.draw());
      for (const [level, width] of [16, 256, 4_096].entries()) {
        for (let index = 0; index < width; index += 1, all += 1) {
          const truth = index === 0 ? 100 : index === width - 1 ? 7 : 0;
          const error = tree.count(level + 1, index) - truth;
          seen.set(error, (seen.get(error) ?? 0) + 1);
        }
      }
    }
    const reach = gaussianReach(variance);
    expect(surpriseOf(seen, gaussianLaw(variance), reach)).toBeLessThan(FALSE_ALARM_DEVIATIONS);
    expect(surpriseOf(seen, gaussianLaw(variance * 1.05 ** 2), reach)).toBeGreaterThan(FALSE_ALARM_DEVIATIONS);
    expect(surpriseOf(seen, gaussianLaw(variance * 0.95 ** 2), reach)).toBeGreaterThan(FALSE_ALARM_DEVIATIONS);
  });

  it('pays for each level alike: three levels cost three times the variance of one', () => {
    const varianceAt = (count: number): number => {
      const draft = draftOf([outcomes], [], [{ kind: 'histogram', of: spend, bins: bins(count), upper: 1n }]);
      return varianceOf(planDraft(draft).noise[1] ?? { numerator: 0n, denominator: 1n });
    };
    expect(varianceAt(256) / varianceAt(16)).toBeCloseTo(2, 4);
    expect(varianceAt(4_096) / varianceAt(16)).toBeCloseTo(3, 4);
  });

  it('draws when a node is looked at, and never twice', () => {
    let draws = 0n;
    const tree = new NoisyTree(new Map([[17, 5n]]), bins(256), () => (draws += 1n));
    expect(draws).toBe(0n);
    const first = tree.children(0, 0);
    expect(draws).toBe(16n);
    expect(tree.children(0, 0)).toEqual(first);
    expect(tree.count(2, 17)).toBe(5 + 17);
    expect(tree.children(1, 1)[1]).toBe(5 + 17);
    expect(draws).toBe(32n);
  });

  it('is no tree where the bins are no power of the fan-out', () => {
    expect(() => new NoisyTree(new Map(), bins(100), () => 0n)).toThrow(RangeError);
  });
});
