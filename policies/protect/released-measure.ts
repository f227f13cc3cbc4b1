import { CONFIDENCE_RATIO } from '../plan/explain-plan.ts';
import { assertNever } from '../plan/expression.ts';
import { varianceOf } from '../plan/noise-variance.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import type { LinearForm, ReleasedMeasure, Statistic } from '../plan/question-tree.ts';
import { halfWidth } from './gaussian-tail.ts';
import type { NoisyTree } from './noisy-tree.ts';
import { estimateQuantile } from './quantile.ts';
import { estimateRatio, type NoisyForm } from './ratio.ts';
import type { Cell } from './raw-groups.ts';
import { estimateSpread } from './spread.ts';

/** A statistic after its noise. */
export type NoisyStatistic = bigint | NoisyTree;

/** What the mechanism alone tells of the error of each statistic. */
export interface NoiseFacts {
  readonly statistics: readonly Statistic[];
  readonly variances: readonly number[];
  /** Half of each 95 % interval. */
  readonly widths: readonly bigint[];
}

/** The kind of cells that a measure is released in. */
export type MeasureKind = 'integer' | 'double' | 'date' | 'timestamp';

const NOTHING: readonly Cell[] = [null, null, null];
const LARGEST_64_BITS = (1n << 63n) - 1n;

/** Gathers what all groups of an aggregation share. */
export function noiseFacts(aggregate: PlannedAggregate): NoiseFacts {
  const variances = aggregate.noise.map(varianceOf);
  const widths = variances.map((variance) => halfWidth(variance, CONFIDENCE_RATIO));
  return { statistics: aggregate.statistics, variances, widths };
}

/** The kind in which a measure and the ends of its interval are released. */
export function measureKind(measure: ReleasedMeasure): MeasureKind {
  switch (measure.kind) {
    case 'count':
      return 'integer';
    case 'sum':
      return measure.scale === 0 ? 'integer' : 'double';
    case 'ratio':
    case 'spread':
      return 'double';
    case 'quantile': {
      const { kind } = measure.type;
      return kind === 'integer' || kind === 'date' || kind === 'timestamp' ? kind : 'double';
    }
    default:
      return assertNever(measure);
  }
}

/**
 * A measure of one group with the ends of its 95 % interval; NULL where it is lost in its noise.
 *
 * Only noisy numbers and declared facts are read here, so that nothing more of the data can leave.
 */
export function releasedCells(
  measure: ReleasedMeasure,
  noisy: readonly NoisyStatistic[],
  facts: NoiseFacts,
): readonly Cell[] {
  switch (measure.kind) {
    case 'count': {
      const [value, low, high] = around(measure.statistic, noisy, facts);
      return [in64Bits(value), in64Bits(low < 0n ? 0n : low), in64Bits(high < 0n ? 0n : high)];
    }
    case 'sum': {
      const [value, low, high] = around(measure.statistic, noisy, facts);
      if (measure.scale === 0) return [in64Bits(value), in64Bits(low), in64Bits(high)];
      const unit = 10 ** measure.scale;
      return [Number(value) / unit, Number(low) / unit, Number(high) / unit];
    }
    case 'ratio': {
      const numerator = formOf(measure.numerator, noisy, facts);
      return estimateRatio(numerator, formOf(measure.denominator, noisy, facts), facts.variances) ?? NOTHING;
    }
    case 'spread': {
      const at = (index: number): { value: number; variance: number } => {
        return { value: Number(numberAt(noisy, index)), variance: facts.variances[index] ?? 0 };
      };
      return estimateSpread(measure, at(measure.rows), at(measure.sum), at(measure.squares)) ?? NOTHING;
    }
    case 'quantile':
      return quantileCells(measure, noisy, facts);
    default:
      return assertNever(measure);
  }
}

function quantileCells(
  measure: Extract<ReleasedMeasure, { kind: 'quantile' }>,
  noisy: readonly NoisyStatistic[],
  facts: NoiseFacts,
): readonly Cell[] {
  const tree = noisy[measure.statistic];
  const statistic = facts.statistics[measure.statistic];
  if (typeof tree !== 'object' || statistic?.kind !== 'histogram') throw new TypeError('a quantile needs a histogram');
  const units = estimateQuantile(tree, statistic.bins, measure.rank, facts.variances[measure.statistic] ?? 0);
  if (units === null) return NOTHING;
  const isWhole = measureKind(measure) !== 'double';
  return units.map((u) => (isWhole ? in64Bits(u) : Number(u) / 10 ** statistic.bins.scale));
}

function around(
  index: number,
  noisy: readonly NoisyStatistic[],
  facts: NoiseFacts,
): readonly [value: bigint, low: bigint, high: bigint] {
  const value = numberAt(noisy, index);
  const width = facts.widths[index] ?? 0n;
  return [value, value - width, value + width];
}

function formOf(form: LinearForm, noisy: readonly NoisyStatistic[], facts: NoiseFacts): NoisyForm {
  const terms = form.map(({ statistic, factor }) => ({ index: statistic, factor }));
  const value = terms.reduce((sum, t) => sum + t.factor * Number(numberAt(noisy, t.index)), 0);
  const isCount = terms.every((t) => t.factor > 0 && facts.statistics[t.index]?.kind !== 'sum');
  return { terms, value, isCount };
}

function numberAt(noisy: readonly NoisyStatistic[], index: number): bigint {
  const value = noisy[index];
  if (typeof value !== 'bigint') throw new TypeError('a measure reads a statistic that is no number');
  return value;
}

/** What leaves is 64 bits wide: a sum beyond is cut, after its noise, rather than fail for what the data holds. */
function in64Bits(value: bigint): bigint {
  if (value > LARGEST_64_BITS) return LARGEST_64_BITS;
  return value < -LARGEST_64_BITS ? -LARGEST_64_BITS : value;
}
