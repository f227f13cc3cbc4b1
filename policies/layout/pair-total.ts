import { constantOf } from '../check/functions.ts';
import type { TableView } from '../collaboration/table-view.ts';
import type { Expression } from '../plan/expression.ts';
import type { PersonAggregate } from '../plan/protected-rows.ts';
import { engineType, quoteName } from '../print/print-expression.ts';
import { LAYOUT_COLUMNS, sumColumn, valuesColumn } from './layout.ts';
import { type StoredMeasure, storedMeasures } from './stored-measures.ts';

/** A column that a program computes from what a layout holds, and what it reads for it. */
export interface ComputedColumn {
  readonly sql: string;
  readonly reads: readonly string[];
}

/** A number that a wide decimal is made from: 64 bits have 19 digits. */
const WHOLE_DIGITS_COUNT = 20;

/**
 * What a query that groups by the person makes of the rows of a pair, from the totals that are stored of it, as
 * {@link printPersonAggregate} computes it; `null` when they do not tell.
 *
 * Sums are stored of values clamped to their rule alone: only such ones are answered. `of` is the aggregate's argument as
 * the pairs' table knows its columns.
 */
export function pairTotal(aggregate: PersonAggregate, of: Expression | null, view: TableView): ComputedColumn | null {
  if (aggregate.when !== null || aggregate.by !== null) return null;
  if (aggregate.kind === 'count') return countOf(LAYOUT_COLUMNS.rows);
  if (of === null) return null;
  const measures = storedMeasures(view);
  if (aggregate.kind === 'count-values') {
    const counted = of.kind === 'column' ? measures.find((m) => m.column === of.column) : undefined;
    return counted === undefined ? null : countOf(valuesColumn(counted.column));
  }
  const measure = measures.find((m) => isClamped(of, m));
  if (measure === undefined || measure.row === null || measure.scale !== aggregate.scale) return null;
  const reads = [sumColumn(measure.column), valuesColumn(measure.column)];
  const [sum, values] = [printSum(measure), quoteName(valuesColumn(measure.column))];
  if (aggregate.kind === 'avg') return { sql: `(CAST(${sum} AS DOUBLE) / nullif(${values}, 0))`, reads };
  if (aggregate.kind !== 'sum') return null;
  const type = engineType(aggregate.type) ?? 'BIGINT';
  return { sql: `CASE WHEN ${values} > 0 THEN TRY_CAST(${sum} AS ${type}) END`, reads };
}

function countOf(column: string): ComputedColumn {
  return { sql: `CAST(${quoteName(column)} AS BIGINT)`, reads: [column] };
}

/** The sum in the type in which the engine adds up: another could come out as another floating-point number. */
function printSum({ column, scale }: StoredMeasure): string {
  const units = quoteName(sumColumn(column));
  if (scale === 0) return `CAST(${units} AS HUGEINT)`;
  const unit = `CAST('0.${'1'.padStart(scale, '0')}' AS DECIMAL(${scale}, ${scale}))`;
  return `CAST(CAST(${units} AS DECIMAL(${WHOLE_DIGITS_COUNT}, 0)) * ${unit} AS DECIMAL(38, ${scale}))`;
}

/** Whether an expression is a measure clamped to the very ends to which its stored values are. */
function isClamped(of: Expression, { column, scale, row, expression }: StoredMeasure): boolean {
  if (of.kind !== 'call' || of.name !== 'clamp' || row === null) return false;
  const [value, low, high] = of.args;
  if (value?.kind !== 'column' || value.column !== column || of.type.kind !== expression.type.kind) return false;
  const isEnd = (e: Expression | undefined, end: bigint): boolean => {
    const constant = e === undefined ? null : constantOf(e);
    return constant !== null && constant * 10 ** scale === Number(end);
  };
  return isEnd(low, row.lower) && isEnd(high, row.upper);
}
