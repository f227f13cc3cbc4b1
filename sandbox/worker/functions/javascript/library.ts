// What a program may call that it did not write: pure functions of numbers and of text. A name that is not here does
// not exist; nothing that draws, tells the time or remembers is here.
import type { ValueType } from './program.ts';

/** One function of the library: how it is called, and what it costs beside its operands. */
export interface LibraryFunction {
  readonly takes: readonly ValueType[];
  /** Whether the last operand may be repeated. */
  readonly isVariadic?: boolean;
  /** Operands that may be left out. */
  readonly optionalCount?: number;
  readonly gives: ValueType;
  /** The printed name. */
  readonly prints: string;
}

/** Functions of one number. */
const OF_ONE_NUMBER = [
  ...['abs', 'acos', 'acosh', 'asin', 'asinh', 'atan', 'atanh', 'cbrt', 'ceil', 'clz32', 'cos', 'cosh', 'exp'],
  ...['expm1', 'floor', 'fround', 'log', 'log10', 'log1p', 'log2', 'round', 'sign', 'sin', 'sinh', 'sqrt', 'tan'],
  ...['tanh', 'trunc'],
];

const ofMath = (name: string, takes: readonly ValueType[], isVariadic = false): [string, LibraryFunction] => [
  `Math.${name}`,
  { takes, isVariadic, gives: 'number', prints: `Math.${name}` },
];
const ofNumber = (name: string): [string, LibraryFunction] => [
  `Number.${name}`,
  { takes: ['number'], gives: 'boolean', prints: `Number.${name}` },
];

/** Functions that are called by a name of the language. */
export const BUILTINS: ReadonlyMap<string, LibraryFunction> = new Map([
  ...OF_ONE_NUMBER.map((name) => ofMath(name, ['number'])),
  ofMath('atan2', ['number', 'number']),
  ofMath('hypot', ['number'], true),
  ofMath('imul', ['number', 'number']),
  ofMath('max', ['number'], true),
  ofMath('min', ['number'], true),
  ofMath('pow', ['number', 'number']),
  ofNumber('isFinite'),
  ofNumber('isInteger'),
  ofNumber('isNaN'),
  ['Number', { takes: ['string'], gives: 'number', prints: 'toNumber' }],
]);

/** Numbers that have a name in the language. */
export const NAMED_NUMBERS: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['Math.E', Math.E],
  ['Math.LN10', Math.LN10],
  ['Math.LN2', Math.LN2],
  ['Math.LOG10E', Math.LOG10E],
  ['Math.LOG2E', Math.LOG2E],
  ['Math.PI', Math.PI],
  ['Math.SQRT1_2', Math.SQRT1_2],
  ['Math.SQRT2', Math.SQRT2],
  ['Number.EPSILON', Number.EPSILON],
  ['Number.MAX_SAFE_INTEGER', Number.MAX_SAFE_INTEGER],
  ['Number.MAX_VALUE', Number.MAX_VALUE],
  ['Number.MIN_SAFE_INTEGER', Number.MIN_SAFE_INTEGER],
  ['Number.MIN_VALUE', Number.MIN_VALUE],
  ['Number.NEGATIVE_INFINITY', Number.NEGATIVE_INFINITY],
  ['Number.NaN', Number.NaN],
  ['Number.POSITIVE_INFINITY', Number.POSITIVE_INFINITY],
]);

const ofText = (
  name: string,
  further: readonly ValueType[],
  gives: ValueType,
  optionalCount = 0,
): [string, LibraryFunction] => [name, { takes: ['string', ...further], optionalCount, gives, prints: name }];

/** Methods of text; the first operand is the text itself. Each charges fuel by length in the printed prelude. */
export const TEXT_METHODS: ReadonlyMap<string, LibraryFunction> = new Map([
  ofText('charCodeAt', ['number'], 'number'),
  ofText('endsWith', ['string'], 'boolean'),
  ofText('includes', ['string'], 'boolean'),
  ofText('indexOf', ['string'], 'number'),
  ofText('slice', ['number', 'number'], 'string', 1),
  ofText('startsWith', ['string'], 'boolean'),
  ofText('toLowerCase', [], 'string'),
  ofText('toUpperCase', [], 'string'),
  ofText('trim', [], 'string'),
]);

/** Names that a program cannot give to its own things: whoever reads `Math.exp` must be able to trust it. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'Math',
  'NaN',
  'Number',
  'Infinity',
  'undefined',
  'arguments',
  'eval',
]);
