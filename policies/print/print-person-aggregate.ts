import { assertNever } from '../plan/expression.ts';
import type { PersonAggregate } from '../plan/protected-rows.ts';
import { engineType, type PrintStyle, printExpression } from './print-expression.ts';
import { printOneOfEquals } from './print-one-of-equals.ts';

/**
 * Prints an aggregate over one person's rows: exact, total, and the same whatever the order of the rows.
 *
 * A sum of floating-point numbers would follow the order in which threads meet the rows, and with it the rows of
 * others; so they are added up as decimals. What ties is broken by value for the same reason.
 */
export function printPersonAggregate(aggregate: PersonAggregate, style: PrintStyle): string {
  const filter = aggregate.when === null ? '' : ` FILTER (WHERE ${printExpression(aggregate.when, style)})`;
  const of = aggregate.of === null ? '' : printExpression(aggregate.of, style);
  switch (aggregate.kind) {
    case 'count':
      return `count(*)${filter}`;
    case 'count-values':
      return `count(${of})${filter}`;
    case 'count-distinct':
      return `count(DISTINCT ${of})${filter}`;
    case 'sum':
      return `TRY_CAST(sum(${printExact(aggregate, of)})${filter} AS ${engineType(aggregate.type) ?? 'BIGINT'})`;
    case 'avg': {
      const exact = printExact(aggregate, of);
      return `(CAST(sum(${exact})${filter} AS DOUBLE) / nullif(count(${exact})${filter}, 0))`;
    }
    case 'min':
    case 'max':
      return `${aggregate.kind}(${printValue(aggregate, style)})${filter}`;
    case 'min-by':
    case 'max-by':
      return printOrdered(aggregate, printValue(aggregate, style), style);
    case 'any':
      return `bool_or(${of})${filter}`;
    case 'all':
      return `bool_and(${of})${filter}`;
    default:
      return assertNever(aggregate.kind);
  }
}

function printValue({ of }: PersonAggregate, style: PrintStyle): string {
  return of === null ? '' : printOneOfEquals(of, style);
}

/** A number that adds up exactly; what does not fit is NULL. */
function printExact({ scale, of }: PersonAggregate, text: string): string {
  return scale === 0 && of?.type.kind !== 'decimal'
    ? `TRY_CAST(${text} AS BIGINT)`
    : `TRY_CAST(${text} AS DECIMAL(18, ${scale}))`;
}

/**
 * Of equal `by` the smallest or largest `of`: pairs are compared part by part. As in DuckDB, rows without `of` do not
 * count.
 */
function printOrdered({ kind, by, when }: PersonAggregate, of: string, style: PrintStyle): string {
  if (by === null) throw new TypeError('an ordered aggregate has something to order by');
  const order = printExpression(by, style);
  const conditions = [
    `${order} IS NOT NULL`,
    `${of} IS NOT NULL`,
    ...(when === null ? [] : [printExpression(when, style)]),
  ];
  const name = kind === 'min-by' ? 'min' : 'max';
  return `struct_extract(${name}(struct_pack(o := ${order}, v := ${of})) FILTER (WHERE ${conditions.join(' AND ')}), 'v')`;
}
