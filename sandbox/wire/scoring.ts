// A scoring function as both sides of the wall know it: the code of an ISV, which maps the values of one row to a
// number or a label and can do nothing else.

/** The languages a scoring function may be written in. */
export type ScoringLanguage = 'javascript' | 'wasm';

/** What a parameter holds. */
export type ScoringKind = 'integer' | 'number' | 'boolean' | 'text' | 'date' | 'timestamp';

/** One parameter of a scoring function. */
export interface ScoringParameter {
  name: string;
  kind: ScoringKind;
  /** The texts the code knows; a WebAssembly module gets the place of the text among them, -1 for any other. */
  values: string[] | null;
}

/** What a function gives; a number's ends are in units of its last digit. */
export type ScoringResult =
  | { kind: 'number'; scale: number; min: bigint; max: bigint }
  | { kind: 'label'; labels: string[] };

/** A value of one row as compiled code takes it: never NULL, since a function of a NULL is NULL without a call. */
export type ScoringArgument = bigint | number | boolean | string;

/**
 * A function that is ready to be called with one row; gives NULL (`null`) for every failure, fuel and memory included.
 *
 * Nothing that one call does may be seen by the next: a person's score that depended on another person would break
 * the bounds of the whole release.
 *
 * Shape: integer as bigint; number, date (days since 1970-01-01) and timestamp (microseconds since then) as number in
 * JavaScript; what a number function gives is unrounded; a label function gives the label's place or the label.
 */
export type CompiledScore = (row: readonly ScoringArgument[]) => number | bigint | string | null;

/** Why code is refused, as a closed set: what a compiler says carries text of the code. */
export const SCORING_FAULTS = [
  /** Not JavaScript, or not a WebAssembly module. */
  'not-this-language',
  /** A construct, an instruction or a section that scoring functions do not have. */
  'construct-not-allowed',
  /** A name that is not declared in the code, or a function that is not among those of Math. */
  'name-not-known',
  /** A value of the wrong type. */
  'types-do-not-match',
  /** No function of the right name, or not with the declared parameters and result. */
  'signature-does-not-match',
  /** The module wants something from outside. */
  'imports-not-allowed',
  /** The code, its memory or its tables are above a limit. */
  'too-large',
] as const;
/** Why code is refused. */
export type ScoringFaultRule = (typeof SCORING_FAULTS)[number];

/** One thing wrong with submitted code. */
export interface ScoringFault {
  rule: ScoringFaultRule;
  /** Line and column from 1 in JavaScript; in WebAssembly `line` is null and `column` the byte offset from 0. */
  line: number | null;
  column: number | null;
  /**
   * The construct, instruction or name at fault, in words of ours or as the submitter wrote it; at most
   * {@link MAX_SUBJECT_CHARS} characters of letters, digits, space, and `_.$()-'`.
   */
  subject: string;
}

/** Most characters of a fault's subject: a name, not a text. */
export const MAX_SUBJECT_CHARS = 80;

/** Most bytes of the code of one function: a model with its weights, not a library. */
export const MAX_SCORING_CODE_BYTES = 1_048_576;

/** Most labels, and most values of a text parameter. */
export const MAX_SCORING_WORDS_COUNT = 256;

/** Most parameters. */
export const MAX_SCORING_PARAMETERS_COUNT = 32;
