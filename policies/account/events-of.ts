import { contributionOf } from '../plan/contribution.ts';
import { canonicalText } from '../plan/expression.ts';
import { BOUNDS_BIN_COUNT, BOUNDS_SQUARED_L2, type PlannedBounds } from '../plan/planned-bounds.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import type { Fraction } from '../protect/discrete-gaussian.ts';
import { isThreshold } from '../threshold/threshold-plan.ts';
import type { DiscreteGaussianEvent, FractionText, PrivacyEvent } from './privacy-event.ts';

/**
 * The mechanisms that will run for some aggregations; what is planned twice runs once.
 *
 * `bounds` are those that are still to be found: all that the aggregations wait for, where nobody says that some are
 * stored.
 */
export function eventsOf(
  aggregates: readonly PlannedAggregate[],
  bounds: readonly PlannedBounds[] = aggregates.flatMap((a) => a.bounds),
): readonly PrivacyEvent[] {
  const distinct = new Map(aggregates.map((a) => [canonicalText(a), a]));
  const events = [...distinct.values()].flatMap((a): readonly PrivacyEvent[] =>
    isThreshold(a) ? [{ kind: 'exact' }] : [...noiseEvents(a), ...selectionEvents(a)],
  );
  return [...boundsEvents(bounds), ...events];
}

/**
 * The mechanisms that are left to run where some releases are stored, by the index of their aggregation; and bounds by
 * their index among those of all aggregations in turn.
 */
export function eventsLeft(
  aggregates: readonly PlannedAggregate[],
  { stored, storedBounds = [] }: { readonly stored: readonly number[]; readonly storedBounds?: readonly number[] },
): readonly PrivacyEvent[] {
  const toRun = aggregates.filter((_, index) => !stored.includes(index));
  const all = aggregates.flatMap((a) => a.bounds);
  const known = new Set(storedBounds.map((index) => canonicalText(all[index] ?? null)));
  const toFind = toRun.flatMap((a) => a.bounds).filter((b) => !known.has(canonicalText(b)));
  return eventsOf(toRun, toFind);
}

/** The mechanisms that will find bounds; bounds that several aggregations need are found once. */
function boundsEvents(bounds: readonly PlannedBounds[]): readonly PrivacyEvent[] {
  const distinct = new Map(bounds.map((b) => [canonicalText(b), b]));
  return [...distinct.values()].map((b) => ({
    kind: 'private-bounds',
    squaredSensitivity: String(BOUNDS_SQUARED_L2),
    variance: textOf(b.noise),
    bins: BOUNDS_BIN_COUNT,
  }));
}

/**
 * One event for each kind of noise: equal statistics stand together, under their count. Where bounds are still to be
 * found, both numbers are in units of the sensitivity: their ratio, and with it the loss, is fixed before anything is
 * known of the data.
 */
function noiseEvents(aggregate: PlannedAggregate): readonly PrivacyEvent[] {
  const groups = aggregate.maxGroupsPerPerson;
  const { squaredL2 } = contributionOf(aggregate);
  const events = new Map<string, DiscreteGaussianEvent>();
  for (const [index, noise] of aggregate.noise.entries()) {
    const squaredSensitivity = String(squaredL2[index]);
    const variance = textOf(noise);
    const key = `${squaredSensitivity} ${variance}`;
    const statistics = (events.get(key)?.statistics ?? 0) + 1;
    events.set(key, { kind: 'discrete-gaussian', squaredSensitivity, variance, statistics, groups });
  }
  return [...events.values()];
}

/** The selection looks at the noisy count of persons, which is paid for: it adds its delta alone. */
function selectionEvents({ charge, releaseThreshold, maxGroupsPerPerson }: PlannedAggregate): readonly PrivacyEvent[] {
  if (charge.deltaSelection === 0) return [];
  const { deltaSelection: delta } = charge;
  return [{ kind: 'selection', rho: '0', threshold: String(releaseThreshold), delta, groups: maxGroupsPerPerson }];
}

function textOf({ numerator, denominator }: Fraction): FractionText {
  return `${numerator}/${denominator}`;
}
