import type { ScalarType } from '../collaboration/table-view.ts';
import { allParts, type Expression, isRefusedByTry } from '../plan/expression.ts';
import { commonType } from './functions.ts';
import type { ReleasedSignature } from './released-aggregates.ts';

/**
 * The functions that released values may be given to, beside those that protected rows may.
 *
 * An allow-list: each is a function of its arguments alone. None reads a file, a setting, a catalogue, a sequence, the
 * clock or chance, so that the same release gives the same answer. Their types are loose, as the engine is asked
 * whether it takes the query before anything is charged.
 */
const RESULTS: Readonly<Record<'text' | 'integer' | 'double' | 'boolean' | 'date' | 'timestamp' | 'interval', string>> =
  {
    text:
      'ltrim rtrim reverse concat_ws lpad rpad translate split_part format printf chr bar md5 sha256 ' +
      'regexp_replace regexp_extract substring_grapheme left_grapheme right_grapheme strip_accents nfc_normalize ' +
      'dayname monthname strftime to_base bin hex url_encode url_decode',
    integer:
      'length_grapheme strlen bit_length strpos instr ascii unicode ord levenshtein ' +
      'damerau_levenshtein hamming bit_count gcd lcm factorial isodow isoyear dayofmonth dayofyear weekday ' +
      'weekofyear yearweek minute second millisecond microsecond century decade millennium epoch_ms datediff ' +
      'date_sub datesub datepart grouping',
    double:
      'cbrt log log2 pow sin cos tan asin acos atan atan2 cot sinh cosh tanh asinh acosh atanh degrees radians pi ' +
      'gamma lgamma jaccard jaro_similarity jaro_winkler_similarity epoch trunc ceiling',
    boolean: 'prefix suffix regexp_matches regexp_full_match isnan isinf isfinite',
    date: 'last_day make_date',
    timestamp: 'strptime try_strptime time_bucket datetrunc make_timestamp',
    interval:
      'to_years to_quarters to_months to_weeks to_days to_hours to_minutes to_seconds to_milliseconds to_microseconds',
  };

const LISTED = new Map<string, ScalarType>(
  Object.entries(RESULTS).flatMap(([kind, names]) =>
    names.split(' ').map((name): [string, ScalarType] => [name, { kind: kind as keyof typeof RESULTS }]),
  ),
);

/** Names of the functions above the noise, for docs and refusals; protected rows may be given to some of them too. */
export const RELEASED_FUNCTIONS: readonly string[] = [...LISTED.keys(), 'age', 'ifnull', 'mod'].toSorted();

/**
 * Functions of protected rows that are an error outside of a range. TRY keeps it away there; around aggregates it
 * cannot.
 */
const WITH_RANGE = ['sqrt', 'ln', 'log', 'log2', 'log10'];

/** Whether a function over these arguments is printed with a condition that keeps it in its range. */
export function needsRange(name: string, args: readonly Expression[]): boolean {
  return WITH_RANGE.includes(name) && args.flatMap(allParts).some(isRefusedByTry);
}

/** Most arguments of a function: none of them has more. */
const MAX_ARGUMENTS = 20;

const isMoment = (e: Expression | undefined): boolean => e?.type.kind === 'date' || e?.type.kind === 'timestamp';
const isSpan = (e: Expression | undefined): boolean => e?.type.kind === 'interval';

/** Moments and spans of time, which protected rows do not add. */
const addition: ReleasedSignature = ([a, b]) => {
  if (isMoment(a) && isSpan(b)) return { kind: 'timestamp' };
  if (isSpan(a) && isMoment(b)) return { kind: 'timestamp' };
  if (isSpan(a) && (b === undefined || isSpan(b))) return { kind: 'interval' };
  return 'give it numbers, or a moment and a span of time';
};

const subtraction: ReleasedSignature = (args) => {
  const [a, b] = args;
  if (isMoment(a) && isMoment(b)) return { kind: 'interval' };
  return isSpan(a) && isMoment(b) ? 'give it a moment and a span of time' : addition(args);
};

const multiplication: ReleasedSignature = ([a, b]) =>
  isSpan(a) !== isSpan(b) && a !== undefined && b !== undefined
    ? { kind: 'interval' }
    : 'give it numbers, or a span of time and a number';

const alike: ReleasedSignature = ([a, b, ...more]) =>
  (a && b && more.length === 0 ? commonType(a.type, b.type) : null) ?? 'give it two values of one type';

function loose(count: number, kind: 'boolean' | 'text'): ReleasedSignature {
  return (args) => (args.length === count && args.every((a) => a.type.kind === 'text') ? { kind } : 'give it text');
}

const SPECIAL: Readonly<Record<string, ReleasedSignature>> = {
  '+': addition,
  '-': subtraction,
  '*': multiplication,
  ifnull: alike,
  mod: alike,
  // With one argument it would read the clock.
  age: (args) => (args.length === 2 ? { kind: 'interval' } : 'give it two moments'),
  // Freer than over protected rows: no row of a person tells by the time or the memory that a pattern takes.
  '~~': loose(2, 'boolean'),
  '!~~': loose(2, 'boolean'),
  '~~*': loose(2, 'boolean'),
  '!~~*': loose(2, 'boolean'),
  replace: loose(3, 'text'),
  concat: (args) => (args.length > 0 && args.length <= MAX_ARGUMENTS ? { kind: 'text' } : 'give it texts'),
  round: (args) => (args.length === 1 || args.length === 2 ? { kind: 'double' } : 'give it a number'),
  '%': alike,
};

/** What a function above the noise makes of its arguments; `null` for a name that is not on the list. */
export function releasedFunction(name: string): ReleasedSignature | null {
  if (Object.hasOwn(SPECIAL, name)) return SPECIAL[name] ?? null;
  const type = LISTED.get(name);
  if (type === undefined) return null;
  return (args) => (args.length <= MAX_ARGUMENTS ? type : `give it at most ${MAX_ARGUMENTS} arguments`);
}
