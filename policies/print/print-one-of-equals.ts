import type { Expression } from '../plan/expression.ts';
import { type PrintStyle, printExpression } from './print-expression.ts';

/**
 * Prints an expression so that values the engine takes for equal are one value.
 *
 * Zero has two signs in floating point, and so has NaN: equal in comparisons and different as text. Which of two equal
 * values a grouping or a maximum keeps follows the order in which rows are met, and with it the rows of others.
 */
export function printOneOfEquals(e: Expression, style: PrintStyle): string {
  const value = printExpression(e, style);
  if (e.type.kind !== 'double') return value;
  return `CASE WHEN ${value} = 0 THEN CAST(0 AS DOUBLE) WHEN isnan(${value}) THEN CAST('NaN' AS DOUBLE) ELSE ${value} END`;
}
