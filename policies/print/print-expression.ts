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
  const print: PrintParts = (...parts) => printAlike(parts, literals);
  switch (e.kind) {
    case 'column':
      return `${quoteName(e.relation)}.${quoteName(e.column)}`;
    case 'literal':
      return literals === 'mark' ? '?' : printLiteral(e.value);
    case 'call':
      return printCall(e, print(...e.args));
    case 'compare':
      return `(${print(e.left, e.right).join(` ${e.operator} `)})`;
    case 'logic':
      return `(${print(...e.args).join(e.operator === 'and' ? ' AND ' : ' OR ')})`;
    case 'not':
      return `(NOT ${print(e.arg).join('')})`;
    case 'is-null':
      return `(${print(e.arg).join('')} IS ${e.negated ? 'NOT NULL' : 'NULL'})`;
    case 'in': {
      const [arg, ...list] = print(e.arg, ...e.list);
      return `(${arg} ${e.negated ? 'NOT IN' : 'IN'} (${list.join(', ')}))`;
    }
    case 'case':
      return printCase(e, print);
    case 'cast':
      return `TRY_CAST(${print(e.arg).join('')} AS ${castName(e.to)})`;
    default:
      return assertNever(e);
  }
}

/** Prints values that stand side by side, each as text. */
type PrintParts = (...parts: readonly Expression[]) => readonly string[];

/**
 * Dates beside timestamps become timestamps in plain sight.
 *
 * DuckDB would cast them by itself, and that cast fails on a far date. TRY around the whole does not help: the
 * optimizer takes a cast that occurs twice out of it.
 */
function printAlike(parts: readonly Expression[], literals: LiteralStyle): readonly string[] {
  const kinds = new Set(parts.map((p) => p.type.kind));
  const isMixed = kinds.has('date') && kinds.has('timestamp');
  return parts.map((part) => {
    const text = printExpression(part, literals);
    return isMixed && part.type.kind === 'date' ? asTimestamp(text) : text;
  });
}

function asTimestamp(text: string): string {
  return `TRY_CAST(${text} AS TIMESTAMP)`;
}

function printCase(e: Extract<Expression, { kind: 'case' }>, print: PrintParts): string {
  const results = print(...e.branches.map((b) => b.result), ...(e.otherwise ? [e.otherwise] : []));
  const branches = e.branches.map((b, index) => `WHEN ${print(b.when).join('')} THEN ${results[index]}`).join(' ');
  return `(CASE ${branches}${e.otherwise ? ` ELSE ${results.at(-1)}` : ''} END)`;
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

/** Longest text that putting texts together gives. */
const MAX_TEXT_CHARACTERS = 1_000;

const INFIX = new Map([
  ['+', '+'],
  ['-', '-'],
  ['*', '*'],
  ['//', '//'],
  ['%', '%'],
  ['~~', 'LIKE'],
  ['!~~', 'NOT LIKE'],
]);

function printCall(e: Extract<Expression, { kind: 'call' }>, args: readonly string[]): string {
  if (RELEASED_AGGREGATES.has(e.name)) return printAggregate(e, args);
  const text = callText(e, args);
  // TRY refuses aggregates within; over released values an error would depend on nothing secret anyway.
  const aggregates = allParts(e).some((part) => part.kind === 'call' && RELEASED_AGGREGATES.has(part.name));
  const total = aggregates ? `(${text})` : `TRY(${text})`;
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
    // Cut, or names that stand for others could grow a text without end on the rows of one person.
    case '||':
    case 'concat':
      return `left(${e.name === 'concat' ? `concat(${args.join(', ')})` : `${a} || ${b}`}, ${MAX_TEXT_CHARACTERS})`;
    // ILIKE compares by backtracking, in time that one row can make endless; LIKE does not.
    case '~~*':
      return `lower(${a}) LIKE lower(${b})`;
    case '!~~*':
      return `lower(${a}) NOT LIKE lower(${b})`;
    // Of a date the optimizer would truncate the table's earliest and latest, and fail where that is a far one.
    case 'date_trunc':
      return `date_trunc(${a}, ${asTimestamp(b)})`;
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
