import { isNumber, type ScalarType } from '../collaboration/table-view.ts';
import type { Expression } from '../plan/expression.ts';

/** What a function makes of its arguments: a type, or what it expects instead. */
type Signature = (args: readonly Expression[]) => ScalarType | string;

const INTEGER: ScalarType = { kind: 'integer' };
const DOUBLE: ScalarType = { kind: 'double' };
const TEXT: ScalarType = { kind: 'text' };
const BOOLEAN: ScalarType = { kind: 'boolean' };

/**
 * Most digits after the point that arithmetic keeps: ten to the ninth still leaves nine digits before it in 64 bits.
 */
export const MAX_SCALE_DIGITS = 9;

/** The name under which a question asks for bounds to be found; only an aggregate may be asked of it. */
export const AUTO_CLAMP = 'auto_clamp';

const DATE_PARTS = ['year', 'quarter', 'month', 'week', 'day', 'dayofweek', 'dow', 'hour', 'minute', 'second'];

/** The narrowest type that holds both, or `null`. NULL goes with everything. */
export function commonType(a: ScalarType, b: ScalarType): ScalarType | null {
  if (a.kind === 'null') return b;
  if (b.kind === 'null') return a;
  if (a.kind === 'decimal' && b.kind === 'decimal') return { kind: 'decimal', scale: Math.max(a.scale, b.scale) };
  if (a.kind === b.kind) return a;
  if (isNumber(a) && isNumber(b)) {
    if (a.kind === 'double' || b.kind === 'double') return DOUBLE;
    return a.kind === 'decimal' ? a : b;
  }
  const kinds = [a.kind, b.kind].toSorted().join(' ');
  return kinds === 'date timestamp' ? { kind: 'timestamp' } : null;
}

const is = (e: Expression | undefined, ...kinds: ScalarType['kind'][]): boolean =>
  e !== undefined && (e.type.kind === 'null' || kinds.includes(e.type.kind));
const isNumeric = (e: Expression | undefined): boolean => is(e, 'integer', 'decimal', 'double');
/** Not NULL alone, for which the engine has no function to choose. */
const isMoment = (e: Expression | undefined): boolean => e?.type.kind === 'date' || e?.type.kind === 'timestamp';

function numeric(count: number, result: ScalarType | 'same'): Signature {
  return (args) => {
    if (args.length !== count || !args.every(isNumeric)) return `give it ${count === 1 ? 'a number' : 'numbers'}`;
    return result === 'same' ? (args[0]?.type ?? INTEGER) : result;
  };
}

function text(minimum: number, maximum: number, result: ScalarType): Signature {
  return (args) =>
    args.length >= minimum && args.length <= maximum && args.every((a) => is(a, 'text')) ? result : 'give it text';
}

const arithmetic: Signature = (args) => {
  const [a, b] = args;
  if (a === undefined || args.length > 2) return 'give it two numbers';
  if (b === undefined) return isNumeric(a) ? a.type : 'give it a number';
  const common = isNumeric(a) && isNumeric(b) ? commonType(a.type, b.type) : null;
  return common ?? 'give it two numbers';
};

const addition: Signature = (args) => {
  const [a, b] = args;
  // As in DuckDB, a date and a span make a moment.
  if (isMoment(a) && b?.type.kind === 'interval') return { kind: 'timestamp' };
  if (a?.type.kind === 'interval' && isMoment(b)) return { kind: 'timestamp' };
  if (is(a, 'date') && is(b, 'integer') && a?.type.kind === 'date') return { kind: 'date' };
  return arithmetic(args);
};

const subtraction: Signature = (args) => {
  const [a, b] = args;
  if (a?.type.kind === 'date' && b?.type.kind === 'date') return INTEGER;
  return a?.type.kind === 'interval' ? 'take a span from a date, not a date from a span' : addition(args);
};

const multiplication: Signature = (args) => {
  const type = arithmetic(args);
  const [a, b] = args;
  if (typeof type === 'string' || type.kind !== 'decimal') return type;
  const scale = (e: Expression | undefined): number => (e?.type.kind === 'decimal' ? e.type.scale : 0);
  return { kind: 'decimal', scale: Math.min(MAX_SCALE_DIGITS, scale(a) + scale(b)) };
};

const alike: Signature = (args) => {
  const [first, ...rest] = args;
  if (first === undefined) return 'give it arguments of one type';
  let type: ScalarType | null = first.type;
  for (const arg of rest) type = type && commonType(type, arg.type);
  return type ?? 'give it arguments of one type';
};

const textThenNumbers =
  (numbers: number): Signature =>
  (args) => {
    const [first, ...rest] = args;
    const fits = rest.length >= 1 && rest.length <= numbers && rest.every((r) => is(r, 'integer'));
    return is(first, 'text') && fits ? TEXT : 'give it text and whole numbers';
  };

/** Literal parts only: a part from a column could raise an error that depends on the row. */
function partThen(count: number, result: ScalarType | 'same'): Signature {
  return (args) => {
    const [part, ...moments] = args;
    const known =
      part?.kind === 'literal' && part.value.type === 'text' && DATE_PARTS.includes(part.value.value.toLowerCase());
    if (!known) return `name one of these parts in quotes: ${DATE_PARTS.join(', ')}`;
    if (moments.length !== count || !moments.every(isMoment)) return 'give it a date or timestamp';
    return result === 'same' ? { kind: 'timestamp' } : result;
  };
}

const moment: Signature = (args) => (args.length === 1 && isMoment(args[0]) ? INTEGER : 'give it a date or timestamp');

const rounding: Signature = (args) => {
  const [value, digits] = args;
  if (!isNumeric(value) || args.length > 2) return 'give it a number';
  if (digits === undefined) return value?.type.kind === 'double' ? DOUBLE : INTEGER;
  const literal = digits.kind === 'literal' && digits.value.type === 'integer' ? digits.value.value : null;
  if (literal === null || literal < 0n || literal > BigInt(MAX_SCALE_DIGITS))
    return 'give the digits as a number 0 to 9';
  return DOUBLE;
};

/** Most buckets of one scale: a key lists them all. */
const MAX_BUCKETS_COUNT = 900;

/** As in standard SQL: 0 below `low`, 1 to `count` between, one more from `high` on. */
const widthBucket: Signature = (args) => {
  const [value, low, high, count] = args;
  if (args.length !== 4 || !isNumeric(value)) return 'write width_bucket(number, low, high, count)';
  const [from, to, many] = [low, high, count].map((e) => (e === undefined ? null : constantOf(e)));
  if (from === null || to === null || from === undefined || to === undefined || from >= to) {
    return 'give low and high as numbers, with low under high';
  }
  const isCount = count?.kind === 'literal' && count.value.type === 'integer' && typeof many === 'number';
  return isCount && many >= 1 && many <= MAX_BUCKETS_COUNT
    ? INTEGER
    : `give the number of buckets, from 1 to ${MAX_BUCKETS_COUNT}`;
};

const clamp: Signature = (args) => {
  const [value, low, high] = args;
  if (args.length !== 3 || !isNumeric(value)) return 'write clamp(number, low, high)';
  const isConstant = (e: Expression | undefined): boolean => e !== undefined && constantOf(e) !== null;
  if (!isConstant(low) || !isConstant(high)) return 'give low and high as numbers, with low not over high';
  if ((constantOf(low as Expression) ?? 0) > (constantOf(high as Expression) ?? 0)) return 'give low not over high';
  return (
    commonType(commonType(value?.type ?? INTEGER, low?.type ?? INTEGER) ?? INTEGER, high?.type ?? INTEGER) ?? DOUBLE
  );
};

/** Longest LIKE pattern: with the two rules below, matching takes no longer than reading the text this often. */
const MAX_PATTERN_CHARACTERS = 100;

/**
 * A pattern is a literal, and with `_` it has `%` at its ends only.
 *
 * DuckDB matches other patterns by backtracking: one row with the right text takes minutes, and the clock tells that
 * it is there.
 */
const like: Signature = (args) => {
  const [value, pattern] = args;
  if (args.length !== 2 || !is(value, 'text')) return 'give it text';
  const text = textOf(pattern);
  if (text === null || text.length > MAX_PATTERN_CHARACTERS) {
    return `give the pattern as a text of at most ${MAX_PATTERN_CHARACTERS} characters in quotes`;
  }
  const isLinear = !text.includes('_') || !text.slice(1, -1).includes('%');
  return isLinear ? BOOLEAN : 'in a pattern with `_`, put `%` at the ends only';
};

/**
 * What is searched in, or what is searched for, is a short literal.
 *
 * DuckDB compares at every place where the two begin alike: two long texts of one row take a tenth of a second, and the
 * clock tells that the row is there.
 */
function finding(result: ScalarType): Signature {
  return (args) => {
    if (args.length !== 2 || !args.every((a) => is(a, 'text'))) return 'give it text';
    const isShort = args.some((a) => (textOf(a)?.length ?? Number.POSITIVE_INFINITY) <= MAX_PATTERN_CHARACTERS);
    return isShort ? result : `give what to find as a text of at most ${MAX_PATTERN_CHARACTERS} characters in quotes`;
  };
}

/** Literals, and no longer than what they replace: a text that grows on some rows fills the memory on those rows. */
const replacing: Signature = (args) => {
  const [value, from, to] = args;
  if (args.length !== 3 || !is(value, 'text')) return 'give it text';
  const [old, fresh] = [textOf(from), textOf(to)];
  const isShort = old !== null && fresh !== null && fresh.length <= old.length && old.length <= MAX_PATTERN_CHARACTERS;
  const most = `at most ${MAX_PATTERN_CHARACTERS} characters`;
  return isShort ? TEXT : `give what to replace, ${most}, and its replacement, which may not be longer, in quotes`;
};

/** A literal separator, and a part by its number. */
const splitting: Signature = (args) => {
  const [value, separator, part] = args;
  const length = textOf(separator)?.length ?? 0;
  const isSeparator = length > 0 && length <= MAX_PATTERN_CHARACTERS;
  const fits = args.length === 3 && is(value, 'text') && isSeparator;
  return fits && is(part, 'integer') ? TEXT : 'write split_part(text, separator, number) with the separator in quotes';
};

function textOf(e: Expression | undefined): string | null {
  return e?.kind === 'literal' && e.value.type === 'text' ? e.value.value : null;
}

/** The number that a literal, or a literal with a minus sign, stands for; else `null`. */
export function constantOf(e: Expression): number | null {
  if (e.kind === 'call' && e.name === '-' && e.args.length === 1 && e.args[0] !== undefined) {
    const inner = constantOf(e.args[0]);
    return inner === null ? null : -inner;
  }
  if (e.kind !== 'literal') return null;
  switch (e.value.type) {
    case 'integer':
      return Number(e.value.value);
    case 'decimal':
      return Number(e.value.unscaled) / 10 ** e.value.scale;
    case 'double':
      return e.value.value;
    default:
      return null;
  }
}

/** Operators: always permitted, as they name no computation an owner could want to forbid. */
const OPERATORS: Readonly<Record<string, Signature>> = {
  '+': addition,
  '-': subtraction,
  '*': multiplication,
  '/': numeric(2, DOUBLE),
  '//': (args) => (args.length === 2 && args.every((a) => is(a, 'integer')) ? INTEGER : 'give it two whole numbers'),
  '%': (args) => (args.length === 2 && args.every((a) => is(a, 'integer')) ? INTEGER : 'give it two whole numbers'),
  '||': text(2, 2, TEXT),
  '~~': like,
  '!~~': like,
  '~~*': like,
  '!~~*': like,
  coalesce: alike,
  nullif: alike,
  clamp,
};

const FUNCTIONS: Readonly<Record<string, Signature>> = {
  abs: numeric(1, 'same'),
  sign: numeric(1, INTEGER),
  floor: numeric(1, DOUBLE),
  ceil: numeric(1, DOUBLE),
  round: rounding,
  sqrt: numeric(1, DOUBLE),
  ln: numeric(1, DOUBLE),
  log10: numeric(1, DOUBLE),
  exp: numeric(1, DOUBLE),
  power: numeric(2, DOUBLE),
  pow: numeric(2, DOUBLE),
  log: numeric(1, DOUBLE),
  log2: numeric(1, DOUBLE),
  trunc: numeric(1, DOUBLE),
  mod: (args) => (args.length === 2 && args.every((a) => is(a, 'integer')) ? INTEGER : 'give it two whole numbers'),
  width_bucket: widthBucket,
  greatest: alike,
  least: alike,
  lower: text(1, 1, TEXT),
  upper: text(1, 1, TEXT),
  trim: text(1, 1, TEXT),
  ltrim: text(1, 1, TEXT),
  rtrim: text(1, 1, TEXT),
  reverse: text(1, 1, TEXT),
  strpos: finding(INTEGER),
  instr: finding(INTEGER),
  position: finding(INTEGER),
  split_part: splitting,
  length: text(1, 1, INTEGER),
  concat: text(1, 8, TEXT),
  replace: replacing,
  contains: finding(BOOLEAN),
  starts_with: text(2, 2, BOOLEAN),
  ends_with: text(2, 2, BOOLEAN),
  left: textThenNumbers(1),
  right: textThenNumbers(1),
  substr: textThenNumbers(2),
  substring: textThenNumbers(2),
  year: moment,
  quarter: moment,
  month: moment,
  week: moment,
  day: moment,
  dayofweek: moment,
  isodow: moment,
  dayofmonth: moment,
  dayofyear: moment,
  weekofyear: moment,
  hour: moment,
  minute: moment,
  second: moment,
  dayname: (args) => (typeof moment(args) === 'string' ? moment(args) : TEXT),
  monthname: (args) => (typeof moment(args) === 'string' ? moment(args) : TEXT),
  last_day: (args) => (typeof moment(args) === 'string' ? moment(args) : { kind: 'date' }),
  date_trunc: partThen(1, 'same'),
  date_part: partThen(1, INTEGER),
  date_diff: partThen(2, INTEGER),
  datediff: partThen(2, INTEGER),
  ifnull: (args) => (args.length === 2 ? alike(args) : 'give it two values'),
};

/** The signature of an operator or function; `null` when it is not known to be total. */
export function signatureOf(name: string): Signature | null {
  return Object.hasOwn(OPERATORS, name)
    ? (OPERATORS[name] ?? null)
    : Object.hasOwn(FUNCTIONS, name)
      ? (FUNCTIONS[name] ?? null)
      : null;
}

/** Whether an owner's list of functions decides on this name. */
export function isListedFunction(name: string): boolean {
  return Object.hasOwn(FUNCTIONS, name);
}

/** All function names, for refusals and docs. */
export const FUNCTION_NAMES: readonly string[] = Object.keys(FUNCTIONS);
