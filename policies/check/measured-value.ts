import type { ScalarType } from '../collaboration/table-view.ts';
import type { Expression } from '../plan/expression.ts';
import type { ReleasedMeasure, UnitBounds } from '../plan/question-tree.ts';
import { MAX_SCALE_DIGITS } from './functions.ts';
import { type Bounds, personBounds, rowBounds } from './measure-bounds.ts';
import type { QuestionScope } from './question-scope.ts';

/** Digits that a sum of floating-point values keeps; they are made exact before anything is added up. */
const DOUBLE_SUM_SCALE_DIGITS = 6;
/** Largest total of one person, in units of the last digit kept: a hundred billion persons still fit 128 bits. */
const MAX_TOTAL_UNITS = 1e27;
/** Largest value whose square, times the rows of one person, stays within the same limit. */
const MAX_ROW_UNITS = 1e11;

/** A number as it is added up: in whole units of 10^-scale, bounded on a row and in total. */
export interface MeasuredValue {
  readonly of: Expression;
  readonly scale: number;
  /** Bounds of one row; `null` when only a person's total is bounded, or rows are too large to be squared. */
  readonly row: UnitBounds | null;
  /** Bounds of one person's total within one group. */
  readonly total: UnitBounds;
}

/** Bounds a number from declared facts; `null` when nothing bounds it, or its bounds hold only nothing. */
export function measuredValue(of: Expression, rows: number, question: QuestionScope): MeasuredValue | null {
  const total = personBounds(of, question, rows);
  const scale = scaleOf(of.type);
  if (total === null || !isUsable(total, scale)) return null;
  const row = rowBounds(of, question);
  return {
    of,
    scale,
    row: row === null ? null : rowUnits(row, of.type).row,
    total: totalUnits(total, of.type),
  };
}

/** Bounds of one person's total in the units that it is added up in. */
export function totalUnits(total: Bounds, type: ScalarType): UnitBounds {
  return inUnits(total, scaleOf(type)) as UnitBounds;
}

/** Bounds of one row in the units that it is added up in; none when rows are too large to be squared. */
export function rowUnits(row: Bounds, type: ScalarType): { readonly scale: number; readonly row: UnitBounds | null } {
  const scale = scaleOf(type);
  return { scale, row: inUnits(row, scale, MAX_ROW_UNITS) };
}

/** A number whose bounds are to be found with noise. */
export interface UnboundedValue {
  readonly of: Expression;
  readonly scale: number;
  /** Most rows of a person. */
  readonly rows: bigint;
}

/** Most rows of a person whose values may be as large as 64 bits, so that their total is within the limit. */
const MAX_UNBOUNDED_ROWS = 100_000_000;

/** A number whose bounds are to be found; `null` when a person may have so many rows that no bounds would do. */
export function unboundedValue(of: Expression, rows: number): UnboundedValue | null {
  return rows > MAX_UNBOUNDED_ROWS ? null : { of, scale: scaleOf(of.type), rows: BigInt(rows) };
}

function inUnits({ low, high }: Bounds, scale: number, limit = Number.POSITIVE_INFINITY): UnitBounds | null {
  const unit = 10 ** scale;
  if (Math.max(Math.abs(low), Math.abs(high)) * unit > limit) return null;
  return { lower: BigInt(Math.floor(low * unit)), upper: BigInt(Math.ceil(high * unit)) };
}

function scaleOf(type: ScalarType): number {
  if (type.kind === 'decimal') return Math.min(type.scale, MAX_SCALE_DIGITS);
  return type.kind === 'double' ? DOUBLE_SUM_SCALE_DIGITS : 0;
}

/** Bounds that hold something and stay in the engine's 128 bits; no bound at all shows as one that is not finite. */
function isUsable(bounds: Bounds, scale: number): boolean {
  const largest = Math.max(Math.abs(bounds.low), Math.abs(bounds.high));
  return largest > 0 && largest * 10 ** scale <= MAX_TOTAL_UNITS;
}

/** The spread that each aggregate is. */
export const SPREAD_FORMS: Readonly<Record<string, Extract<ReleasedMeasure, { kind: 'spread' }>['form']>> = {
  variance: 'var_samp',
  var_samp: 'var_samp',
  var_pop: 'var_pop',
  stddev: 'stddev_samp',
  stddev_samp: 'stddev_samp',
  stddev_pop: 'stddev_pop',
};

/**
 * The shares of rows below the released minimum and maximum.
 *
 * The true extremes are single persons' values, which nothing can protect; one row in a hundred beyond is robust.
 */
const MINIMUM_RANK_RATIO = 0.01;
const MAXIMUM_RANK_RATIO = 0.99;

/** The share of rows below a quantile; `null` when the call names none from 0 to 1. */
export function rankOf(name: string, parameters: readonly (number | null)[]): number | null {
  const fixed: Readonly<Record<string, number>> = { median: 0.5, min: MINIMUM_RANK_RATIO, max: MAXIMUM_RANK_RATIO };
  const rank = fixed[name] === undefined ? parameters[0] : parameters.length === 0 ? fixed[name] : undefined;
  const isRank = typeof rank === 'number' && rank >= 0 && rank <= 1 && parameters.length <= 1;
  return isRank ? rank : null;
}

/** Whether an aggregate names the share of rows below it. */
export function takesRank(name: string): boolean {
  return name.includes('quantile');
}
