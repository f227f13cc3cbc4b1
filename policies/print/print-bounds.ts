import { BOUNDS_BIN_COUNT, MAGNITUDE_COUNT, type PlannedBounds } from '../plan/planned-bounds.ts';
import { FunctionNames } from './function-names.ts';
import type { PrintedQuery } from './print-aggregate.ts';
import type { LiteralStyle } from './print-expression.ts';
import { printRows } from './print-rows.ts';
import { printUnits } from './print-units.ts';

/**
 * Prints the persons in each bin of magnitude, for DuckDB: the first stage of what has bounds to be found.
 *
 * Steps: `r` rows with their value in units, `b` a person's largest value of at least 0 and the largest size of its
 * negative ones. Bins that hold nobody are left out.
 */
export function printBounds(bounds: PlannedBounds, literals: LiteralStyle = 'value'): PrintedQuery {
  const style = { literals, functions: new FunctionNames() };
  const { from, where, person } = printRows(bounds.rows, { ...style, uncut: new Set() }, [bounds.of]);
  const units = `CAST(${printUnits(bounds, style)} AS HUGEINT)`;
  // The salt is read in any case: a parameter that no step reads would be an error of its own.
  const rows = `SELECT ${person} AS p, ${units} AS v FROM ${from} WHERE ${[...where, 'hash($1) IS NOT NULL'].join(' AND ')}`;
  const sides = 'max(v) FILTER (WHERE v >= 0) AS up, max(-v) FILTER (WHERE v < 0) AS down';
  const bins = `${printMagnitude('up')}, ${printMagnitude('down')} + ${MAGNITUDE_COUNT}`;
  return {
    sql: `WITH r AS (${rows}), b AS (SELECT p, ${sides} FROM r GROUP BY p) SELECT bin, CAST(count(*) AS VARCHAR) AS persons FROM (SELECT unnest([${bins}]) AS bin FROM b) WHERE bin IS NOT NULL GROUP BY bin`,
    columns: [
      { name: 'bin', kind: 'integer' },
      { name: 'persons', kind: 'text' },
    ],
    functions: style.functions.list(),
  };
}

/** Most rows that {@link printBounds} returns. */
export const MAX_BOUNDS_ROWS = BOUNDS_BIN_COUNT;

/** The smallest k with 2^k at least the size: its binary digits, counted exactly, where a logarithm would round. */
function printMagnitude(size: string): string {
  return `CAST(CASE WHEN ${size} <= 1 THEN 0 ELSE length(bin(${size} - 1)) END AS BIGINT)`;
}
