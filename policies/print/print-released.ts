import { assertNever, type Expression, type ReleasedExpression } from '../plan/expression.ts';
import { columnsOf, type OuterQuery } from '../plan/outer-query.ts';
import type { CallShape, FrameEndShape, FrameShape, OrderShape } from '../plan/outer-shape.ts';
import { quoteName, totalCall, typeName } from './print-expression.ts';

/** What prints the parts of an expression over released values. */
export interface ReleasedPrinter {
  readonly expression: (e: Expression) => string;
  readonly query: (query: OuterQuery) => string;
}

/** Prints what stands in queries over released values only. */
export function printReleased(e: ReleasedExpression, printer: ReleasedPrinter): string {
  switch (e.kind) {
    case 'aggregate':
      return inType(e, printCall(e, printer));
    case 'window':
      return inType(e, printWindow(e, printer));
    case 'subquery':
      return printSubquery(e, printer);
    case 'function':
      return totalCall(
        e,
        functionText(
          e.name,
          e.args.map((arg) => printArgument(e.name, arg, printer)),
        ),
      );
    default:
      return assertNever(e);
  }
}

/** In the type it was resolved to: DuckDB adds whole numbers up in 128 bits, and released values have 64. */
function inType(e: ReleasedExpression, text: string): string {
  const type = typeName(e.type);
  return type === null ? text : `TRY_CAST(${text} AS ${type})`;
}

function printCall(call: CallShape<Expression>, printer: ReleasedPrinter, ignoreNulls = false): string {
  const args = call.args.map(printer.expression).join(', ');
  const order = call.orderBy.length > 0 ? ` ORDER BY ${printOrders(call.orderBy, printer)}` : '';
  const within = `${call.distinct ? 'DISTINCT ' : ''}${args}${order}${ignoreNulls ? ' IGNORE NULLS' : ''}`;
  const filter = call.filter === null ? '' : ` FILTER (WHERE ${printer.expression(call.filter)})`;
  return `${call.name === 'count_star' ? 'count(*)' : `${call.name}(${within})`}${filter}`;
}

function printOrders(orders: readonly OrderShape<Expression>[], printer: ReleasedPrinter): string {
  return orders.map((o) => `${printer.expression(o.expression)} ${printDirection(o)}`).join(', ');
}

/** Prints how a key is ordered. */
export function printDirection(order: Pick<OrderShape<Expression>, 'descending' | 'nulls'>): string {
  return `${order.descending ? 'DESC' : 'ASC'}${order.nulls === null ? '' : ` NULLS ${order.nulls.toUpperCase()}`}`;
}

function printWindow(e: Extract<ReleasedExpression, { kind: 'window' }>, printer: ReleasedPrinter): string {
  const parts = [
    ...(e.partitionBy.length > 0 ? [`PARTITION BY ${e.partitionBy.map(printer.expression).join(', ')}`] : []),
    ...(e.orderBy.length > 0 ? [`ORDER BY ${printOrders(e.orderBy, printer)}`] : []),
    ...(e.frame === null ? [] : [printFrame(e.frame, printer)]),
  ];
  return `${printCall(e.call, printer, e.ignoreNulls)} OVER (${parts.join(' ')})`;
}

function printFrame(frame: FrameShape<Expression>, printer: ReleasedPrinter): string {
  const exclude = frame.exclude === null ? '' : ` EXCLUDE ${inWords(frame.exclude)}`;
  const ends = `${printEnd(frame.start, printer)} AND ${printEnd(frame.end, printer)}`;
  return `${frame.unit.toUpperCase()} BETWEEN ${ends}${exclude}`;
}

function printEnd(end: FrameEndShape<Expression>, printer: ReleasedPrinter): string {
  return `${end.by === null ? '' : `${printer.expression(end.by)} `}${inWords(end.kind)}`;
}

function inWords(kind: string): string {
  return kind.toUpperCase().replaceAll('-', ' ');
}

function printSubquery(e: Extract<ReleasedExpression, { kind: 'subquery' }>, printer: ReleasedPrinter): string {
  const query = printer.query(e.query);
  const not = e.negated ? 'NOT ' : '';
  if (e.form === 'exists') return `(${not}EXISTS (${query}))`;
  if (e.form === 'in') return `(${e.arg === null ? 'NULL' : printer.expression(e.arg)} ${not}IN (${query}))`;
  if (hasOneRow(e.query)) return `(${query})`;
  // Several rows would be an error of the engine, after the question is paid for. They are NULL, as every error is.
  const column = quoteName(columnsOf(e.query)[0]?.name ?? '');
  return `(SELECT CASE WHEN count(*) = 1 THEN first(${column}) END FROM (${query}) AS "one value")`;
}

function hasOneRow(query: OuterQuery): boolean {
  if (query.limit === 1n) return true;
  return (
    query.kind === 'select' &&
    query.groupBy.length === 0 &&
    query.groupingSets === null &&
    query.items.length > 0 &&
    query.items.every((item) => item.expression.kind === 'aggregate')
  );
}

/** Functions that count in 32 bits: the engine does not narrow a whole number by itself. */
const NARROW = ['lpad', 'rpad', 'chr', 'factorial', 'to_years', 'to_quarters', 'to_months', 'to_weeks', 'to_days'];

/** Small enough for every function that takes a whole number. */
const MAX_NARROW_COUNT = 2n ** 31n - 1n;

function printArgument(name: string, arg: Expression, printer: ReleasedPrinter): string {
  const text = printer.expression(arg);
  const value = arg.kind === 'literal' && arg.value.type === 'integer' ? arg.value.value : null;
  const isNarrow = NARROW.includes(name) || (value !== null && value <= MAX_NARROW_COUNT && value >= -MAX_NARROW_COUNT);
  return isNarrow && arg.type.kind === 'integer' ? `TRY_CAST(${text} AS INTEGER)` : text;
}

/** Functions that are an error outside of a range, though TRY cannot always stand around them. */
const RANGES: Readonly<Record<string, (a: string) => string>> = {
  sqrt: (a) => `${a} >= 0`,
  ln: (a) => `${a} > 0`,
  log: (a) => `${a} > 0`,
  log2: (a) => `${a} > 0`,
  log10: (a) => `${a} > 0`,
  acos: (a) => `${a} BETWEEN -1 AND 1`,
  asin: (a) => `${a} BETWEEN -1 AND 1`,
};

const OPERATORS: Readonly<Record<string, string>> = {
  '+': '+',
  '-': '-',
  '*': '*',
  '%': '%',
  '~~': 'LIKE',
  '!~~': 'NOT LIKE',
  '~~*': 'ILIKE',
  '!~~*': 'NOT ILIKE',
};

function functionText(name: string, args: readonly string[]): string {
  const [a = 'NULL', b = 'NULL'] = args;
  const operator = OPERATORS[name];
  if (operator !== undefined) return args.length === 1 ? `${operator}${a}` : `${a} ${operator} ${b}`;
  const range = args.length === 1 ? RANGES[name] : undefined;
  const text = `${name}(${args.join(', ')})`;
  return range === undefined ? text : `CASE WHEN ${range(a)} THEN ${text} END`;
}
