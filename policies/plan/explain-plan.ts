import { halfWidth } from '../protect/gaussian-tail.ts';
import { type BoundingPath, type Contribution, contributionOf } from './contribution.ts';
import { originOf } from './measure-origin.ts';
import { varianceOf } from './noise-variance.ts';
import { columnsOf } from './outer-query.ts';
import type { PlannedAggregate, ProtectedPlan } from './protected-plan.ts';
import { type LinearForm, measureColumn, type ReleasedMeasure } from './question-tree.ts';

/** The error to expect of one released column, from declared facts alone. */
export interface ExpectedError {
  readonly column: string;
  /** Half the width of the 95 % interval, in the column's unit; of an average, in the smallest group that shows. */
  readonly halfWidth95: number;
  readonly bound: string;
}

/** The share of intervals that hold the true value. */
export const CONFIDENCE_RATIO = 0.95;

/**
 * Lists the expected error of every output column that is a released measure as it is, where declared facts decide it.
 *
 * They decide counts, sums and averages over persons. The error of other ratios, of spreads and of quantiles depends on
 * the rows, so that nothing true could be said of it before they are charged for.
 */
export function expectedErrors(plan: ProtectedPlan): readonly ExpectedError[] {
  return columnsOf(plan.outer).flatMap(({ name }) => {
    const origin = originOf(plan.outer, name);
    const aggregate = origin === null ? undefined : plan.aggregates[origin.index];
    const index = aggregate?.measures.findIndex((_, i) => measureColumn(i) === origin?.column) ?? -1;
    const measure = aggregate?.measures[index];
    const error = aggregate && measure ? errorOf(aggregate, measure) : null;
    return error === null ? [] : [{ column: name, ...error }];
  });
}

/** Why one person reaches no more groups than the bound, for whoever asked. */
export interface BoundedReach {
  readonly path: BoundingPath;
  readonly words: string;
}

/** Names how the groups of one person are bounded: decided from declared facts, and the same whatever the data. */
export function boundingPath(aggregate: Pick<PlannedAggregate, 'path' | 'maxGroupsPerPerson'>): BoundedReach {
  const { path, maxGroupsPerPerson: groups } = aggregate;
  return { path, words: wordsOf(path, groups) };
}

function wordsOf(path: BoundingPath, groups: number): string {
  switch (path) {
    case 'one-group':
      return 'there is one group, of everybody';
    case 'one-row-per-person':
      return 'each person has one row, and so is in one group';
    case 'group-depends-on-person':
      return 'the keys say something of the person and not of the row, so that each person is in one group';
    case 'public-groups':
      return `the keys are public, and each person can be in all ${groups} of their groups`;
    case 'rows-per-person':
      return `each person has at most ${groups} rows, and each row is in one group`;
    default:
      return `of each person ${groups} groups are kept, which ones a keyed hash decides`;
  }
}

type MeasureError = Omit<ExpectedError, 'column'>;

function errorOf(aggregate: PlannedAggregate, measure: ReleasedMeasure): MeasureError | null {
  const contribution = contributionOf(aggregate);
  if (measure.kind === 'ratio') return averageError(aggregate, contribution, measure);
  if (measure.kind !== 'count' && measure.kind !== 'sum') return null;
  const noise = aggregate.noise[measure.statistic];
  if (noise === undefined || !isBounded(aggregate, measure.statistic)) return null;
  const unit = measure.kind === 'sum' ? 10 ** measure.scale : 1;
  return {
    halfWidth95: Number(halfWidth(varianceOf(noise), CONFIDENCE_RATIO)) / unit,
    bound: boundInWords(contribution, measure.statistic, unit),
  };
}

/** Nothing true can be said of the noise on a statistic whose bounds are still to be found. */
function isBounded(aggregate: PlannedAggregate, statistic: number): boolean {
  return aggregate.statistics[statistic]?.kind !== 'unbounded';
}

function boundInWords(contribution: Contribution, statistic: number, unit: number): string {
  const linf = contribution.linf[statistic] ?? 0n;
  const groups = contribution.maxGroupsPerPerson;
  const isTogether = contribution.squaredL2[statistic] === linf * linf;
  const several = isTogether ? 'in all groups together' : `in each of ${groups} groups`;
  return `each person counts at most ${Number(linf) / unit} ${groups === 1 ? 'in one group' : several}`;
}

/** Of a ratio to the persons of a group: the group has at least as many as the threshold, so that they bound both. */
function averageError(
  aggregate: PlannedAggregate,
  contribution: Contribution,
  { numerator, denominator }: Extract<ReleasedMeasure, { kind: 'ratio' }>,
): MeasureError | null {
  const [persons, ...more] = denominator;
  if (persons?.statistic !== 0 || more.length > 0 || persons.factor <= 0) return null;
  const smallest = Number(aggregate.releaseThreshold);
  if (smallest <= 0 || !numerator.every((t) => isBounded(aggregate, t.statistic))) return null;
  const width = (form: LinearForm): number =>
    form.reduce((sum, t) => {
      const noise = aggregate.noise[t.statistic];
      return noise ? sum + Math.abs(t.factor) * Number(halfWidth(varianceOf(noise), CONFIDENCE_RATIO)) : Infinity;
    }, 0);
  const each = numerator.reduce((s, t) => s + Math.abs(t.factor) * Number(contribution.linf[t.statistic] ?? 0n), 0);
  const ratio = each / persons.factor;
  return {
    halfWidth95: (width(numerator) + ratio * width(denominator)) / (persons.factor * smallest),
    bound: `each person counts at most ${ratio}, in a group of ${smallest} persons`,
  };
}
