import { RELEASED_AGGREGATES } from '../check/aggregate-names.ts';
import type { ScalarType } from '../collaboration/table-view.ts';
import { allParts, assertNever, type Expression } from '../plan/expression.ts';
import type { CastType, SyntaxLiteral } from '../syntax/syntax-tree.ts';

/** How literals appear: as they are, or as a mark in the shape that the log keeps. */
export type LiteralStyle = 'value' | 'mark';

/** Quotes a name. Names are plain by now; the doubling is for the day that somebody changes that. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes a text. DuckDB knows no escape in a plain literal but the doubled quote. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Prints an expression for DuckDB. Every part that could raise an error on some row is NULL there instead. */
export function printExpression(e: Expression, literals: LiteralStyle): string {
  const print = (part: Expression): string => printExpression(part, literals);
  switch (e.kind) {
    case 'column':
      return `${quoteName(e.relation)}.${quoteName(e.column)}`;
    case 'literal':
      return literals === 'mark' ? '?' : printLiteral(e.value);
    case 'call':
      return printCall(e, print);
    case 'compare':
      return `(${print(e.left)} ${e.operator} ${print(e.right)})`;
    case 'logic':
      return `(${e.args.map(print).join(e.operator === 'and' ? ' AND ' : ' OR ')})`;
    case 'not':
      return `(NOT ${print(e.arg)})`;
    case 'is-null':
      return `(${print(e.arg)} IS ${e.negated ? 'NOT NULL' : 'NULL'})`;
    case 'in':
      return `(${print(e.arg)} ${e.negated ? 'NOT IN' : 'IN'} (${e.list.map(print).join(', ')}))`;
    case 'case': {
      const branches = e.branches.map((b) => `WHEN ${print(b.when)} THEN ${print(b.result)}`).join(' ');
      return `(CASE ${branches}${e.otherwise ? ` ELSE ${print(e.otherwise)}` : ''} END)`;
    }
    case 'cast':
      return `TRY_CAST(${print(e.arg)} AS ${castName(e.to)})`;
    default:
      return assertNever(e);
  }
}

function printLiteral(value: SyntaxLiteral): string {
  switch (value.type) {
    case 'null':
      return 'NULL';
    case 'boolean':
      return value.value ? 'TRUE' : 'FALSE';
    case 'integer':
      return `CAST(${quoteText(value.value.toString())} AS BIGINT)`;
    case 'decimal':
      return `CAST(${quoteText(decimalText(value.unscaled, value.scale))} AS DECIMAL(18, ${value.scale}))`;
    case 'double':
      return `CAST(${quoteText(value.value.toString())} AS DOUBLE)`;
    case 'text':
      return quoteText(value.value);
    default:
      return assertNever(value);
  }
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const sign = unscaled < 0n ? '-' : '';
  return scale === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(-scale)}`;
}

function castName(type: CastType): string {
  const names = { integer: 'BIGINT', double: 'DOUBLE', text: 'VARCHAR', boolean: 'BOOLEAN' } as const;
  if (type.type === 'decimal') return `DECIMAL(18, ${type.scale})`;
  return type.type === 'date' || type.type === 'timestamp' ? type.type.toUpperCase() : names[type.type];
}

/** The engine's name of a type; `null` where arithmetic keeps its own. */
function typeName(type: ScalarType): string | null {
  switch (type.kind) {
    case 'decimal':
      return `DECIMAL(18, ${type.scale})`;
    case 'integer':
      return 'BIGINT';
    case 'double':
      return 'DOUBLE';
    case 'timestamp':
      return 'TIMESTAMP';
    default:
      return null;
  }
}

const INFIX = new Map([
  ['+', '+'],
  ['-', '-'],
  ['*', '*'],
  ['//', '//'],
  ['%', '%'],
  ['||', '||'],
  ['~~', 'LIKE'],
  ['!~~', 'NOT LIKE'],
  ['~~*', 'ILIKE'],
  ['!~~*', 'NOT ILIKE'],
]);

function printCall(e: Extract<Expression, { kind: 'call' }>, print: (part: Expression) => string): string {
  const args = e.args.map(print);
  if (RELEASED_AGGREGATES.has(e.name)) return printAggregate(e, args);
  const text = callText(e, args);
  // TRY refuses aggregates within; over released values an error would depend on nothing secret anyway.
  const aggregates = allParts(e).some((part) => part.kind === 'call' && RELEASED_AGGREGATES.has(part.name));
  const total = aggregates ? text : `TRY(${text})`;
  const type = typeName(e.type);
  return type === null ? total : `TRY_CAST(${total} AS ${type})`;
}

function callText(e: Extract<Expression, { kind: 'call' }>, args: readonly string[]): string {
  const [a = 'NULL', b = 'NULL', c = 'NULL'] = args;
  const operator = INFIX.get(e.name);
  if (operator !== undefined && args.length === 1) return `${operator}${a}`;
  const isDayShift =
    (e.name === '+' || e.name === '-') && e.args[0]?.type.kind === 'date' && e.args[1]?.type.kind === 'integer';
  // DuckDB moves dates by INTEGER only, and a number too large for it is NULL like every other error.
  if (isDayShift) return `${a} ${e.name} TRY_CAST(${b} AS INTEGER)`;
  if (operator !== undefined) return `${a} ${operator} ${b}`;
  switch (e.name) {
    case '/':
      return `CAST(${a} AS DOUBLE) / nullif(CAST(${b} AS DOUBLE), 0)`;
    case 'clamp':
      return `CASE WHEN ${a} IS NULL OR isnan(CAST(${a} AS DOUBLE)) THEN NULL ELSE greatest(${b}, least(${c}, ${a})) END`;
    case 'round':
      return e.args.length === 2 ? `round(CAST(${a} AS DOUBLE), CAST(${b} AS INTEGER))` : `round(${a})`;
    case 'floor':
    case 'ceil':
      return `${e.name}(CAST(${a} AS DOUBLE))`;
    default:
      return `${e.name}(${args.join(', ')})`;
  }
}

function printAggregate(e: Extract<Expression, { kind: 'call' }>, args: readonly string[]): string {
  const text = args.length === 0 ? 'count(*)' : `${e.name}(${args.join(', ')})`;
  const type = typeName(e.type);
  return type === null ? text : `CAST(${text} AS ${type})`;
}
