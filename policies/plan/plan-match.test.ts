import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertAllows } from '../../test/support/policy-assertions.ts';
import { seededBits } from '../../test/support/seeded-bits.ts';
import { chargeOfEvents } from '../account/charge-of-events.ts';
import { eventsOf } from '../account/events-of.ts';
import { spendableOf } from '../account/ledger-account.ts';
import { protect } from '../protect/protect.ts';
import { RawGroups } from '../protect/raw-groups.ts';
import { drawPadding, OTHER_KIND, planHiddenMatch, planMatchReport, sizeFromPoints } from './plan-match.ts';

const BUDGET = { epsilon: 0.5, delta: 1e-6 };

const mine = await assertAllows('select count(distinct email) from brand.campaign');
const both = await assertAllows(
  'select count(distinct c.email) from brand.campaign c join market.outcomes o on c.email = o.email',
);
const report = planMatchReport({ mine, both }, ['email', 'phone'], BUDGET);
const hidden = planHiddenMatch(await assertAllows('select count(distinct email) from market.outcomes'), BUDGET);

describe('a match report', () => {
  it('costs no more than was asked for, its kinds together as much as one count', () => {
    const { rho } = chargeOfEvents(eventsOf([report.mine, report.both, report.byKind]));
    expect(rho).toBeLessThanOrEqual(spendableOf(BUDGET).rho);
    expect(rho).toBeGreaterThan(spendableOf(BUDGET).rho * 0.999);
    expect(report.byKind.charge).toEqual(report.both.charge);
  });

  it('shows every kind, whether somebody has it or not, and withholds what is under the least group', () => {
    const counts = new Map([['email', 5_000n]]);
    const raw = RawGroups.read(
      report.byKind,
      [...counts].map(([kind, persons]) => [kind, String(persons)]),
    );
    const shown = protect(report.byKind, raw, seededBits(5));
    expect(report.byKind.publicGroups).toEqual([['email'], ['phone'], [OTHER_KIND]]);
    expect(shown.rows.map(([kind]) => kind)).toContain('email');
    for (const [, persons] of shown.rows) expect(Number(persons)).toBeGreaterThanOrEqual(50);
  });
});

describe('a match without showing', () => {
  it('costs no more than was asked for', () => {
    const charge = chargeOfEvents(hidden.events);
    const spendable = spendableOf(BUDGET);
    expect(charge.rho).toBeLessThanOrEqual(spendable.rho);
    expect(charge.rho).toBeGreaterThan(spendable.rho * 0.999);
    expect(charge.deltaSelection).toBe(spendable.deltaSelection);
  });

  it('hides one person more or less in the number of points, which tells about how many there are', () => {
    const persons = 10_000n;
    const bits = seededBits(7);
    const estimates = Array.from({ length: 400 }, () => {
      const padding = drawPadding(hidden.padding, bits);
      expect(padding).toBeGreaterThanOrEqual(hidden.padding.leastCount);
      return sizeFromPoints(hidden.padding, persons + padding, 1n);
    });
    const held = estimates.filter((e) => e.ci95Low <= persons && persons <= e.ci95High).length;
    // 95 % of 400 with six standard deviations of room.
    expect(held).toBeGreaterThan(350);
    expect(new Set(estimates.map((e) => e.persons)).size).toBeGreaterThan(20);
  });

  it('has so many points that nobody names all of one person but with half of the delta', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e-5, noNaN: true }), (delta) => {
        const { padding } = planHiddenMatch(both, { epsilon: 0.5, delta });
        const points = 3 * Number(padding.leastCount);
        const chance = 6 / (points * (points - 1) * (points - 2));
        expect(chance).toBeLessThanOrEqual(spendableOf({ epsilon: 0.5, delta }).deltaSelection / 2);
      }),
      { numRuns: 50 },
    );
  });

  it('is not planned for a delta that would take too many points', () => {
    expect(() => planHiddenMatch(both, { epsilon: 0.5, delta: 1e-15 })).toThrow(RangeError);
  });
});
