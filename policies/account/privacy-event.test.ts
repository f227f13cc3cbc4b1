import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planOf } from '../../test/support/run-plan.ts';
import { chargeOf } from '../plan/protected-plan.ts';
import { assertAddsUp, chargeOfEvents, deltaOfEvents, rhoOfEvents } from './charge-of-events.ts';
import { eventsOf } from './events-of.ts';
import { LEDGER_UNITS } from './ledger-units.ts';
import { type PrivacyEvent, readEvents, recordOf } from './privacy-event.ts';

const GOLDEN = join(import.meta.dirname, '../testdata/allow');
const golden = readdirSync(GOLDEN).filter((name) => name.endsWith('.sql') && !name.includes('expected'));

const digits = fc.bigInt({ min: 1n, max: 10n ** 30n }).map(String);
const fraction = fc.tuple(digits, digits).map(([n, d]) => `${n}/${d}`);
const count = fc.integer({ min: 1, max: 50 });
const anyEvent: fc.Arbitrary<PrivacyEvent> = fc.oneof(
  fc.record({
    kind: fc.constant('discrete-gaussian' as const),
    squaredSensitivity: digits,
    variance: fraction,
    statistics: count,
    groups: count,
  }),
  fc.record({
    kind: fc.constant('selection' as const),
    rho: fc.constant('0'),
    threshold: digits,
    delta: fc.double({ min: 1e-15, max: 1e-6, noNaN: true }),
    groups: count,
  }),
  fc.record({
    kind: fc.constant('private-bounds' as const),
    squaredSensitivity: digits,
    variance: fraction,
    bins: count,
  }),
  fc.record({ kind: fc.constant('exact' as const) }),
);

const gaussian = {
  kind: 'discrete-gaussian',
  squaredSensitivity: '3',
  variance: '6',
  statistics: 1,
  groups: 3,
} as const;
const selection = { kind: 'selection', rho: '0', threshold: '80', delta: 1e-9, groups: 3 } as const;

describe('the mechanisms of a charge', () => {
  it('are read back as they were written, and cost the same', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 12 }), (events) => {
        const read = readEvents(JSON.parse(JSON.stringify(recordOf(events))));
        expect(read).toEqual(events);
        expect(chargeOfEvents(read)).toEqual(chargeOfEvents(events));
      }),
    );
  });

  it('cost what the definition of their loss says', () => {
    expect(rhoOfEvents([gaussian])).toBe(0.25);
    expect(rhoOfEvents([{ ...gaussian, statistics: 4 }])).toBe(1);
    expect(rhoOfEvents([gaussian, { ...gaussian, variance: '3/2' }])).toBe(1.25);
    expect(rhoOfEvents([{ kind: 'private-bounds', squaredSensitivity: '1', variance: '8', bins: 64 }])).toBe(0.0625);
    expect(rhoOfEvents([{ ...selection, rho: '1/8' }])).toBe(0.125);
    expect(deltaOfEvents([gaussian])).toBe(0);
    expect(deltaOfEvents([selection, gaussian, selection]) / 2e-9).toBeCloseTo(1, 9);
  });

  it('round a loss that is no whole number of units up, and once for all of them', () => {
    const third = { ...gaussian, squaredSensitivity: '2', variance: '3' };
    expect(rhoOfEvents([third])).toBeGreaterThan(1 / 3);
    expect(rhoOfEvents([third]) - 1 / 3).toBeLessThan(LEDGER_UNITS.rho);
    expect(rhoOfEvents([third, third, third])).toBe(1);
  });

  it('are held against the charge they are stored with: no bit more, no bit less', () => {
    const record = recordOf([gaussian, selection]);
    const { rho, deltaSelection } = chargeOfEvents(record.events);
    expect(() => assertAddsUp(record, { rho, deltaSelection })).not.toThrow();
    for (const off of [LEDGER_UNITS.rho, -LEDGER_UNITS.rho]) {
      expect(() => assertAddsUp(record, { rho: rho + off, deltaSelection })).toThrow(/mechanisms cost/);
    }
    expect(() => assertAddsUp(record, { rho, deltaSelection: 0 })).toThrow(/mechanisms cost/);
    expect(() => assertAddsUp({ version: 2 }, { rho: 0, deltaSelection: 0 })).toThrow(TypeError);
  });

  it('add nothing for an exact release, which no loss bounds', () => {
    expect(chargeOfEvents([{ kind: 'exact' }, gaussian])).toEqual({ rho: 0.25, deltaSelection: 0 });
  });

  it.each([
    ['no version', { events: [] }],
    ['another version', { version: 2, events: [] }],
    ['no list', { version: 1 }],
    ['an unknown mechanism', { version: 1, events: [{ kind: 'laplace', scale: '1' }] }],
    ['a name that every object has', { version: 1, events: [{ kind: 'constructor' }] }],
    ['a field too many', { version: 1, events: [{ ...gaussian, discount: 1 }] }],
    ['a field too few', { version: 1, events: [{ kind: 'discrete-gaussian', variance: '6' }] }],
    ['a negative sensitivity', { version: 1, events: [{ ...gaussian, squaredSensitivity: '-3' }] }],
    ['noise without variance', { version: 1, events: [{ ...gaussian, variance: '0' }] }],
    ['a denominator of nothing', { version: 1, events: [{ ...gaussian, variance: '6/0' }] }],
    ['a variance as a double', { version: 1, events: [{ ...gaussian, variance: 6 }] }],
    ['no statistics', { version: 1, events: [{ ...gaussian, statistics: 0 }] }],
    ['half a statistic', { version: 1, events: [{ ...gaussian, statistics: 0.5 }] }],
    ['a selection without delta', { version: 1, events: [{ ...selection, delta: 0 }] }],
    ['a delta below nothing', { version: 1, events: [{ ...selection, delta: -1e-9 }] }],
  ])('are refused with %s', (_, record) => {
    expect(() => readEvents(record)).toThrow(TypeError);
  });
});

describe('the mechanisms of a plan', () => {
  const questions = [
    'select count(*) from market.outcomes',
    'select zip, count(*), sum(spend), avg(visit) from market.outcomes group by zip',
    'select arm, count(*) from brand.campaign group by arm',
    'select category, count(*) as n, count(distinct email) as p from market.events group by category',
    'select a.n, b.s from (select count(*) as n from market.outcomes) a cross join (select sum(spend) as s from market.outcomes) b',
    'select a.n, b.n from (select count(*) as n from market.outcomes) a cross join (select count(*) as n from market.outcomes) b',
  ];

  it.each(questions)('cost at most what was planned to be spent, and hardly less: %s', async (sql) => {
    for (const epsilon of [0.01, 0.3, 1, 7, 20]) {
      const { aggregates } = await planOf(sql, epsilon);
      const planned = chargeOf(aggregates);
      const { rho, deltaSelection } = chargeOfEvents(eventsOf(aggregates));
      expect(rho).toBeLessThanOrEqual(planned.rho);
      expect(rho / planned.rho).toBeGreaterThan(1 - 1e-4);
      expect(deltaSelection).toBe(planned.deltaSelection);
    }
  });

  it.each(golden)('cost what was planned, for every accepted question of the house: %s', async (name) => {
    const { aggregates } = await planOf(readFileSync(join(GOLDEN, name), 'utf8'), 0.5);
    const planned = chargeOf(aggregates);
    const { rho, deltaSelection } = chargeOfEvents(eventsOf(aggregates));
    expect(rho).toBeLessThanOrEqual(planned.rho);
    expect(rho).toBeGreaterThanOrEqual(planned.rho * (1 - 1e-4));
    expect(deltaSelection).toBe(planned.deltaSelection);
  });

  it('name each kind of noise once, and the threshold of groups that the data select', async () => {
    const { aggregates } = await planOf('select zip, count(*), sum(spend) from market.outcomes group by zip');
    const [aggregate] = aggregates;
    const events = eventsOf(aggregates);
    const kinds = events.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'selection')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ kind: 'selection', threshold: String(aggregate?.releaseThreshold) });
    const counted = events.flatMap((event) => (event.kind === 'discrete-gaussian' ? [event.statistics] : []));
    expect(counted.reduce((sum, n) => sum + n, 0)).toBe(aggregate?.statistics.length);
    expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(events.length);
  });

  it('select nothing where all groups are public', async () => {
    const { aggregates } = await planOf('select arm, count(*) from brand.campaign group by arm');
    expect(eventsOf(aggregates).map(({ kind }) => kind)).not.toContain('selection');
  });
});
