import type { TableColumn } from '../collaboration/table-view.ts';
import type { FaultCollector } from './fault-collector.ts';
import type { ThresholdRule } from './rules.ts';

/** Half: whoever has more than all others together is read off the sum. */
const DEFAULT_DOMINANCE_RATIO = 0.5;
/** Least and most that an owner may call a dominating share. */
const DOMINANCE_RATIOS = { low: 0.01, high: 0.9 } as const;
/** The step of official statistics: the last person of a count does not show. */
const DEFAULT_ROUND_TO_PERSONS = 5;
/** Steps from where rounding begins to hide one person to where it hides a small group. */
const ROUND_TO_PERSONS = { low: 2, high: 1_000 } as const;
/** Three digits leave half a thousandth unknown: more than one person adds to most sums of hundreds. */
const DEFAULT_SUM_DIGITS = 3;
/** From the order of magnitude to where rounding hides nobody. */
const SUM_DIGITS = { low: 1, high: 6 } as const;

/** Reads what an owner permits in threshold mode; left out or `null`, nothing. */
export function readThresholdRule(
  collect: FaultCollector,
  value: unknown,
  columns: readonly TableColumn[],
): ThresholdRule | null {
  if (value === undefined || value === null) return null;
  const fields = collect.fields(value, '/threshold', ['dominanceRatio', 'roundTo', 'sumDigits', 'stores']);
  const { dominanceRatio = DEFAULT_DOMINANCE_RATIO, roundTo = DEFAULT_ROUND_TO_PERSONS } = fields;
  const { sumDigits = DEFAULT_SUM_DIGITS, stores = null } = fields;
  const dominance = [dominanceRatio, '/threshold/dominanceRatio', DOMINANCE_RATIOS.low, DOMINANCE_RATIOS.high] as const;
  return {
    dominanceRatio: collect.number(...dominance),
    roundTo: collect.whole(roundTo, '/threshold/roundTo', ROUND_TO_PERSONS.low, ROUND_TO_PERSONS.high),
    sumDigits: collect.whole(sumDigits, '/threshold/sumDigits', SUM_DIGITS.low, SUM_DIGITS.high),
    stores: readStores(collect, stores, columns),
  };
}

function readStores(collect: FaultCollector, value: unknown, columns: readonly TableColumn[]): string | null {
  if (value === null) return null;
  const names = columns.filter((c) => c.type.kind !== 'person').map((c) => c.name);
  if (typeof value === 'string' && names.includes(value)) return value;
  collect.fault('/threshold/stores', `must name one of the columns ${names.join(', ')}`);
  return null;
}
