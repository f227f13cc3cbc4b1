// A6, off by one at the threshold: if a group that a single person lifts to the minimum shows more often than delta
// says, its key tells that the person is there. Delta is made large here, so that the boundary can be seen in trials.
import { describe, expect, it } from 'vitest';
import { planQuestion, protect, RawGroups } from '../../policies/index.ts';
import { shareLimits } from '../support/games.ts';
import { assertAllows } from '../support/policy-assertions.ts';
import { systemBits } from '../support/run-plan.ts';

const TRIAL_COUNT = 30_000;

describe('a group that one person lifts to the minimum', () => {
  it('shows no more often than delta, and one person less never does', async () => {
    const query = await assertAllows('select category, count(*) from market.events group by category');
    const [aggregate] = planQuestion(query, { epsilon: 1, delta: 0.9 }).aggregates;
    if (aggregate === undefined) return expect.fail('no aggregation');
    const shown = (persons: number): number => {
      const groups = Array.from({ length: TRIAL_COUNT }, (_, i) => [`c${i}`, `${persons}`, `${persons}`]);
      return protect(aggregate, RawGroups.read(aggregate, groups), systemBits).rows.length;
    };
    const minimum = aggregate.minGroupSize;
    expect(shown(minimum - 1)).toBe(0);
    // Three such groups may go back to one person: each has a third of the delta.
    const perGroup = aggregate.charge.deltaSelection / aggregate.maxGroupsPerPerson;
    const expected = perGroup * TRIAL_COUNT;
    expect(expected).toBeGreaterThan(5);
    expect(shown(minimum)).toBeLessThanOrEqual(expected + 6 * Math.sqrt(expected));
    // The adversary's gain is the share that shows: what is measured is no proof of more than delta.
    const [low] = shareLimits(shown(minimum), TRIAL_COUNT);
    expect(low).toBeLessThanOrEqual(perGroup);
    // At the threshold itself the comparison is ≥: noise of 0 passes, and one person less shows as often as noise of 1.
    const threshold = Number(aggregate.releaseThreshold);
    const [at, under] = [shown(threshold) / TRIAL_COUNT, shown(threshold - 1) / TRIAL_COUNT];
    expect(at + under).toBeGreaterThan(1 - 0.02);
    expect(at + under).toBeLessThan(1 + 0.02);
    expect(at).toBeGreaterThan(under);
  });
});
