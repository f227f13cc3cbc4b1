import { eventsOf } from '../account/events-of.ts';
import { spendableOf } from '../account/ledger-account.ts';
import type { PrivacyEvent } from '../account/privacy-event.ts';
import type { CheckedQuery } from '../check/check-question.ts';
import { drawDiscreteGaussian, type Fraction, type RandomBits } from '../protect/discrete-gaussian.ts';
import { tailThreshold } from '../protect/gaussian-tail.ts';
import { estimateFromSample, type SampledEstimate } from '../protect/sampled-count.ts';
import { varianceFor, varianceOf } from './noise-variance.ts';
import { assertProven, type PlanBudget, type PlannedAggregate, planQuestion } from './protected-plan.ts';
import type { AggregateDraft } from './question-tree.ts';

/** What persons of both tables without an identifier in common are counted under: they met through other rows. */
export const OTHER_KIND = 'other';

/** The three releases of a match report. */
export interface MatchReportPlan {
  /** Persons of the asking member's own table. */
  readonly mine: PlannedAggregate;
  /** Persons of both tables. */
  readonly both: PlannedAggregate;
  /** Persons of both tables by the first kind of identifier that they share. */
  readonly byKind: PlannedAggregate;
}

/**
 * A match report as a plan: three counts of persons that share the budget evenly, planned like those of any question.
 *
 * A person of both is counted under the first kind that they share and no other, so that all kinds together cost what
 * one count does.
 */
export function planMatchReport(
  checked: { readonly mine: CheckedQuery; readonly both: CheckedQuery },
  kinds: readonly string[],
  budget: PlanBudget,
): MatchReportPlan {
  const [mine, both] = [onlyCount(checked.mine), onlyCount(checked.both)];
  const type = { kind: 'text' } as const;
  const values = [...kinds, OTHER_KIND];
  // The kind is a constant of the question to the planner: it follows from the person alone.
  const key = {
    expression: { kind: 'literal', value: { type: 'text', value: 'kind' }, type, at: null } as const,
    type,
    values,
  };
  const byKind = { ...both, keys: [key] };
  const [first, second, third] = planDrafts(checked.both, [mine, both, byKind], budget);
  if (first === undefined || second === undefined || third === undefined) throw new Error('a report has three counts');
  return { mine: first, both: second, byKind: third };
}

/** A match without showing: the count of matches, and how the number of points is hidden. */
export interface HiddenMatchPlan {
  /** Persons of the table that the other side has too. */
  readonly overlap: PlannedAggregate;
  readonly padding: PaddingPlan;
  /** Everything that is charged. */
  readonly events: readonly PrivacyEvent[];
}

/** Points that are nobody's: their number hides how many persons there are, as noise hides a count. */
export interface PaddingPlan {
  /** Fewest points: among as many nobody finds all multiples of one person but with the planned delta. */
  readonly leastCount: bigint;
  /** Added so that noise below it can be taken off. */
  readonly shift: bigint;
  readonly noise: Fraction;
}

/** Share of the loss that hides the number of persons: a rough size is enough. */
const SIZE_SHARE_RATIO = 0.1;
/** Share of the delta for noise that reaches below the shift; the rest is for whoever finds a person's points. */
const SHIFT_SHARE_RATIO = 0.5;
/** Most points that are nobody's for a delta: beyond it every match would take minutes. */
const MAX_PADDING_COUNT = 100_000n;

/**
 * Plans a match without showing.
 *
 * Two things leave: how many points there are, which is the number of persons with noise, and the number of matches with
 * noise. The delta has two parts: noise under the shift would show that it was cut, and among few points a client might
 * find those of one person and count it more than once (decision 23).
 *
 * @throws {RangeError} when the accounts have so small a delta that a match would need too many points
 */
export function planHiddenMatch(checked: CheckedQuery, budget: PlanBudget): HiddenMatchPlan {
  const { rho, deltaSelection } = spendableOf(budget);
  const [planned] = planDrafts(checked, [onlyCount(checked)], budget);
  if (planned === undefined) throw new Error('a match has one count');
  const share = rho * (1 - SIZE_SHARE_RATIO);
  const overlap = { ...planned, noise: [varianceFor(1n, share)], charge: { rho: share, deltaSelection: 0 } };
  assertProven(overlap);
  const noise = varianceFor(1n, rho * SIZE_SHARE_RATIO);
  const shift = tailThreshold(varianceOf(noise), deltaSelection * SHIFT_SHARE_RATIO);
  const leastCount = leastBases(deltaSelection * (1 - SHIFT_SHARE_RATIO));
  if (leastCount + shift > MAX_PADDING_COUNT)
    throw new RangeError('the delta is too small for a match without showing');
  const size: readonly PrivacyEvent[] = [
    {
      kind: 'discrete-gaussian',
      squaredSensitivity: '1',
      variance: `${noise.numerator}/${noise.denominator}`,
      statistics: 1,
      groups: 1,
    },
    { kind: 'selection', rho: '0', threshold: String(shift), delta: deltaSelection, groups: 1 },
  ];
  return { overlap, padding: { leastCount, shift, noise }, events: [...eventsOf([overlap]), ...size] };
}

/** Draws how many points are nobody's; never fewer than the least. */
export function drawPadding({ leastCount, shift, noise }: PaddingPlan, bits: RandomBits): bigint {
  const drawn = shift + drawDiscreteGaussian(noise, bits);
  return leastCount + (drawn > 0n ? drawn : 0n);
}

/** How many persons there are, as far as the number of points tells. */
export function sizeFromPoints(
  { leastCount, shift, noise }: PaddingPlan,
  baseCount: bigint,
  oneIn: bigint,
): SampledEstimate {
  return estimateFromSample(baseCount - leastCount - shift, varianceOf(noise), oneIn);
}

/** Sets of three points among those of so many persons. */
function triples(baseCount: number): number {
  const points = 3 * baseCount;
  return (points * (points - 1) * (points - 2)) / 6;
}

/** Fewest persons or stand-ins for them among whom one set of three points is named right with at most this chance. */
function leastBases(delta: number): bigint {
  let count = Math.floor(Math.cbrt(6 / delta) / 3);
  while (triples(count) < 1 / delta) count += 1;
  return BigInt(count);
}

function onlyCount({ aggregates }: CheckedQuery): AggregateDraft {
  const [draft, ...others] = aggregates;
  const isCount = draft?.keys.length === 0 && draft.statistics.length === 1 && draft.statistics[0]?.kind === 'persons';
  if (!isCount || others.length > 0) throw new Error('a match is made of counts of persons');
  return draft;
}

function planDrafts(
  { sql, outer }: CheckedQuery,
  aggregates: readonly AggregateDraft[],
  budget: PlanBudget,
): readonly PlannedAggregate[] {
  return planQuestion({ sql, outer, aggregates } as unknown as CheckedQuery, budget).aggregates;
}
