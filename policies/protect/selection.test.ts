// Which groups with protected keys show: the probability of each size, against the exact tail.
import { describe, expect, it } from 'vitest';
import { columnOf, draftOf, keyOf, planDraft } from '../../test/support/drafts.ts';
import { gaussianTail } from '../../test/support/laws.ts';
import { seededBits } from '../../test/support/seeded-bits.ts';
import { events } from '../../test/support/tables.ts';
import { varianceOf } from '../plan/noise-variance.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import { protect } from './protect.ts';
import { RawGroups } from './raw-groups.ts';

const seed = Number(process.env.GALLEY_SEED ?? 20_111_111);
/** Groups drawn of each size. */
const GROUPS = 20_000;
/** A true mechanism fails one test of a billion; a share 3 % off where half of the groups show is refused. */
const FALSE_ALARM_DEVIATIONS = 6.2;

const category = keyOf(columnOf('t0', 'category', events));
const planAt = (epsilon: number): PlannedAggregate => planDraft(draftOf([events], [category], []), epsilon);

/** How many of so many groups of one size show. */
function shown(plan: PlannedAggregate, size: bigint, count = GROUPS): number {
  const rows = Array.from({ length: count }, (_, i) => [`g${i}`, String(size)]);
  return protect(plan, RawGroups.read(plan, rows), seededBits(seed)).rows.length;
}

describe(`a group with a protected key (seed ${seed})`, () => {
  it.each([0.5, 1, 4])('shows with the probability that its noise reaches the threshold, at epsilon %d', (epsilon) => {
    const plan = planAt(epsilon);
    const variance = varianceOf(plan.noise[0] ?? { numerator: 1n, denominator: 1n });
    const deviation = Math.sqrt(variance);
    for (const offset of [-2, -1, 0, 1, 2]) {
      const size = plan.releaseThreshold + BigInt(Math.round(offset * deviation));
      const expected = gaussianTail(variance, Number(plan.releaseThreshold - size));
      const error = Math.sqrt((expected * (1 - expected)) / GROUPS);
      const surprise = Math.abs(shown(plan, size) / GROUPS - expected) / error;
      expect(surprise, `size ${size}`).toBeLessThan(FALSE_ALARM_DEVIATIONS);
    }
  });

  it('never shows below the minimum, and above it by the noisy size alone', () => {
    const plan = planAt(1e40);
    expect(shown(plan, plan.releaseThreshold, 1)).toBe(1);
    expect(shown(plan, plan.releaseThreshold - 1n, 1)).toBe(0);
    const loud = { ...planAt(0.01), releaseThreshold: -(1n << 60n) };
    expect(shown(loud, BigInt(loud.minGroupSize), 500)).toBe(500);
    expect(shown(loud, BigInt(loud.minGroupSize) - 1n, 500)).toBe(0);
  });

  it.each([0.1, 1, 4])(
    'of the minimum size shows with at most delta, over all groups of a person, at %d',
    (epsilon) => {
      const plan = planAt(epsilon);
      const variance = varianceOf(plan.noise[0] ?? { numerator: 1n, denominator: 1n });
      const above = Number(plan.releaseThreshold) - plan.minGroupSize;
      expect(gaussianTail(variance, above) * plan.maxGroupsPerPerson).toBeLessThanOrEqual(plan.charge.deltaSelection);
      expect(gaussianTail(variance, above - 1) * plan.maxGroupsPerPerson).toBeGreaterThan(plan.charge.deltaSelection);
    },
  );
});
