import type { Expression } from './expression.ts';
import type { Statistic, UnitBounds } from './question-tree.ts';

/** Squares of a value around the middle of its bounds, where they are smallest: the least noise for a spread. */
export function squaresOf(
  of: Expression,
  { scale, row }: { readonly scale: number; readonly row: UnitBounds },
  rows: bigint,
): Extract<Statistic, { kind: 'squares' }> {
  const centre = (row.lower + row.upper) / 2n;
  const reach = row.upper - centre > centre - row.lower ? row.upper - centre : centre - row.lower;
  return { kind: 'squares', of, scale, row, centre, upper: reach * reach * rows };
}
