// How often intervals hold the truth, and tests cry wolf, over experiments that are drawn, run and released many times.
import { describe, expect, it } from 'vitest';
import { effortOf } from '../../test/support/effort.ts';
import {
  drawBinomial,
  meanAmount,
  releasedAmounts,
  releasedOf,
  releasedShare,
  uniforms,
} from '../../test/support/made-experiments.ts';
import { splitProbability } from './check-split.ts';
import type { ArmCounts, Interval } from './noisy-rate.ts';
import { type Uplift, upliftOf } from './uplift.ts';

const seed = Number(process.env.GALLEY_SEED ?? 20_261_122);
const TRIALS = effortOf(400, 4_000, 40_000);
const ERROR_RATIO = 0.05;
/** Five standard errors: an honest interval fails a case once in a million runs of another seed. */
const SLACK_RATIO = 5 * Math.sqrt((ERROR_RATIO * (1 - ERROR_RATIO)) / TRIALS);
/** Intervals are approximate, by the normal law, where a handful of persons do it. */
const APPROXIMATION_RATIO = 0.005;

/** How often each interval holds its truth, and how often a difference is called significant. */
function experiment(draw: (uniform: () => number) => { arm: ArmCounts; control: ArmCounts }, truth: Truth): Held {
  const uniform = uniforms(seed);
  const counts = { rate: 0, uplift: 0, relative: 0, significant: 0, told: 0 };
  for (let trial = 0; trial < TRIALS; trial += 1) {
    const { arm, control } = draw(uniform);
    const measured = upliftOf(arm, control);
    if (measured.rate === null || measured.uplift === null) continue;
    assertAgrees(measured);
    counts.told += 1;
    if (holds(measured.rate, truth.rate)) counts.rate += 1;
    if (holds(measured.uplift, truth.rate - truth.control)) counts.uplift += 1;
    if (measured.pValue < ERROR_RATIO) counts.significant += 1;
    // What is not told claims nothing, and errs in nothing.
    if (measured.relativeUplift === null) counts.relative += 1;
    else if (holds(measured.relativeUplift, truth.rate / truth.control - 1)) counts.relative += 1;
  }
  const { told } = counts;
  return {
    toldRatio: told / TRIALS,
    rateRatio: counts.rate / told,
    upliftRatio: counts.uplift / told,
    relativeRatio: counts.relative / told,
    significantRatio: counts.significant / told,
  };
}

interface Truth {
  readonly rate: number;
  readonly control: number;
}

interface Held {
  readonly toldRatio: number;
  readonly rateRatio: number;
  readonly upliftRatio: number;
  readonly relativeRatio: number;
  readonly significantRatio: number;
}

const holds = ({ low, high }: Interval, truth: number): boolean => low <= truth && truth <= high;

/** What is said of one difference never contradicts itself. */
function assertAgrees({ uplift, pValue }: Uplift): void {
  if (uplift === null) return;
  expect(uplift.low <= uplift.value && uplift.value <= uplift.high).toBe(true);
  const isApart = uplift.low > 0 || uplift.high < 0;
  if (Math.abs(pValue - ERROR_RATIO) > 1e-9) expect(isApart).toBe(pValue < ERROR_RATIO);
}

const least = 1 - ERROR_RATIO - SLACK_RATIO - APPROXIMATION_RATIO;

describe(`95 % intervals of uplift (seed ${seed}, ${TRIALS} experiments a case)`, () => {
  it.each([
    ['of thousands, with the noise of epsilon 1', 3_000, 0.12, 0.1, 45],
    ['of hundreds, where the noise is as large as the chance', 400, 0.2, 0.1, 60],
    ['of hundreds, where the noise is much larger', 400, 0.5, 0.5, 1_600],
    ['of a rare outcome', 5_000, 0.004, 0.003, 45],
    ['without noise', 800, 0.3, 0.25, 0],
    ['of what nearly all do', 800, 0.99, 0.97, 45],
  ])('hold the truth that often: shares %s', (_, persons, rate, control, noiseVariance) => {
    const held = experiment(
      (uniform) => ({
        arm: releasedShare({ persons, rate, noiseVariance }, uniform),
        control: releasedShare({ persons: 2 * persons, rate: control, noiseVariance }, uniform),
      }),
      { rate, control },
    );
    expect(held.toldRatio).toBeGreaterThan(0.99);
    expect(held.rateRatio).toBeGreaterThan(least);
    expect(held.upliftRatio).toBeGreaterThan(least);
    expect(held.relativeRatio).toBeGreaterThan(least);
    // An interval of everything would hold the truth too.
    expect(held.upliftRatio).toBeLessThan(0.995);
  });

  it.each([
    ['with the noise of epsilon 1', 3_000, 45],
    ['with the noise of epsilon 0.2', 3_000, 1_000],
    ['of hundreds', 500, 60],
  ])('hold the truth that often: amounts %s', (_, persons, noiseVariance) => {
    const arm = { persons, rate: 0.1, mean: 60, cap: 300, noiseVariance };
    const control = { ...arm, rate: 0.08 };
    const held = experiment(
      (uniform) => ({ arm: releasedAmounts(arm, uniform), control: releasedAmounts(control, uniform) }),
      { rate: meanAmount(arm), control: meanAmount(control) },
    );
    expect(held.rateRatio).toBeGreaterThan(least);
    expect(held.upliftRatio).toBeGreaterThan(least);
    expect(held.relativeRatio).toBeGreaterThan(least);
  });

  it('call no difference significant one time in twenty, and a large one nearly always', () => {
    const run = (rate: number) =>
      experiment(
        (uniform) => ({
          arm: releasedShare({ persons: 2_000, rate, noiseVariance: 45 }, uniform),
          control: releasedShare({ persons: 2_000, rate: 0.1, noiseVariance: 45 }, uniform),
        }),
        { rate, control: 0.1 },
      ).significantRatio;
    expect(run(0.1)).toBeLessThan(ERROR_RATIO + SLACK_RATIO + APPROXIMATION_RATIO);
    expect(run(0.1)).toBeGreaterThan(ERROR_RATIO - SLACK_RATIO - APPROXIMATION_RATIO);
    expect(run(0.15)).toBeGreaterThan(0.95);
  });
});

describe('the check of a split', () => {
  /** How often a split of these shares is called uneven at 5 %, when it was drawn by `drawn`. */
  function alarms(drawn: number, noiseVariance: number, isTold: boolean): number {
    const uniform = uniforms(seed);
    let count = 0;
    for (let trial = 0; trial < TRIALS; trial += 1) {
      const first = drawBinomial(2_000, drawn, uniform);
      const second = drawBinomial(2_000 - first, 0.5, uniform);
      const arms = [first, second, 2_000 - first - second].map((persons, index) => {
        const { value } = releasedOf(persons, noiseVariance, uniform);
        const told = isTold ? noiseVariance : 0;
        return { persons: { value, noiseVariance: told }, share: index === 0 ? 0.5 : 0.25 };
      });
      if (splitProbability(arms) < ERROR_RATIO) count += 1;
    }
    return count / TRIALS;
  }

  it('cries wolf as often as it says, whatever the noise, and Pearson does not', () => {
    for (const noiseVariance of [0, 45, 2_000]) {
      expect(alarms(0.5, noiseVariance, true)).toBeLessThan(ERROR_RATIO + SLACK_RATIO + APPROXIMATION_RATIO);
      expect(alarms(0.5, noiseVariance, true)).toBeGreaterThan(ERROR_RATIO - SLACK_RATIO - APPROXIMATION_RATIO);
    }
    expect(alarms(0.5, 2_000, false)).toBeGreaterThan(0.5);
  });

  it('sees a split that was not drawn so', () => {
    expect(alarms(0.6, 45, true)).toBeGreaterThan(0.99);
  });
});
