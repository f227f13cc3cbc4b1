import { assertNever, type Expression } from '../plan/expression.ts';
import type { Statistic } from '../plan/question-tree.ts';
import { type PrintStyle, printExpression } from './print-expression.ts';

type Histogram = Extract<Statistic, { kind: 'histogram' }>;
type Distinct = Extract<Statistic, { kind: 'distinct' }>;

/** Statistics whose value is not a number that adds up over persons, but a list of values of each person. */
export type ListedStatistic = Histogram | Distinct;

/** Whether persons bring lists of values into a group, which are counted once they are all there. */
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
    case 'squares':
      return printUnits(statistic.of, statistic.scale, style);
    case 'distinct':
      return printDistinctValue(statistic.of, style);
    case 'histogram':
      return printUnits(statistic.of, statistic.bins.scale, style);
    case 'unbounded':
      throw new TypeError(NOT_BOUNDED);
    default:
      return assertNever(statistic);
  }
}

/** Nothing is asked of rows before it is known how far one of them may count. */
const NOT_BOUNDED = 'a statistic has no bounds yet';

/**
 * A value as a whole number of units of 10^-scale; dates in days and timestamps in microseconds since 1970.
 *
 * A sum in floating point depends on the order of its rows and has no exact sensitivity. What has no such number, like
 * NaN or a date without end, is NULL.
 */
export function printUnits(of: Expression, scale: number, style: PrintStyle): string {
  const value = printExpression(of, style);
  if (of.type.kind === 'date') return `TRY(date_diff('day', DATE '1970-01-01', ${value}))`;
  if (of.type.kind === 'timestamp') return `TRY(epoch_us(${value}))`;
  if (scale === 0) return `TRY_CAST(${value} AS BIGINT)`;
  const unit = (10n ** BigInt(scale)).toString();
  // Widened first: 18 digits times the unit would overflow on some row, and the engine's error would tell of it.
  const wide = `CAST(TRY_CAST(${value} AS DECIMAL(18, ${scale})) AS DECIMAL(38, ${scale}))`;
  return `CAST(${wide} * ${unit} AS HUGEINT)`;
}

/** NaN counts as little as NULL does. */
function printDistinctValue(of: Expression, style: PrintStyle): string {
  const value = printExpression(of, style);
  return of.type.kind === 'double' ? `CASE WHEN isnan(${value}) THEN NULL ELSE ${value} END` : value;
}

/** Prints a bound. It follows from style of the question, as in clamp(x, 0, 100), and is marked like them. */
function printBound(value: bigint, style: PrintStyle): string {
  return style.literals === 'mark' ? '?' : `CAST('${value}' AS HUGEINT)`;
}

/**
 * Prints a value between two bounds, for rows where it is not NULL: `least(NULL, x)` is x in DuckDB, so that a row
 * without a value would count as one at the bound.
 */
function printClamped(
  value: string,
  bounds: { readonly lower: bigint; readonly upper: bigint },
  style: PrintStyle,
): string {
  return `greatest(${printBound(bounds.lower, style)}, least(${printBound(bounds.upper, style)}, ${value}))`;
}

/**
 * The rows of a person in a group: their values are added up, or there is one row and nothing to add up. Without the
 * grouping by persons a question is several times as fast.
 */
export type RowsOfGroup = 'one-row' | 'grouped';

/** Prints a person's bounded value in one group from the values on its rows, which are called `name`. */
export function printBounded(
  statistic: Exclude<Statistic, ListedStatistic>,
  name: string,
  { style, rows }: { readonly style: PrintStyle; readonly rows: RowsOfGroup },
): string {
  switch (statistic.kind) {
    case 'persons':
    case 'persons-where':
      return `CAST(${rows === 'one-row' ? name : `max(${name})`} AS HUGEINT)`;
    case 'rows': {
      const total = rows === 'one-row' ? name : `sum(${name})`;
      return `least(CAST(${total} AS HUGEINT), CAST('${statistic.upper}' AS HUGEINT))`;
    }
    case 'sum': {
      const row = statistic.row === null ? name : printClamped(name, statistic.row, style);
      return printClamped(printTotal(row, name, rows), statistic, style);
    }
    case 'squares': {
      const clamped = printClamped(name, statistic.row, style);
      const deviation = `(${clamped} - ${printBound(statistic.centre, style)})`;
      return `least(${printBound(statistic.upper, style)}, ${printTotal(`${deviation} * ${deviation}`, name, rows)})`;
    }
    case 'unbounded':
      throw new TypeError(NOT_BOUNDED);
    default:
      return assertNever(statistic);
  }
}

/** A person without a value in the group has a total of 0, also before a clamp. */
function printTotal(value: string, name: string, rows: RowsOfGroup): string {
  const total =
    rows === 'one-row'
      ? `CASE WHEN ${name} IS NULL THEN 0 ELSE ${value} END`
      : `coalesce(sum(${value}) FILTER (WHERE ${name} IS NOT NULL), 0)`;
  return `CAST(${total} AS HUGEINT)`;
}

/**
 * Prints the list of a person's values in one group: bins, or the distinct values with their keyed hashes.
 *
 * Which distinct values stay follows from the salt, the person and the values: an owner that could foresee it could
 * choose the sample. `position`, for a histogram that keeps fewer rows than a person may have, is the column that
 * numbers them.
 */
export function printList(
  statistic: ListedStatistic,
  name: string,
  position: string | null,
  { style, rows }: { readonly style: PrintStyle; readonly rows: RowsOfGroup },
): string {
  if (statistic.kind === 'distinct') {
    const value = `{'h': hash(p, ${name}, $1), 'v': ${name}}`;
    const all =
      rows === 'one-row'
        ? `CASE WHEN ${name} IS NULL THEN NULL ELSE [${value}] END`
        : `list(DISTINCT ${value}) FILTER (WHERE ${name} IS NOT NULL)`;
    return `list_slice(list_sort(${all}), 1, ${statistic.upper})`;
  }
  const { lower, upper, count } = statistic.bins;
  const within = printClamped(name, { lower, upper: upper - 1n }, style);
  const number = `(${within} - ${printBound(lower, style)}) * ${count} // ${printBound(upper - lower, style)}`;
  const bin = `CAST(${number} AS SMALLINT)`;
  const isKept = `${name} IS NOT NULL${position === null ? '' : ` AND ${position} <= ${statistic.upper}`}`;
  return rows === 'one-row' ? `CASE WHEN ${isKept} THEN [${bin}] END` : `list(${bin}) FILTER (WHERE ${isKept})`;
}

/** Prints the count of a group from its persons' lists, unnested as `v`: a number, or bins as `bin:count,bin:count`. */
export function printCountOfList(
  statistic: ListedStatistic,
  name: string,
  keys: readonly string[],
  source: string,
): string {
  const named = keys.map((k) => `${k}, `).join('');
  const grouped = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`;
  const values = `SELECT ${named}unnest(${name}) AS v FROM ${source}`;
  if (statistic.kind === 'distinct') {
    return `SELECT ${named}CAST(count(DISTINCT v.v) AS VARCHAR) AS ${name} FROM (${values})${grouped}`;
  }
  const bins = `SELECT ${named}v, count(*) AS n FROM (${values}) GROUP BY ${[...keys, 'v'].join(', ')}`;
  return `SELECT ${named}string_agg(v || ':' || n, ',' ORDER BY v) AS ${name} FROM (${bins})${grouped}`;
}
