import { contributionOf, largestRow, MAX_TOTAL_UNITS } from './contribution.ts';
import { assertNever } from './expression.ts';
import { fitBins, valueBins } from './fit-bins.ts';
import { fitRows } from './fit-rows.ts';
import { scaledVariance } from './noise-variance.ts';
import { indexOfBounds } from './planned-bounds.ts';
import { assertProven, type PlannedAggregate } from './protected-plan.ts';
import type { ReleasedMeasure, Statistic, UnitBounds } from './question-tree.ts';
import { squaresOf } from './squares-of.ts';

type Unbounded = Extract<Statistic, { kind: 'unbounded' }>;

/**
 * The aggregation with bounds that were found, in the order of its `bounds`: what the engine is then asked for.
 *
 * Bounds decide how far values count and, with that, how much noise there is; what it costs was fixed before. Each
 * variance is the planned one times the squared sensitivity that follows from the bounds, which leaves the loss as it
 * is.
 *
 * @throws {Error} when the noise does not follow from the bounds: then we are wrong
 */
export function boundedBy(planned: PlannedAggregate, found: readonly UnitBounds[]): PlannedAggregate {
  if (planned.bounds.length === 0) return planned;
  const statistics = planned.statistics.map((s): Statistic => {
    if (s.kind !== 'unbounded') return s;
    const bounds = found[indexOfBounds(s, planned.bounds)];
    if (bounds === undefined) throw new TypeError('a value has no bounds');
    return boundedStatistic(s, bounds);
  });
  const measures = planned.measures.map((m) => centred(m, statistics));
  const draft = fitRows(fitBins({ ...planned, statistics, measures }));
  const { squaredL2 } = contributionOf(draft);
  const noise = planned.noise.map((variance, index) => {
    return planned.statistics[index]?.kind === 'unbounded'
      ? scaledVariance(variance, squaredL2[index] ?? 0n)
      : variance;
  });
  const bounded = { ...planned, ...draft, noise, bounds: [] };
  assertProven(bounded);
  return bounded;
}

/** The same with the narrowest bounds there are: for who wants to see its shape, which does not depend on them. */
export function boundedByNothing(planned: PlannedAggregate): PlannedAggregate {
  return boundedBy(
    planned,
    planned.bounds.map(() => ({ lower: 0n, upper: 1n })),
  );
}

function boundedStatistic(statistic: Unbounded, row: UnitBounds): Statistic {
  const { of, scale, rows } = statistic;
  switch (statistic.form) {
    case 'sum': {
      const total = within({ lower: row.lower * rows, upper: row.upper * rows }, MAX_TOTAL_UNITS);
      return { kind: 'sum', of, scale, row, ...total };
    }
    case 'squares':
      return squaresOf(of, { scale, row: within(row, largestRow(rows)) }, rows);
    case 'histogram':
      return { kind: 'histogram', of, bins: valueBins(row, scale), upper: rows };
    default:
      return assertNever(statistic.form);
  }
}

/** A spread is taken around the middle of its bounds. */
function centred(measure: ReleasedMeasure, statistics: readonly Statistic[]): ReleasedMeasure {
  const squares = measure.kind === 'spread' ? statistics[measure.squares] : undefined;
  return measure.kind === 'spread' && squares?.kind === 'squares' ? { ...measure, centre: squares.centre } : measure;
}

function within({ lower, upper }: UnitBounds, most: bigint): UnitBounds {
  return { lower: lower < -most ? -most : lower, upper: upper > most ? most : upper };
}
