import { isNumber, type ScalarType } from '../collaboration/table-view.ts';
import type { Expression } from '../plan/expression.ts';

/** What a call makes of its arguments: a type, or what it expects instead. */
export type ReleasedSignature = (args: readonly Expression[]) => ScalarType | string;

const INTEGER: ScalarType = { kind: 'integer' };
const DOUBLE: ScalarType = { kind: 'double' };
const TEXT: ScalarType = { kind: 'text' };
const BOOLEAN: ScalarType = { kind: 'boolean' };

/** Between so many arguments of any type; the engine is asked about their types before anything is charged. */
function takes(least: number, most: number, result: ScalarType): ReleasedSignature {
  return (args) => (args.length >= least && args.length <= most ? result : inWords(least, most));
}

/** The type of the first argument. */
function like(least: number, most: number): ReleasedSignature {
  return (args) => {
    const [first] = args;
    return first !== undefined && args.length >= least && args.length <= most ? first.type : inWords(least, most);
  };
}

function inWords(least: number, most: number): string {
  if (most === 0) return 'give it nothing';
  return `give it ${least === most ? most : `${least} to ${most}`} ${most === 1 ? 'argument' : 'arguments'}`;
}

const isNumeric = (e: Expression | undefined): boolean =>
  e !== undefined && (isNumber(e.type) || e.type.kind === 'null');

/** One number, and perhaps something more. */
function ofNumber(result: ScalarType | 'same', most = 1): ReleasedSignature {
  return (args) => {
    const [first] = args;
    if (first === undefined || !isNumeric(first) || args.length > most) return 'give it a number';
    return result === 'same' ? first.type : result;
  };
}

/** A boolean counts as 0 or 1. */
const total: ReleasedSignature = (args) => {
  const [first] = args;
  return args.length === 1 && first?.type.kind === 'boolean' ? INTEGER : ofNumber('same')(args);
};

/** Between two values lies a number, or a moment. */
const interpolated =
  (most: number): ReleasedSignature =>
  (args) => {
    const [first] = args;
    if (first === undefined || args.length !== most) return inWords(most, most);
    if (isNumeric(first)) return DOUBLE;
    return first.type.kind === 'date' || first.type.kind === 'timestamp' ? { kind: 'timestamp' } : first.type;
  };

const SIGNATURES: Readonly<Record<string, ReleasedSignature>> = {
  count: takes(0, 1, INTEGER),
  count_star: takes(0, 0, INTEGER),
  count_if: takes(1, 1, INTEGER),
  approx_count_distinct: takes(1, 1, INTEGER),
  sum: total,
  product: ofNumber(DOUBLE),
  avg: ofNumber(DOUBLE),
  mean: ofNumber(DOUBLE),
  geometric_mean: ofNumber(DOUBLE),
  min: like(1, 1),
  max: like(1, 1),
  mode: like(1, 1),
  any_value: like(1, 1),
  first: like(1, 1),
  last: like(1, 1),
  arg_min: like(2, 2),
  arg_max: like(2, 2),
  min_by: like(2, 2),
  max_by: like(2, 2),
  median: interpolated(1),
  quantile: like(2, 2),
  quantile_cont: interpolated(2),
  quantile_disc: like(2, 2),
  approx_quantile: like(2, 2),
  mad: ofNumber(DOUBLE),
  stddev: ofNumber(DOUBLE),
  stddev_samp: ofNumber(DOUBLE),
  stddev_pop: ofNumber(DOUBLE),
  variance: ofNumber(DOUBLE),
  var_samp: ofNumber(DOUBLE),
  var_pop: ofNumber(DOUBLE),
  skewness: ofNumber(DOUBLE),
  kurtosis: ofNumber(DOUBLE),
  entropy: takes(1, 1, DOUBLE),
  corr: ofNumber(DOUBLE, 2),
  covar_samp: ofNumber(DOUBLE, 2),
  covar_pop: ofNumber(DOUBLE, 2),
  regr_slope: ofNumber(DOUBLE, 2),
  regr_intercept: ofNumber(DOUBLE, 2),
  regr_r2: ofNumber(DOUBLE, 2),
  bool_and: takes(1, 1, BOOLEAN),
  bool_or: takes(1, 1, BOOLEAN),
  bit_and: takes(1, 1, INTEGER),
  bit_or: takes(1, 1, INTEGER),
  bit_xor: takes(1, 1, INTEGER),
  string_agg: takes(1, 2, TEXT),
  group_concat: takes(1, 2, TEXT),
  listagg: takes(1, 2, TEXT),
};

const WINDOWS: Readonly<Record<string, ReleasedSignature>> = {
  row_number: takes(0, 0, INTEGER),
  rank: takes(0, 0, INTEGER),
  dense_rank: takes(0, 0, INTEGER),
  percent_rank: takes(0, 0, DOUBLE),
  cume_dist: takes(0, 0, DOUBLE),
  ntile: takes(1, 1, INTEGER),
  lag: like(1, 3),
  lead: like(1, 3),
  first_value: like(1, 1),
  last_value: like(1, 1),
  nth_value: like(2, 2),
};

/** Aggregates over released values: free, as everything above the noise is. */
export const RELEASED_AGGREGATES: readonly string[] = Object.keys(SIGNATURES);

/** Functions that need OVER. */
export const WINDOW_FUNCTIONS: readonly string[] = Object.keys(WINDOWS);

/** What an aggregate over released values makes of its arguments; `null` for a name that is none. */
export function releasedAggregate(name: string): ReleasedSignature | null {
  return Object.hasOwn(SIGNATURES, name) ? (SIGNATURES[name] ?? null) : null;
}

/** What a function that needs OVER makes of its arguments; `null` for a name that is none. */
export function windowFunction(name: string): ReleasedSignature | null {
  return Object.hasOwn(WINDOWS, name) ? (WINDOWS[name] ?? null) : null;
}
