import type { Expression } from '../plan/expression.ts';
import type { UnitBounds } from '../plan/question-tree.ts';
import { type PrintStyle, printExpression } from './print-expression.ts';

/** A value that is counted in units of 10^-scale. */
export interface InUnits {
  readonly of: Expression;
  readonly scale: number;
}

/** Largest number of 64 bits. Its negative is the smallest that is used: the magnitude of one below has no place. */
const MAX_NARROW_UNITS = 2n ** 63n - 1n;

/** Decimals of 18 digits are computed in 64 bits; one more digit takes the engine several times as long a row. */
const DECIMAL_LIMIT_UNITS = 10n ** 18n;

/**
 * A value as a whole number of units of 10^-scale, in 64 bits; dates in days and timestamps in microseconds since 1970.
 *
 * A sum in floating point depends on the order of its rows and has no exact sensitivity. What has no such number, like
 * NaN or a date without end, is NULL.
 */
export function printUnits({ of, scale }: InUnits, style: PrintStyle): string {
  const value = printExpression(of, style);
  if (of.type.kind === 'date') return `TRY(date_diff('day', DATE '1970-01-01', ${value}))`;
  if (of.type.kind === 'timestamp') return `TRY(epoch_us(${value}))`;
  if (scale === 0) return `TRY_CAST(${value} AS BIGINT)`;
  // Widened first: 18 digits times the unit would overflow on some row, and the engine's error would tell of it. What
  // comes out has 18 digits again.
  const wide = `CAST(${printDecimal(value, scale)} AS DECIMAL(38, ${scale}))`;
  return `CAST(${wide} * ${unitOf(scale)} AS BIGINT)`;
}

/** The value on a row, from which {@link printUnitsWithin} makes units; NULL where there is none. */
export function printRowNumber(value: InUnits, bounds: UnitBounds, style: PrintStyle): string {
  if (!isScaledWithin(value, bounds)) return printUnits(value, style);
  return printDecimal(printExpression(value.of, style), value.scale);
}

/**
 * A value of {@link printRowNumber}, by the name of its column, held between two bounds: a whole number of units; NULL where
 * there is none.
 */
export function printUnitsWithin(name: string, value: InUnits, bounds: UnitBounds, style: PrintStyle): string {
  if (!isScaledWithin(value, bounds)) return printClamped(name, bounds, style);
  // Clamped before it is multiplied, so that no row can overflow, wherever the engine moves the multiplication.
  const held = printBetween(name, printDecimalBounds(bounds, value.scale, style));
  return `CAST(${printInUnits(`(${held})`, value.scale)} AS BIGINT)`;
}

/**
 * Prints the total of the rows of a group, decimals of {@link printRowNumber} each held to `row`, held between two bounds: a
 * decimal. Rows without a value bring nothing, and a group without any a total of 0, before it is held.
 */
export function printDecimalTotal(
  name: string,
  { scale, row }: { readonly scale: number; readonly row: UnitBounds },
  total: UnitBounds,
  style: PrintStyle,
): string {
  const sum = `coalesce(sum(${printBetween(name, printDecimalBounds(row, scale, style))}), 0)`;
  return printHeld(sum, printDecimalBounds(total, scale, style));
}

/** Prints a decimal as a whole number of units. */
export function printInUnits(decimal: string, scale: number): string {
  return `${decimal} * ${unitOf(scale)}`;
}

/**
 * Prints the sum of whole numbers of the rows of a group, held between two bounds. The sum has 128 bits and is held in them,
 * whatever rows there are; only what is held is made narrow, for the steps that follow.
 */
export function printHeldSum(value: string, total: UnitBounds, style: PrintStyle): string {
  const sum = `CAST(coalesce(sum(${value}), 0) AS HUGEINT)`;
  return `CAST(${printHeld(sum, printBounds(total, 'HUGEINT', style))} AS ${narrowest(total.lower, total.upper)})`;
}

/** Prints a whole number that is never NULL between two bounds. */
export function printHeldValue(value: string, bounds: UnitBounds, style: PrintStyle): string {
  return printHeld(value, printBounds(bounds, narrowest(bounds.lower, bounds.upper), style));
}

/** Prints a value on a row between two bounds; NULL where it is. */
function printClamped(value: string, bounds: UnitBounds, style: PrintStyle): string {
  return printBetween(value, printBounds(bounds, narrowest(bounds.lower, bounds.upper), style));
}

/** Two bounds as they are printed. */
interface PrintedBounds {
  readonly low: string;
  readonly high: string;
}

/**
 * As CASE: `greatest` and `least` take the engine four times as long a row, and `least(NULL, x)` is x in it, so that a row
 * without a value would count as one at the bound. Of the branches the engine knows the range: a sum that cannot overflow is
 * made in 64 bits.
 */
function printBetween(value: string, { low, high }: PrintedBounds): string {
  return `CASE WHEN ${value} > ${high} THEN ${high} WHEN ${value} < ${low} THEN ${low} ELSE ${value} END`;
}

/** Of what is never NULL; it stands in the text once. */
function printHeld(total: string, { low, high }: PrintedBounds): string {
  return `greatest(${low}, least(${high}, ${total}))`;
}

/** The engine's type that holds whole numbers, and all between: 128 bits take several times as long a row as 64. */
export function narrowest(...ends: readonly bigint[]): 'BIGINT' | 'HUGEINT' {
  return ends.every((end) => magnitude(end) <= MAX_NARROW_UNITS) ? 'BIGINT' : 'HUGEINT';
}

/** Prints a bound. It follows from literals of the question, as in clamp(x, 0, 100), and is marked like them. */
export function printBound(value: bigint, type: 'BIGINT' | 'HUGEINT', style: PrintStyle): string {
  return style.literals === 'mark' ? '?' : `CAST('${value}' AS ${type})`;
}

/** Whether values are clamped as decimals and multiplied then: a bound times the unit has 18 digits at most. */
export function isScaledWithin({ of, scale }: InUnits, { lower, upper }: UnitBounds): boolean {
  if (scale === 0 || of.type.kind === 'date' || of.type.kind === 'timestamp') return false;
  return [lower, upper].every((end) => magnitude(end) * unitOf(scale) < DECIMAL_LIMIT_UNITS);
}

function printDecimal(value: string, scale: number): string {
  return `TRY_CAST(${value} AS DECIMAL(18, ${scale}))`;
}

function printBounds({ lower, upper }: UnitBounds, type: 'BIGINT' | 'HUGEINT', style: PrintStyle): PrintedBounds {
  return { low: printBound(lower, type, style), high: printBound(upper, type, style) };
}

function printDecimalBounds({ lower, upper }: UnitBounds, scale: number, style: PrintStyle): PrintedBounds {
  const type = { kind: 'decimal', scale } as const;
  const print = (unscaled: bigint): string =>
    printExpression({ kind: 'literal', value: { type: 'decimal', unscaled, scale }, type, at: null }, style);
  return { low: print(lower), high: print(upper) };
}

function unitOf(scale: number): bigint {
  return 10n ** BigInt(scale);
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}
