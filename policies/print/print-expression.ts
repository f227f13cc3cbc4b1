import type { ScalarType } from '../collaboration/table-view.ts';
import {
  allParts,
  assertNever,
  type Expression,
  isRefusedByTry,
  type ReleasedExpression,
  type ScoreExpression,
} from '../plan/expression.ts';
import type { CastType, SyntaxLiteral } from '../syntax/syntax-tree.ts';
import type { FunctionNames } from './function-names.ts';

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

/** How the parts of a query are printed. */
export interface PrintStyle {
  readonly literals: LiteralStyle;
  /** Names the scoring functions of the whole query. */
  readonly functions: FunctionNames;
}

/** Prints what stands in queries over released values only. */
export type PrintReleased = (e: ReleasedExpression) => string;

/**
 * Prints an expression for DuckDB. Every part that could raise an error on some row is NULL there instead.
 *
 * @throws {TypeError} for a part that only released values may be given to, unless `printReleased` is there to print it
 */
export function printExpression(e: Expression, style: PrintStyle, printReleased?: PrintReleased): string {
  const print: PrintParts = (...parts) => printAlike(parts, style, printReleased);
  switch (e.kind) {
    case 'column':
      return `${quoteName(e.relation)}.${quoteName(e.column)}`;
    case 'literal':
      return style.literals === 'mark' ? '?' : printLiteral(e.value);
    case 'call':
      return printCall(e, print(...e.args));
    case 'score':
      if (printReleased !== undefined) throw new TypeError('released values know no score');
      return printScore(e, print(...e.args), style);
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
    case 'aggregate':
    case 'window':
    case 'subquery':
    case 'function':
      if (printReleased === undefined) throw new TypeError(`protected rows know no ${e.kind}`);
      return printReleased(e);
    case 'cast':
      return `TRY_CAST(${print(e.arg).join('')} AS ${castName(e.to)})`;
    default:
      return assertNever(e);
  }
}

/**
 * A call of a scoring function, held to what its submitter declared.
 *
 * The worker holds it to the same; but that is where the code runs, and here is what the bounds of the answer are
 * reckoned from. The call stands in the text once: code is called once a row, however deep scores are nested.
 */
function printScore(e: ScoreExpression, args: readonly string[], { functions }: PrintStyle): string {
  const call = `${functions.nameOf(e.digest)}(${args.join(', ')})`;
  const { returns } = e;
  if (returns.kind === 'label') {
    return `CAST(TRY_CAST(${call} AS ENUM(${returns.labels.map(quoteText).join(', ')})) AS VARCHAR)`;
  }
  const [low, high] = [returns.min, returns.max].map((end) => printEnd(end, returns.scale));
  // `least(NULL, x)` is x in DuckDB: a row without a score would count as one at the end.
  const held = `CASE WHEN score IS NULL THEN NULL ELSE greatest(${low}, least(${high}, score)) END`;
  return `list_transform([TRY_CAST(${call} AS ${typeName(e.type)})], lambda score: ${held})[1]`;
}

function printEnd(end: bigint, scale: number): string {
  if (scale === 0) return printLiteral({ type: 'integer', value: end });
  return printLiteral({ type: 'decimal', unscaled: end, scale });
}

/** Prints values that stand side by side, each as text. */
type PrintParts = (...parts: readonly Expression[]) => readonly string[];

/**
 * Dates beside timestamps become timestamps in plain sight.
 *
 * DuckDB would cast them by itself, and that cast fails on a far date. TRY around the whole does not help: the
 * optimizer takes a cast that occurs twice out of it.
 */
function printAlike(
  parts: readonly Expression[],
  style: PrintStyle,
  printReleased: PrintReleased | undefined,
): readonly string[] {
  const kinds = new Set(parts.map((p) => p.type.kind));
  const isMixed = kinds.has('date') && kinds.has('timestamp');
  return parts.map((part) => {
    const text = printExpression(part, style, printReleased);
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
    case 'interval':
      return `CAST('${value.months} months ${value.days} days ${value.microseconds} microseconds' AS INTERVAL)`;
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

/** The engine's name of a type; `null` for identities and for NULL alone. */
export function engineType(type: ScalarType): string | null {
  const names: Partial<Record<ScalarType['kind'], string>> = { text: 'VARCHAR', boolean: 'BOOLEAN', date: 'DATE' };
  return typeName(type) ?? names[type.kind] ?? null;
}

function castName(type: CastType): string {
  const names = { integer: 'BIGINT', double: 'DOUBLE', text: 'VARCHAR', boolean: 'BOOLEAN' } as const;
  if (type.type === 'decimal') return `DECIMAL(18, ${type.scale})`;
  return type.type === 'date' || type.type === 'timestamp' ? type.type.toUpperCase() : names[type.type];
}

/** The engine's name of a type; `null` where arithmetic keeps its own. */
export function typeName(type: ScalarType): string | null {
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
  return totalCall(e, callText(e, args));
}

/** A call that is NULL where it would fail, in the type that it was resolved to. */
export function totalCall(e: Expression, text: string): string {
  // Over released values an error would depend on nothing secret anyway.
  const total = allParts(e).some(isRefusedByTry) ? `(${text})` : `TRY(${text})`;
  const type = typeName(e.type);
  return type === null ? total : `TRY_CAST(${total} AS ${type})`;
}

/** Whole numbers whose overflow TRY cannot turn into NULL: two of 64 bits stay within 128, added or multiplied. */
function isWidened(e: Extract<Expression, { kind: 'call' }>): boolean {
  const isWhole = e.type.kind === 'integer' && e.args.every((a) => a.type.kind === 'integer');
  return isWhole && ['+', '-', '*'].includes(e.name) && e.args.flatMap(allParts).some(isRefusedByTry);
}

function callText(e: Extract<Expression, { kind: 'call' }>, args: readonly string[]): string {
  const [a = 'NULL', b = 'NULL', c = 'NULL'] = args;
  const operator = INFIX.get(e.name);
  if (operator !== undefined && args.length === 1) return `${operator}${a}`;
  const isDayShift =
    (e.name === '+' || e.name === '-') && e.args[0]?.type.kind === 'date' && e.args[1]?.type.kind === 'integer';
  // DuckDB moves dates by INTEGER only, and a number too large for it is NULL like every other error.
  const isSpan = e.args.some((arg) => arg.type.kind === 'interval');
  if (isSpan) return `${printMoment(e.args[0], a)} ${e.name} ${printMoment(e.args[1], b)}`;
  if (isDayShift) return `${a} ${e.name} TRY_CAST(${b} AS INTEGER)`;
  if (operator !== undefined) return `${isWidened(e) ? `CAST(${a} AS HUGEINT)` : a} ${operator} ${b}`;
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
    case 'width_bucket':
      return printBucket(args);
    // The same under the name that the engine binds to numbers of any kind.
    case 'mod':
      return `${a} % ${b}`;
    case 'ifnull':
      return `coalesce(${a}, ${b})`;
    case 'datediff':
      return `date_diff(${args.join(', ')})`;
    case 'trunc':
    case 'log':
    case 'log2':
    case 'pow':
      return `${e.name === 'log' ? 'log10' : e.name}(${args.map((arg) => `CAST(${arg} AS DOUBLE)`).join(', ')})`;
    case 'round':
      return e.args.length === 2 ? `round(CAST(${a} AS DOUBLE), CAST(${b} AS INTEGER))` : `round(${a})`;
    case 'floor':
    case 'ceil':
      return `${e.name}(CAST(${a} AS DOUBLE))`;
    default:
      return `${e.name}(${args.join(', ')})`;
  }
}

/** Dates become moments in plain sight, as in comparisons. */
function printMoment(e: Expression | undefined, text: string): string {
  return e?.type.kind === 'date' ? asTimestamp(text) : text;
}

function printBucket(args: readonly string[]): string {
  const [a = 'NULL', low = 'NULL', high = 'NULL', count = 'NULL'] = args;
  const value = `CAST(${a} AS DOUBLE)`;
  const [from, to] = [`CAST(${low} AS DOUBLE)`, `CAST(${high} AS DOUBLE)`];
  const inside = `least(CAST(floor((${value} - ${from}) / (${to} - ${from}) * ${count}) AS BIGINT), ${count} - 1) + 1`;
  return `CASE WHEN ${a} IS NULL OR isnan(${value}) THEN NULL WHEN ${value} < ${from} THEN 0 WHEN ${value} >= ${to} THEN ${count} + 1 ELSE ${inside} END`;
}
