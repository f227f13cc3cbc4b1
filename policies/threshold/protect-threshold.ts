import type { LinearForm, ReleasedMeasure } from '../plan/question-tree.ts';
import { type Release, releaseColumns } from '../protect/protect.ts';
import type { Cell } from '../protect/raw-groups.ts';
import { type RawThresholdGroup, RawThresholdGroups } from './raw-threshold-groups.ts';
import { roundToDigits, roundToMultiple } from './round-released.ts';
import { groupsThatPass, hideEachOther, isWholeTooNear, keyText, personsIn } from './suppress.ts';
import type { ThresholdAggregate } from './threshold-plan.ts';

/** What every release of threshold mode says of itself. */
export const THRESHOLD_NOTICE =
  'not differentially private: exact aggregates, suppressed and rounded, compared with earlier ones as best can be';

/**
 * Withholds the groups that fail a test, and those that would give them away, and rounds the rest.
 *
 * NOT differentially private: whether a group shows depends on the data, and what shows has no noise. Beside
 * {@link protect} the only function that makes a release; it says so in the release.
 */
export function protectThreshold(aggregate: ThresholdAggregate, raw: RawThresholdGroups): Release {
  const opened = RawThresholdGroups.open(raw);
  const shown = groupsThatPass(aggregate, opened);
  const passed = new Set(shown);
  const hidden = opened.groups.filter((g) => !passed.has(g));
  const rows = shown
    // By key, as the engine's own order may depend on rows.
    .toSorted((a, b) => (keyText(a.keys) < keyText(b.keys) ? -1 : 1))
    .map((group) => releasedRow(aggregate, group));
  const isSummed = shown.length > 0 && !isWholeTooNear(aggregate, opened);
  const threshold = { suppressedPersons: isSummed ? summaryOf(aggregate, hidden) : null };
  return { columns: releaseColumns(aggregate), rows, threshold } as unknown as Release;
}

/**
 * Told only where it adds to groups that left, or it would be a release of its own; and only of so many that it says
 * nothing of one; each person counts once a group.
 */
function summaryOf(aggregate: ThresholdAggregate, hidden: readonly RawThresholdGroup[]): number | null {
  if (!hideEachOther(aggregate, hidden)) return null;
  return Number(roundToMultiple(personsIn(hidden), BigInt(aggregate.threshold.roundTo)));
}

function releasedRow(aggregate: ThresholdAggregate, group: RawThresholdGroup): readonly Cell[] {
  const { roundTo, sumDigits } = aggregate.threshold;
  const rounded = aggregate.statistics.map((statistic, index) => {
    const exact = group.statistics[index] ?? 0n;
    return statistic.kind === 'sum' ? roundToDigits(exact, sumDigits) : roundToMultiple(exact, BigInt(roundTo));
  });
  // There is no noise, and so no interval: its columns stay empty.
  const cells = aggregate.measures.flatMap((measure) => [releasedCell(measure, rounded), null, null]);
  return [...group.keys, ...cells];
}

/** From rounded numbers alone, as anybody could compute it from them. */
function releasedCell(measure: ReleasedMeasure, rounded: readonly bigint[]): Cell {
  const numberAt = (index: number): bigint => rounded[index] ?? 0n;
  switch (measure.kind) {
    case 'count':
      return in64Bits(numberAt(measure.statistic));
    case 'sum': {
      const sum = numberAt(measure.statistic);
      return measure.scale === 0 ? in64Bits(sum) : Number(sum) / 10 ** measure.scale;
    }
    case 'ratio': {
      const below = valueOfForm(measure.denominator, rounded);
      return below === 0 ? null : valueOfForm(measure.numerator, rounded) / below;
    }
    default:
      throw new TypeError('a measure cannot be released exactly, and the check has not refused');
  }
}

function valueOfForm(form: LinearForm, rounded: readonly bigint[]): number {
  return form.reduce((sum, { statistic, factor }) => sum + factor * Number(rounded[statistic] ?? 0n), 0);
}

const LARGEST_64_BITS = (1n << 63n) - 1n;

/** What leaves is 64 bits wide: a sum beyond is cut rather than fail for what the data holds. */
function in64Bits(value: bigint): bigint {
  if (value > LARGEST_64_BITS) return LARGEST_64_BITS;
  return value < -LARGEST_64_BITS ? -LARGEST_64_BITS : value;
}
