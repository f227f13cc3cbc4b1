import { CONFIDENCE_RATIO } from '../plan/explain-plan.ts';
import { type PlannedAggregate, varianceOf } from '../plan/protected-plan.ts';
import { INTERVAL_ENDINGS, keyColumn, measureColumn, type ReleasedMeasure } from '../plan/question-tree.ts';
import { drawDiscreteGaussian, type RandomBits } from './discrete-gaussian.ts';
import { halfWidth } from './gaussian-tail.ts';
import { type Cell, type RawGroup, RawGroups } from './raw-groups.ts';

declare const minted: unique symbol;

/** A column of a released table. */
export interface ReleaseColumn {
  readonly name: string;
  readonly kind: 'text' | 'integer' | 'double' | 'boolean' | 'date' | 'timestamp';
}

/** What leaves: noisy groups with their intervals. Only {@link protect} makes it. */
export interface Release {
  readonly [minted]: 'Release';
  readonly columns: readonly ReleaseColumn[];
  readonly rows: readonly (readonly Cell[])[];
}

/**
 * Adds noise to every statistic and withholds groups below the threshold.
 *
 * Groups with public keys all get noise, whether the data has them or not, and the noisy count alone decides. Groups
 * with protected keys must also have `minGroupSize` persons exactly: the engine returned no others, and the threshold
 * is above that by what the noise may add.
 */
export function protect(aggregate: PlannedAggregate, raw: RawGroups, bits: RandomBits): Release {
  const slices = protectInSlices(aggregate, raw, bits);
  for (;;) {
    const slice = slices.next();
    if (slice.done) return slice.value;
  }
}

/** Draws between two pauses: about ten milliseconds, so that nobody else's call waits longer. */
const SLICE_DRAWS = 4_096;

/** The same with pauses, for a service that has other callers: goes on at each `next`. */
export function* protectInSlices(
  aggregate: PlannedAggregate,
  raw: RawGroups,
  bits: RandomBits,
): Generator<void, Release, void> {
  const rows: (readonly Cell[])[] = [];
  const widths = aggregate.noise.map((variance) => halfWidth(varianceOf(variance), CONFIDENCE_RATIO));
  let draws = 0;
  for (const group of groupsToShow(aggregate, RawGroups.open(raw))) {
    draws += group.statistics.length;
    if (draws > SLICE_DRAWS) {
      draws = 0;
      yield;
    }
    const noisy = group.statistics.map((exact, index) => exact + drawNoise(aggregate, index, bits));
    if ((noisy[0] ?? 0n) < aggregate.releaseThreshold) continue;
    rows.push([...group.keys, ...aggregate.measures.flatMap((m) => releasedCells(aggregate, m, noisy, widths))]);
  }
  return { columns: releaseColumns(aggregate), rows } as unknown as Release;
}

function drawNoise(aggregate: PlannedAggregate, index: number, bits: RandomBits): bigint {
  const variance = aggregate.noise[index];
  if (variance === undefined) throw new TypeError('a statistic has no noise');
  return drawDiscreteGaussian(variance, bits);
}

function groupsToShow(aggregate: PlannedAggregate, groups: readonly RawGroup[]): readonly RawGroup[] {
  if (aggregate.publicGroups === null) {
    const known = groups.filter((g) => (g.statistics[0] ?? 0n) >= BigInt(aggregate.minGroupSize));
    // By key, as the engine's own order may depend on rows.
    return known.toSorted((a, b) => (keyText(a.keys) < keyText(b.keys) ? -1 : 1));
  }
  const found = new Map(groups.map((g) => [keyText(g.keys), g]));
  const nothing = aggregate.statistics.map(() => 0n);
  return aggregate.publicGroups.map((keys) => found.get(keyText(keys)) ?? { keys, statistics: nothing });
}

function keyText(keys: readonly Cell[]): string {
  return JSON.stringify(keys.map((k) => (typeof k === 'bigint' ? k.toString().padStart(20, '0') : k)));
}

function releasedCells(
  aggregate: PlannedAggregate,
  measure: ReleasedMeasure,
  noisy: readonly bigint[],
  widths: readonly bigint[],
): readonly Cell[] {
  if (measure.kind === 'avg') return averageCells(aggregate, measure, noisy);
  const value = noisy[measure.statistic] ?? 0n;
  const width = widths[measure.statistic] ?? 0n;
  const low = value - width;
  const high = value + width;
  if (measure.kind === 'count') return [value, low < 0n ? 0n : low, high < 0n ? 0n : high].map(in64Bits);
  if (measure.scale === 0) return [value, low, high].map(in64Bits);
  const unit = 10 ** measure.scale;
  return [Number(value) / unit, Number(low) / unit, Number(high) / unit];
}

const LARGEST_64_BITS = (1n << 63n) - 1n;

/** What leaves is 64 bits wide: a sum beyond is cut, after its noise, rather than fail for what the data holds. */
function in64Bits(value: bigint): bigint {
  if (value > LARGEST_64_BITS) return LARGEST_64_BITS;
  return value < -LARGEST_64_BITS ? -LARGEST_64_BITS : value;
}

function deviationOf(aggregate: PlannedAggregate, index: number): number {
  const variance = aggregate.noise[index];
  return variance === undefined ? 0 : Math.sqrt(varianceOf(variance));
}

/** Standard deviations on each side of a normal variable that hold 95 %. */
const NORMAL_95_DEVIATIONS = 1.959964;

/**
 * A ratio of a noisy sum to a noisy count, with Fieller's interval; NULL when the count is lost in its own noise.
 *
 * Source: Fieller, "Some Problems in Interval Estimation" (1954).
 */
function averageCells(
  aggregate: PlannedAggregate,
  measure: Extract<ReleasedMeasure, { kind: 'avg' }>,
  noisy: readonly bigint[],
): readonly Cell[] {
  const unit = 10 ** measure.scale;
  const sum = Number(noisy[measure.sum] ?? 0n) / unit;
  const count = Number(noisy[measure.count] ?? 0n);
  const sumDeviation = deviationOf(aggregate, measure.sum) / unit;
  const countDeviation = deviationOf(aggregate, measure.count);
  const a = count ** 2 - (NORMAL_95_DEVIATIONS * countDeviation) ** 2;
  if (count < 1 || a <= 0) return [null, null, null];
  const b = sum * count;
  const c = sum ** 2 - (NORMAL_95_DEVIATIONS * sumDeviation) ** 2;
  const root = Math.sqrt(Math.max(0, b * b - a * c));
  return [sum / count, (b - root) / a, (b + root) / a];
}

/** The columns of a released table: keys, then each measure with the ends of its interval. */
export function releaseColumns(aggregate: PlannedAggregate): readonly ReleaseColumn[] {
  const keys = aggregate.keys.map((key, index): ReleaseColumn => {
    const { kind } = key.type;
    const isPlain = kind === 'integer' || kind === 'boolean' || kind === 'date' || kind === 'timestamp';
    return { name: keyColumn(index), kind: isPlain ? kind : 'text' };
  });
  const measures = aggregate.measures.flatMap((measure, index): ReleaseColumn[] => {
    const isWhole = measure.kind === 'count' || (measure.kind === 'sum' && measure.scale === 0);
    const kind = isWhole ? 'integer' : 'double';
    const name = measureColumn(index);
    return ['', INTERVAL_ENDINGS.low, INTERVAL_ENDINGS.high].map((ending) => ({ name: name + ending, kind }));
  });
  return [...keys, ...measures];
}
