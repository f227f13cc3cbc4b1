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
 * A value of {@link printRowNumber}, by the name of its column, held between two bounds: a whole number of units, for
 * rows where it is not NULL.
 */
export function printUnitsWithin(name: string, value: InUnits, bounds: UnitBounds, style: PrintStyle): string {
  if (!isScaledWithin(value, bounds)) return printClamped(name, bounds, style);
  const [low, high] = [bounds.lower, bounds.upper].map((end) => printDecimalBound(end, value.scale, style));
  // Clamped before it is multiplied, so that no row can overflow, wherever the engine moves the multiplication.
  return `CAST(greatest(${low}, least(${high}, ${name})) * ${unitOf(value.scale)} AS BIGINT)`;
}

/**
 * Prints a value between two bounds, for rows where it is not NULL: `least(NULL, x)` is x in DuckDB, so that a row
 * without a value would count as one at the bound.
 */
export function printClamped(value: string, { lower, upper }: UnitBounds, style: PrintStyle): string {
  const type = narrowest(lower, upper);
  return `greatest(${printBound(lower, type, style)}, least(${printBound(upper, type, style)}, ${value}))`;
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
function isScaledWithin({ of, scale }: InUnits, { lower, upper }: UnitBounds): boolean {
  if (scale === 0 || of.type.kind === 'date' || of.type.kind === 'timestamp') return false;
  return [lower, upper].every((end) => magnitude(end) * unitOf(scale) < DECIMAL_LIMIT_UNITS);
}

function printDecimal(value: string, scale: number): string {
  return `TRY_CAST(${value} AS DECIMAL(18, ${scale}))`;
}

function printDecimalBound(unscaled: bigint, scale: number, style: PrintStyle): string {
  const type = { kind: 'decimal', scale } as const;
  return printExpression({ kind: 'literal', value: { type: 'decimal', unscaled, scale }, type, at: null }, style);
}

function unitOf(scale: number): bigint {
  return 10n ** BigInt(scale);
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}
