import type { Expression } from '../plan/expression.ts';
import type { Statistic, UnitBounds } from '../plan/question-tree.ts';
import type { PrintStyle } from '../print/print-expression.ts';
import { printExpression } from '../print/print-expression.ts';
import { printRowValue } from '../print/print-statistic.ts';
import { printUnits } from '../print/print-units.ts';

/** A statistic as it is made of the rows of a person in a group, one after another. */
export type StreamedValue =
  /** One for the person. */
  | { readonly kind: 'person' }
  /** How many rows there are, at most `upper`. */
  | { readonly kind: 'rows'; readonly upper: bigint }
  /** The rows' values, added up and held to bounds. */
  | StreamedSum;

/** Values of rows that are added up; a row without one has 0. */
export interface StreamedSum {
  readonly kind: 'sum';
  readonly statistic: Extract<Statistic, { kind: 'rows' | 'persons-where' | 'sum' }>;
  /** What a row is clamped to; `null` where its value is 0 or 1. */
  readonly row: UnitBounds | null;
  /** What the total is held to. */
  readonly bounds: UnitBounds;
  /** Digits after the point in which the engine adds up: 0 for whole units. */
  readonly scale: number;
  /** Digits that a value clamped to its row has at most. */
  readonly digits: number;
}

/** Digits of a decimal in 64 bits. */
const MAX_DIGITS_COUNT = 18;
/** Digits by which sums of a few rows are longer than one. */
const SPARE_DIGITS_COUNT = 3;

/** A statistic as rows in stored order give it; `null` when they do not: what is listed, squared or without bounds. */
export function streamedValue(statistic: Statistic): StreamedValue | null {
  const whole = { kind: 'sum', row: null, scale: 0, digits: 1 } as const;
  switch (statistic.kind) {
    case 'persons':
      return { kind: 'person' };
    case 'persons-where':
      return { ...whole, statistic, bounds: { lower: 0n, upper: 1n } };
    case 'rows': {
      const { when, upper } = statistic;
      return when === null ? { kind: 'rows', upper } : { ...whole, statistic, bounds: { lower: 0n, upper } };
    }
    case 'sum':
      return streamedSum(statistic);
    default:
      return null;
  }
}

function streamedSum(statistic: Extract<Statistic, { kind: 'sum' }>): StreamedSum | null {
  const { of, scale, row, lower, upper } = statistic;
  if (row === null) return null;
  const digits = Math.max(digitsOf(row.lower), digitsOf(row.upper), 1);
  if (digits + SPARE_DIGITS_COUNT > MAX_DIGITS_COUNT) return null;
  const bounds = { lower, upper };
  return { kind: 'sum', statistic, row, bounds, digits, scale: isOfScale(of, scale) ? scale : 0 };
}

/** Whether the engine holds an expression in just these units already. */
function isOfScale({ type }: Expression, scale: number): boolean {
  return type.kind === 'decimal' && type.scale === scale;
}

function digitsOf(value: bigint): number {
  return String(value < 0n ? -value : value).length;
}

/** Prints the value of a row, NULL where it has none. */
export function printStreamedRow({ statistic, scale }: StreamedSum, style: PrintStyle): string {
  if (statistic.kind !== 'sum') return printRowValue(statistic, style);
  if (scale === 0) return printUnits(statistic, style);
  // A branch of a CASE may have more digits than the column beside it: they are no value, as in the general program.
  return `TRY_CAST(${printExpression(statistic.of, style)} AS DECIMAL(18, ${scale}))`;
}

/** Prints the row's value, called `name`, clamped and without NULL. */
export function printClampedRow(sum: StreamedSum, name: string): string {
  const { row, scale } = sum;
  if (row === null) return `CAST(${name} AS INTEGER)`;
  const [low, high] = [printConstant(row.lower, scale), printConstant(row.upper, scale)];
  const held = `CASE WHEN ${name} > ${high} THEN ${high} WHEN ${name} < ${low} THEN ${low} WHEN ${name} IS NULL THEN 0 ELSE ${name} END`;
  return printTyped(held, sum);
}

/** Prints a total of a person's rows, held to its bounds; those that so many rows cannot reach are not asked for. */
export function printBoundedTotal({ row, bounds, scale }: StreamedSum, total: string, rowCount: number): string {
  const reached = row ?? { lower: 0n, upper: 1n };
  const count = BigInt(rowCount);
  // Rows without a value bring 0, whatever a row is clamped to.
  const isBelow = bounds.upper < 0n || bounds.upper < reached.upper * count;
  const isAbove = bounds.lower > 0n || bounds.lower > reached.lower * count;
  const below = isBelow ? `least(${printConstant(bounds.upper, scale)}, ${total})` : total;
  return isAbove ? `greatest(${printConstant(bounds.lower, scale)}, ${below})` : below;
}

/** Prints a sum over persons in whole units; NULL for no persons. */
export function printWholeUnits({ scale }: StreamedSum, sum: string): string {
  const unit = (10n ** BigInt(scale)).toString();
  const whole = scale === 0 ? sum : `CAST(${sum} AS DECIMAL(38, ${scale})) * ${unit}`;
  return `CAST(${whole} AS HUGEINT)`;
}

function printTyped(value: string, { scale, digits }: StreamedSum): string {
  return `CAST(${value} AS ${scale === 0 ? 'BIGINT' : `DECIMAL(${Math.max(digits, scale)}, ${scale})`})`;
}

function printConstant(units: bigint, scale: number): string {
  if (scale === 0)
    return units >= -(1n << 63n) && units < 1n << 63n ? `CAST('${units}' AS BIGINT)` : `CAST('${units}' AS HUGEINT)`;
  const size = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  const text = `${units < 0n ? '-' : ''}${size.slice(0, -scale)}.${size.slice(-scale)}`;
  return `CAST('${text}' AS DECIMAL(${size.length > MAX_DIGITS_COUNT ? 38 : MAX_DIGITS_COUNT}, ${scale}))`;
}
