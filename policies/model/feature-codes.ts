import { quoteName, quoteText } from '../audience/quote-name.ts';
import type { DescribedColumn } from '../check/describe-persons.ts';
import type { KeyValue } from '../plan/question-tree.ts';

/**
 * A column as a model looks at it: a few values that were known before any data was looked at, or texts that only a
 * release shows.
 */
export type Feature =
  | {
      readonly kind: 'bands' | 'values';
      readonly name: string;
      /** What each code from 0 stands for, in words. */
      readonly labels: readonly string[];
      /** A condition for each code in order; of bands the last has none and takes what is left. */
      readonly conditions: readonly string[];
    }
  | { readonly kind: 'texts'; readonly name: string };

/** The code of a value that is missing, or is none of those declared. */
export const MISSING_CODE = -1n;
/** The name of the relation that the features are columns of. */
export const PERSONS = 'p';

/** A column of a person's own row, as SQL reads it. */
export function readColumn(name: string): string {
  return `${PERSONS}.${quoteName(name)}`;
}

/** Most declared values of one feature: each is a group of its own, with noise of its own. */
const MAX_VALUES_COUNT = 60;
/** Whole numbers of so few values are bands of their own each. */
const MAX_SINGLE_VALUES_COUNT = 16;
/**
 * Where numbers are cut, as shares of the declared range: eighths, and the first eighth again by halves, as amounts and
 * counts crowd at the low end of what an owner declares.
 */
const CUTS = [1 / 128, 1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 3 / 8, 1 / 2, 5 / 8, 3 / 4, 7 / 8];
/** Digits that are kept of a cut of numbers that are not whole. */
const CUT_DIGITS = 6;

/**
 * Turns a described column into a feature; a text says what is wrong with it.
 *
 * Codes follow from declared facts alone, so that cutting a number into bands costs nothing and tells nothing.
 */
export function featureOf(column: DescribedColumn): Feature | string {
  const { name, type, bounds, values } = column;
  const of = readColumn(name);
  if (type.kind === 'boolean') {
    return { kind: 'values', name, labels: ['false', 'true'], conditions: [`NOT ${of}`, of] };
  }
  if (values !== null) return valuesFeature(name, of, values);
  switch (type.kind) {
    case 'text':
      return { kind: 'texts', name };
    case 'integer':
    case 'decimal':
    case 'double':
      if (bounds === null || !(bounds.low < bounds.high)) {
        return `\`${name}\` has no declared bounds: write clamp(${name}, low, high) AS ${name} in SQL for the persons`;
      }
      return bandsFeature(name, of, { ...bounds, isWhole: type.kind === 'integer' });
    default:
      return `\`${name}\` is a ${type.kind}: write SQL for the persons that makes a number, a text or a truth value of it`;
  }
}

function valuesFeature(name: string, of: string, values: readonly KeyValue[]): Feature | string {
  const known = values.filter((v) => v !== null);
  if (known.length < 2) return `\`${name}\` has one value, from which nothing can be learnt`;
  if (known.length > MAX_VALUES_COUNT) {
    return `\`${name}\` has ${known.length} values and may have ${MAX_VALUES_COUNT}: put them into groups with CASE in SQL`;
  }
  const conditions = known.map((v) => `${of} = ${literalOf(v)}`);
  return { kind: 'values', name, labels: known.map(String), conditions };
}

function literalOf(value: Exclude<KeyValue, null>): string {
  return typeof value === 'string' ? quoteText(value) : String(value);
}

interface Range {
  readonly low: number;
  readonly high: number;
  readonly isWhole: boolean;
}

function bandsFeature(name: string, of: string, range: Range): Feature {
  const cuts = cutsOf(range);
  const conditions = cuts.map((cut) => `${of} <= ${numberText(cut)}`);
  const labels = [...cuts, range.high].map((end, index) => {
    const before = index === 0 ? null : (cuts[index - 1] ?? null);
    if (before === null) return `up to ${numberText(end)}`;
    return `${numberText(before)} to ${numberText(end)}`;
  });
  return { kind: 'bands', name, labels, conditions };
}

/** The upper ends of all bands but the last, ascending. */
function cutsOf({ low, high, isWhole }: Range): readonly number[] {
  if (isWhole && high - low < MAX_SINGLE_VALUES_COUNT) {
    return Array.from({ length: high - low }, (_, index) => low + index);
  }
  // The low end by itself: nothing bought, never came.
  const cuts = [0, ...CUTS].map((share) => low + (high - low) * share);
  const rounded = cuts.map((cut) => (isWhole ? Math.floor(cut) : Number(cut.toFixed(CUT_DIGITS))));
  return [...new Set(rounded)].filter((cut) => cut < high);
}

/** A number as SQL reads it, never with an exponent. */
export function numberText(value: number): string {
  if (Number.isInteger(value)) return value.toFixed(0);
  return value.toFixed(CUT_DIGITS).replace(/0+$/, '');
}

/** SQL of the code of a feature over a person's own row. */
export function codeSql(feature: Feature): string {
  const of = readColumn(feature.name);
  if (feature.kind === 'texts') return of;
  return caseSql(feature, [...feature.labels.keys()].map(String), String(MISSING_CODE));
}

/** SQL that gives one of some numbers by the code of a feature. */
export function caseSql(
  { name, conditions }: Exclude<Feature, { kind: 'texts' }>,
  numbers: readonly string[],
  missing: string,
): string {
  const of = readColumn(name);
  const branches = conditions.map((condition, code) => `WHEN ${condition} THEN ${numbers[code] ?? missing}`);
  // What is missing first: no condition may decide about it.
  const rest = numbers[conditions.length] ?? missing;
  return `CASE WHEN ${of} IS NULL THEN ${missing} ${branches.join(' ')} ELSE ${rest} END`;
}
