import { personTotal } from '../check/measure-bounds.ts';
import { rowUnits, totalUnits } from '../check/measured-value.ts';
import { isMeasurable, type TableView } from '../collaboration/table-view.ts';
import type { Expression } from '../plan/expression.ts';
import type { UnitBounds } from '../plan/question-tree.ts';

/** A measure as pairs hold it. */
export interface StoredMeasure {
  readonly column: string;
  readonly expression: Expression;
  /** Digits after the point of its units. */
  readonly scale: number;
  /** What a value is clamped to before it is added up; `null` when no sum is stored. */
  readonly row: UnitBounds | null;
  /**
   * What the sum is held to as well, as questions hold it that ask for nothing else; `null` where no sum can be beyond, or
   * none is stored.
   */
  readonly held: UnitBounds | null;
}

/** Largest sum of a person that pairs hold: 64 bits with a sign. */
const MAX_STORED_UNITS = (1n << 63n) - 1n;

/** The measures whose totals are stored with each pair, in the order of the table's columns. */
export function storedMeasures({ columns, rules }: TableView): readonly StoredMeasure[] {
  return columns.flatMap(({ name, type }): readonly StoredMeasure[] => {
    const rule = Object.hasOwn(rules.measures, name) ? rules.measures[name] : undefined;
    if (rule === undefined || !isMeasurable(type)) return [];
    const expression: Expression = { kind: 'column', relation: 't', column: name, type, at: null };
    const { scale, row } = rowUnits({ low: rule.min, high: rule.max }, type);
    if (row === null || largestSum(row, rules.rowsPerPerson) > MAX_STORED_UNITS) {
      return [{ column: name, expression, scale, row: null, held: null }];
    }
    const held = rule.perPerson === null ? null : totalUnits(personTotal(rule.perPerson), type);
    const range = rangeOfSum(row, rules.rowsPerPerson);
    const isHeld = held !== null && (range.lower < held.lower || range.upper > held.upper);
    return [{ column: name, expression, scale, row, held: isHeld ? held : null }];
  });
}

/** What a person's sum is within, of rows within these bounds; without a value it is 0. */
export function rangeOfSum(row: UnitBounds, rowCount: number): UnitBounds {
  const rows = BigInt(rowCount);
  return {
    lower: row.lower < 0n ? row.lower * rows : 0n,
    upper: row.upper > 0n ? row.upper * rows : 0n,
  };
}

function largestSum({ lower, upper }: UnitBounds, rowCount: number): bigint {
  const [low, high] = [lower < 0n ? -lower : lower, upper < 0n ? -upper : upper];
  return (low > high ? low : high) * BigInt(rowCount);
}
