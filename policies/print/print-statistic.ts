import { assertNever, type Expression } from '../plan/expression.ts';
import type { Statistic, UnitBounds } from '../plan/question-tree.ts';
import { type PrintStyle, printExpression } from './print-expression.ts';
import {
  type InUnits,
  isScaledWithin,
  narrowest,
  printBound,
  printDecimalTotal,
  printHeldSum,
  printHeldValue,
  printInUnits,
  printRowNumber,
  printUnits,
  printUnitsWithin,
} from './print-units.ts';

/** Rows by value, in bins. */
export type Histogram = Extract<Statistic, { kind: 'histogram' }>;
type Distinct = Extract<Statistic, { kind: 'distinct' }>;

/** Statistics that do not add up over persons from a number of each, but are counted value by value. */
export type ListedStatistic = Histogram | Distinct;

/** Whether persons bring values into a group that are counted one by one. */
export function isListed(statistic: Statistic): statistic is ListedStatistic {
  return statistic.kind === 'distinct' || statistic.kind === 'histogram';
}

/** Prints a statistic's value on one row; NULL where the row does not count. */
export function printRowValue(statistic: Statistic, style: PrintStyle): string {
  switch (statistic.kind) {
    case 'persons':
      return '1';
    case 'persons-where':
      return `CASE WHEN ${printExpression(statistic.when, style)} THEN 1 ELSE 0 END`;
    case 'rows':
      return statistic.when === null ? '1' : `CASE WHEN ${printExpression(statistic.when, style)} THEN 1 ELSE 0 END`;
    case 'sum':
      return statistic.row === null ? printUnits(statistic, style) : printRowNumber(statistic, statistic.row, style);
    case 'squares':
      return printRowNumber(statistic, statistic.row, style);
    case 'distinct':
      return printDistinctValue(statistic.of, style);
    case 'histogram':
      return printRowNumber(inBins(statistic), withinBins(statistic), style);
    case 'unbounded':
      throw new TypeError(NOT_BOUNDED);
    default:
      return assertNever(statistic);
  }
}

/** Nothing is asked of rows before it is known how far one of them may count. */
const NOT_BOUNDED = 'a statistic has no bounds yet';

/** NaN counts as little as NULL does. */
function printDistinctValue(of: Expression, style: PrintStyle): string {
  const value = printExpression(of, style);
  return of.type.kind === 'double' ? `CASE WHEN isnan(${value}) THEN NULL ELSE ${value} END` : value;
}

/**
 * The rows of a person in a group: their values are added up, or there is one row and nothing to add up. Without the
 * grouping by persons a question is several times as fast.
 */
export type RowsOfGroup = 'one-row' | 'grouped';

/**
 * What a person brings to a sum of decimals: whole units, or the decimal as the engine holds it, of which the sum over persons
 * is made units. The first takes longer, for each person in each group.
 */
export type SumOfPerson = 'units' | 'decimals';

/** How the values of a person in a group are printed. */
export interface BroughtStyle {
  readonly rows: RowsOfGroup;
  readonly brought: SumOfPerson;
}

/** Prints a person's bounded value in one group from the values on its rows, which are called `name`. */
export function printBounded(
  statistic: Exclude<Statistic, ListedStatistic>,
  name: string,
  { style, ...of }: BroughtStyle & { readonly style: PrintStyle },
): string {
  const { rows } = of;
  switch (statistic.kind) {
    case 'persons':
    case 'persons-where':
      return `CAST(${rows === 'one-row' ? name : `max(${name})`} AS BIGINT)`;
    case 'rows': {
      const type = narrowest(statistic.upper);
      return `least(CAST(${printCount(statistic, name, rows)} AS ${type}), CAST('${statistic.upper}' AS ${type}))`;
    }
    case 'sum': {
      if (isDecimal(statistic, of)) return printDecimalTotal(name, statistic, statistic, style);
      const row = statistic.row === null ? name : printUnitsWithin(name, statistic, statistic.row, style);
      return printTotal(row, { rows, bounds: statistic, style });
    }
    case 'squares':
      return printTotal(printSquare(statistic, name, style), {
        rows,
        bounds: { lower: 0n, upper: statistic.upper },
        style,
      });
    case 'unbounded':
      throw new TypeError(NOT_BOUNDED);
    default:
      return assertNever(statistic);
  }
}

/** Prints the sum over persons in whole units, from that of what each brings. */
export function printUnitsOfSum(statistic: Statistic, sum: string, of: BroughtStyle): string {
  return statistic.kind === 'sum' && isDecimal(statistic, of)
    ? `CAST(${printInUnits(sum, statistic.scale)} AS HUGEINT)`
    : sum;
}

type Summed = Extract<Statistic, { kind: 'sum' }>;

function isDecimal(statistic: Summed, { rows, brought }: BroughtStyle): statistic is Summed & { row: UnitBounds } {
  const { row } = statistic;
  if (brought === 'units' || rows === 'one-row' || row === null) return false;
  return isScaledWithin(statistic, row) && isScaledWithin(statistic, statistic);
}

function printCount({ when }: Extract<Statistic, { kind: 'rows' }>, name: string, rows: RowsOfGroup): string {
  if (rows === 'one-row') return name;
  return when === null ? 'count(*)' : `sum(${name})`;
}

function printSquare(statistic: Extract<Statistic, { kind: 'squares' }>, name: string, style: PrintStyle): string {
  const { row, centre } = statistic;
  const most = [row.lower - centre, row.upper - centre].map((deviation) => deviation * deviation);
  const type = narrowest(...most, centre);
  const clamped = `CAST(${printUnitsWithin(name, statistic, row, style)} AS ${type})`;
  const deviation = `(${clamped} - ${printBound(centre, type, style)})`;
  return `${deviation} * ${deviation}`;
}

/** A person without a value in the group has a total of 0, also before the clamp. */
function printTotal(
  value: string,
  { rows, bounds, style }: { readonly rows: RowsOfGroup; readonly bounds: UnitBounds; readonly style: PrintStyle },
): string {
  return rows === 'one-row'
    ? printHeldValue(`coalesce(${value}, 0)`, bounds, style)
    : printHeldSum(value, bounds, style);
}

/** Prints a value that is counted by itself from the column `name` of its row, for rows where it is not NULL. */
export function printListedValue(statistic: ListedStatistic, name: string, style: PrintStyle): string {
  if (statistic.kind === 'distinct') return name;
  const { lower, upper, count } = statistic.bins;
  const type = narrowest(lower, upper, (upper - lower) * BigInt(count));
  const within = `CAST(${printUnitsWithin(name, inBins(statistic), withinBins(statistic), style)} AS ${type})`;
  const number = `(${within} - ${printBound(lower, type, style)}) * ${count} // ${printBound(upper - lower, type, style)}`;
  return `CAST(${number} AS SMALLINT)`;
}

/** Bins that a number of {@link printPickedRows} has room for, below the hash. */
const PICKED_BINS_COUNT = 4_096;
/** Bits that are left out of the hash, so that it is a positive number of 64 bits with the bin below. */
const SHIFTED_BITS = 13;

/**
 * Prints which rows of a person in a group a histogram takes, from the values of its rows in the column `name` and the
 * person in `p`: the least by a keyed hash of the person and the value, as numbers that hold the bin in their last bits.
 *
 * Rows that tie in all but the bin are told apart by it, so that the order of rows decides nothing. Where one is taken it
 * is that number; else they are a list.
 */
export function printPickedRows(statistic: Histogram, name: string, style: PrintStyle): string {
  if (statistic.bins.count > PICKED_BINS_COUNT) throw new RangeError('there is no room for the bins of a histogram');
  const bin = printListedValue(statistic, name, style);
  const number = `CAST(hash(p, ${name}, $1) >> ${SHIFTED_BITS} AS BIGINT) * ${PICKED_BINS_COUNT} + ${bin}`;
  const most = statistic.upper === 1n ? '' : `, ${statistic.upper}`;
  return `min(${number}${most}) FILTER (WHERE ${name} IS NOT NULL)`;
}

/** Prints the bins of rows that were picked, as the keys and `v`, from a source of one row a person and group. */
export function printPickedValues(
  { upper }: Histogram,
  { name, keys, source }: { readonly name: string; readonly keys: readonly string[]; readonly source: string },
): string {
  const picked = upper === 1n ? name : `unnest(${name})`;
  const numbers = `SELECT ${['p', ...keys, `${picked} AS v`].join(', ')} FROM ${source}`;
  const bin = `CAST(a.v % ${PICKED_BINS_COUNT} AS SMALLINT) AS v`;
  return `SELECT ${[...keys.map((k) => `a.${k}`), bin].join(', ')} FROM (${numbers}) AS a WHERE a.v IS NOT NULL`;
}

function inBins({ of, bins }: Histogram): InUnits {
  return { of, scale: bins.scale };
}

/** What lies outside of the bins counts into the first or the last. */
function withinBins({ bins }: Histogram): UnitBounds {
  return { lower: bins.lower, upper: bins.upper - 1n };
}

/** Prints the count of a group from a SELECT of its values `v`: a number, or bins as `bin:count,bin:count`. */
export function printCountOfValues(
  statistic: ListedStatistic,
  name: string,
  keys: readonly string[],
  values: string,
): string {
  const named = keys.map((k) => `${k}, `).join('');
  const grouped = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`;
  if (statistic.kind === 'distinct') {
    return `SELECT ${named}CAST(count(DISTINCT v) AS VARCHAR) AS ${name} FROM (${values})${grouped}`;
  }
  const bins = `SELECT ${named}v, count(*) AS n FROM (${values}) GROUP BY ${[...keys, 'v'].join(', ')}`;
  return `SELECT ${named}string_agg(v || ':' || n, ',' ORDER BY v) AS ${name} FROM (${bins})${grouped}`;
}
