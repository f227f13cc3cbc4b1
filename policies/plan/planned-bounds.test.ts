import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runSeed } from '../../test/support/effort.ts';
import { gaussianTail } from '../../test/support/laws.ts';
import { assertDenies } from '../../test/support/policy-assertions.ts';
import { planOf } from '../../test/support/run-plan.ts';
import { assertAddsUp, chargeOfEvents } from '../account/charge-of-events.ts';
import { eventsOf } from '../account/events-of.ts';
import { conversionDelta } from '../account/ledger-account.ts';
import { recordOf } from '../account/privacy-event.ts';
import { epsilonOf } from '../account/zcdp.ts';
import { boundedBy } from './bounded-by.ts';
import { contributionOf } from './contribution.ts';
import { expectedErrors } from './explain-plan.ts';
import { canonicalText } from './expression.ts';
import { BOUNDS_BIN_COUNT, boundsFrom, MAGNITUDE_COUNT } from './planned-bounds.ts';
import type { PlannedAggregate } from './protected-plan.ts';

async function planned(sql: string, epsilon = 1): Promise<PlannedAggregate> {
  const [aggregate] = (await planOf(sql, epsilon)).aggregates;
  if (aggregate === undefined) throw new Error('no aggregation');
  return aggregate;
}

const total = 'select sum(auto_clamp(spend * 2)) as s from market.outcomes';
const everything = `select category, sum(auto_clamp(amount * 3)) as s, avg(auto_clamp(amount * 3)) as a,
  stddev(auto_clamp(amount * 3)) as d, median(auto_clamp(amount * 3)) as m, count(*) as n
  from market.events group by category`;

/** Noisy bins with that many persons in some of them. */
function bins(persons: Readonly<Record<number, bigint>>): readonly bigint[] {
  return Array.from({ length: BOUNDS_BIN_COUNT }, (_, bin) => persons[bin] ?? 0n);
}

describe('bounds from noisy bins', () => {
  it.each([
    ['nobody', {}, { lower: 0n, upper: 1n }],
    ['zeros alone', { 0: 900n }, { lower: 0n, upper: 1n }],
    ['values of at least 0', { 3: 900n, 7: 100n }, { lower: 0n, upper: 128n }],
    ['negative values', { [MAGNITUDE_COUNT + 5]: 900n }, { lower: -32n, upper: 0n }],
    ['both', { 2: 500n, [MAGNITUDE_COUNT]: 500n }, { lower: -1n, upper: 4n }],
    ['a bin just below the threshold', { 2: 500n, 40: 99n }, { lower: 0n, upper: 4n }],
    ['the largest there are', { 63: 500n, 127: 500n }, { lower: -(2n ** 63n), upper: 2n ** 63n }],
  ])('of %s are the outermost edges, and zero', (_, persons, bounds) => {
    expect(boundsFrom(bins(persons), 100n)).toEqual(bounds);
  });
});

describe('the price of a question whose bounds are found', () => {
  it('is known before anything is, and is within what was asked for', async () => {
    const aggregate = await planned(everything);
    const events = eventsOf([aggregate]);
    const charge = chargeOfEvents(events);
    expect(() => assertAddsUp(JSON.parse(JSON.stringify(recordOf(events))), charge)).not.toThrow();
    expect(epsilonOf(charge.rho, conversionDelta(1e-6))).toBeLessThanOrEqual(1);
    expect(epsilonOf(charge.rho, conversionDelta(1e-6))).toBeGreaterThan(0.999);
    expect(events.filter((e) => e.kind === 'private-bounds')).toEqual([
      expect.objectContaining({ squaredSensitivity: '2', bins: 128 }),
    ]);
  });

  it('has a tenth for each value, at most half for all, and nothing twice', async () => {
    const whole = chargeOfEvents(eventsOf([await planned('select sum(spend) as s from market.outcomes')])).rho;
    const one = (await planned(total)).bounds[0]?.charge.rho ?? 0;
    expect(one / whole).toBeCloseTo(0.1, 6);
    const eight = Array.from({ length: 8 }, (_, i) => `sum(auto_clamp(spend * ${i + 2})) as s${i}`);
    const { bounds } = await planned(`select ${eight.join(', ')} from market.outcomes`);
    expect(bounds).toHaveLength(8);
    expect(bounds.reduce((sum, b) => sum + b.charge.rho, 0) / whole).toBeCloseTo(0.5, 6);
    expect((await planned(everything)).bounds).toHaveLength(1);
  });

  it('buys bounds that another question of the same epsilon needs no others for', async () => {
    const [a, b] = [await planned(total), await planned(`${total.replace('as s', 'as s, avg(spend) as a')}`)];
    expect(canonicalText(a.bounds)).toBe(canonicalText(b.bounds));
    expect(canonicalText((await planned(total, 0.5)).bounds)).not.toBe(canonicalText(a.bounds));
    expect(canonicalText((await planned(`${total} where visit = 1`)).bounds)).not.toBe(canonicalText(a.bounds));
  });
});

describe('noise that follows from found bounds', () => {
  const found = fc.record({
    lower: fc.bigInt({ min: 0n, max: 63n }).map((k) => -(2n ** k)),
    upper: fc.bigInt({ min: 0n, max: 63n }).map((k) => 2n ** k),
  });

  it(`costs what was reserved before they were found, whatever they are (seed ${runSeed})`, async () => {
    const aggregate = await planned(everything);
    const reserved = chargeOfEvents(eventsOf([aggregate], [])).rho;
    fc.assert(
      fc.property(found, (bounds) => {
        const bounded = boundedBy(aggregate, [bounds]);
        // As an auditor would reckon from what ran; rounding the variances up makes it cheaper by less than a
        // millionth.
        const spent = chargeOfEvents(eventsOf([bounded])).rho;
        expect(spent).toBeLessThanOrEqual(reserved);
        expect(spent).toBeGreaterThan(reserved * (1 - 1e-6));
        expect(bounded.charge).toEqual(aggregate.charge);
        expect(bounded.releaseThreshold).toBe(aggregate.releaseThreshold);
        expect(bounded.statistics.map((s) => s.kind)).not.toContain('unbounded');
        expect(contributionOf(bounded).maxGroupsPerPerson).toBe(aggregate.maxGroupsPerPerson);
      }),
      { seed: runSeed, numRuns: 200 },
    );
  });

  it('is asked of a spread around the middle of its bounds', async () => {
    const bounded = boundedBy(await planned('select stddev(auto_clamp(spend * 2)) as d from market.outcomes'), [
      { lower: 0n, upper: 1024n },
    ]);
    expect(bounded.measures[0]).toMatchObject({ kind: 'spread', centre: 512n });
    expect(bounded.statistics).toContainEqual(
      expect.objectContaining({ kind: 'squares', centre: 512n, upper: 512n * 512n }),
    );
  });
});

describe('the threshold of bins', () => {
  it('takes any bin that holds nobody in one question in a thousand at most', async () => {
    const [bounds] = (await planned(total, 4)).bounds;
    const variance = Number(bounds?.noise.numerator) / Number(bounds?.noise.denominator);
    const threshold = Number(bounds?.threshold);
    expect(BOUNDS_BIN_COUNT * gaussianTail(variance, threshold)).toBeLessThanOrEqual(1e-3);
    expect(BOUNDS_BIN_COUNT * gaussianTail(variance, threshold - 1)).toBeGreaterThan(1e-3);
  });
});

describe('auto_clamp', () => {
  it('promises no error that would depend on the bounds', async () => {
    const plan = await planOf('select sum(auto_clamp(spend * 2)) as s, count(*) as n from market.outcomes');
    expect(expectedErrors(plan).map((e) => e.column)).toEqual(['n']);
  });

  it.each([
    'select count(auto_clamp(spend)) from market.outcomes',
    'select count(*) from market.outcomes where auto_clamp(spend) > 5',
    'select count(*) from market.outcomes group by auto_clamp(visit)',
    'select sum(clamp(auto_clamp(spend), 0, 5)) from market.outcomes',
  ])('is refused where it bounds no aggregate: %s', async (sql) => {
    await assertDenies(sql, 'syntax-is-known', { owner: null });
  });

  it('opens no column that the owner keeps shut', async () => {
    await assertDenies('select sum(auto_clamp(secret_score)) from market.outcomes', 'measure-is-permitted');
    await assertDenies('select sum(auto_clamp(email)) from market.outcomes', 'identity-stays-inside');
    await assertDenies('select sum(auto_clamp(zip)) from market.outcomes', 'types-match');
  });
});
