import type { Expression } from '../plan/expression.ts';
import type { Statistic, UnitBounds } from '../plan/question-tree.ts';
import type { TableSource } from './join-match.ts';
import { heldColumn, LAYOUT_COLUMNS, sumColumn, valuesColumn } from './layout.ts';
import { rangeOfSum, storedMeasures } from './stored-measures.ts';

/** A statistic of one pair, from the totals that are stored of it: a column, where a condition holds, held to bounds. */
export interface PlannedValue {
  /** `null` for 1. */
  readonly column: string | null;
  /** Only where it holds; nothing counts elsewhere. `null` for everywhere. */
  readonly when: Expression | null;
  /** What the column holds where nobody has more rows than declared. */
  readonly range: UnitBounds;
  /** What the person's total in the group is held to. */
  readonly bounds: UnitBounds;
}

const ONE: UnitBounds = { lower: 0n, upper: 1n };

/**
 * A statistic as the totals of pairs give it; `null` when they do not.
 *
 * `isReadable` tells whether an expression has one value on all rows of a pair, and can be read of it.
 */
export function plannedValue(
  statistic: Statistic,
  source: TableSource,
  isReadable: (e: Expression) => boolean,
): PlannedValue | null {
  switch (statistic.kind) {
    case 'persons':
      return { column: null, when: null, range: ONE, bounds: ONE };
    case 'persons-where':
      return isReadable(statistic.when) ? { column: null, when: statistic.when, range: ONE, bounds: ONE } : null;
    case 'rows':
      return plannedRows(statistic, source, isReadable);
    case 'sum':
      return plannedSum(statistic, source, isReadable);
    default:
      // Squares, distinct values and histograms are of rows.
      return null;
  }
}

function plannedRows(
  { when, upper }: Extract<Statistic, { kind: 'rows' }>,
  source: TableSource,
  isReadable: (e: Expression) => boolean,
): PlannedValue | null {
  const bounds = { lower: 0n, upper };
  const range = { lower: 0n, upper: BigInt(source.view.rules.rowsPerPerson) };
  if (when === null || isReadable(when)) return { column: LAYOUT_COLUMNS.rows, when, range, bounds };
  // Rows with a value, as in count(x): they are counted too.
  if (when.kind !== 'is-null' || !when.negated || !isColumnOf(when.arg, source)) return null;
  const { column } = when.arg;
  const isStored = storedMeasures(source.view).some((m) => m.column === column);
  return isStored ? { column: valuesColumn(column), when: null, range, bounds } : null;
}

function plannedSum(
  { of, scale, row, lower, upper }: Extract<Statistic, { kind: 'sum' }>,
  source: TableSource,
  isReadable: (e: Expression) => boolean,
): PlannedValue | null {
  const { value, when } = filtered(of);
  if (!isColumnOf(value, source) || (when !== null && !isReadable(when))) return null;
  const measure = storedMeasures(source.view).find((m) => m.column === value.column);
  const stored = measure?.scale === scale ? measure.row : null;
  if (stored === null || stored.lower !== row?.lower || stored.upper !== row.upper) return null;
  const bounds = { lower, upper };
  const held = measure?.held ?? null;
  if (held !== null && held.lower === lower && held.upper === upper) {
    return { column: heldColumn(value.column), when, range: held, bounds };
  }
  return { column: sumColumn(value.column), when, range: rangeOfSum(stored, source.view.rules.rowsPerPerson), bounds };
}

/**
 * The parts of `CASE WHEN … THEN x END`, which is what a filter of a sum becomes: where it does not hold is no value. With
 * `ELSE 0` a row is clamped to bounds that hold 0, and adds nothing either.
 */
function filtered(of: Expression): { readonly value: Expression; readonly when: Expression | null } {
  const [branch] = of.kind === 'case' && of.branches.length === 1 ? of.branches : [];
  const isFilter = of.kind === 'case' && branch !== undefined && isNothing(of.otherwise);
  return isFilter ? { value: branch.result, when: branch.when } : { value: of, when: null };
}

function isNothing(e: Expression | null): boolean {
  if (e === null) return true;
  if (e.kind !== 'literal') return false;
  const { value } = e;
  return value.type === 'null' || (value.type === 'integer' && value.value === 0n);
}

function isColumnOf(e: Expression, { ref }: TableSource): e is Extract<Expression, { kind: 'column' }> {
  return e.kind === 'column' && e.relation === ref;
}
