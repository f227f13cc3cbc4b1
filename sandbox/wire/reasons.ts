// The closed sets of words a worker may give for a failure. Engine and parser text carries values of rows, so none
// of it crosses.

/** Why a text has no syntax tree. */
export const PARSE_REFUSALS = ['syntax', 'not-select', 'too-large'] as const;
/** Why a text has no syntax tree: not SQL, SQL but no SELECT, or too long or too deeply nested. */
export type ParseRefusal = (typeof PARSE_REFUSALS)[number];

/** Why a whole upload is refused. */
export const INPUT_REFUSALS = [
  /** It does not begin as a file of that format does. */
  'not-this-format',
  /** It begins as one and contradicts itself further on. */
  'unreadable',
  /** It uses a part of the format that is not read here. */
  'not-supported',
  /** Parquet and Arrow files are read from their ends, and compress their own parts. */
  'compressed',
  'header-mismatch',
  /** Where the names of columns belong stand values of a person. */
  'no-header',
  'too-many-rejects',
  'row-too-long',
  /** A row group, a page, a record batch, a dictionary or the description of the columns is above a limit. */
  'part-too-large',
  /** The file unpacked is too large, in itself or for what was sent. */
  'too-large',
  /** Reading it took more memory or time than one upload may have. */
  'needs-too-much',
  'truncated',
  'encoding',
  'empty',
] as const;
/** Why a whole upload is refused; nothing of it is to be kept. */
export type InputRefusal = (typeof INPUT_REFUSALS)[number];

/** Why one row of an upload is left out. */
export const REJECT_REASONS = [
  'missing',
  'not-an-integer',
  'not-a-decimal',
  'not-a-date',
  'not-a-timestamp',
  'not-a-boolean',
  'not-text',
  'not-an-identifier',
  /** Of a column that holds digests. */
  'not-a-digest',
  /** Not one usable identifier in the whole row. */
  'no-identifier',
  'out-of-range',
  'too-long',
  'wrong-column-count',
  /** A line that is not one JSON object, or has a key twice. */
  'not-an-object',
  'encoding',
] as const;
/** Why one row of an upload is left out: a statement about its type, never about its value. */
export type RejectReason = (typeof REJECT_REASONS)[number];

/** What a worker may answer in place of a result. */
export const FAILURE_CODES = ['RUN_FAILED', 'INPUT_REFUSED'] as const;
/** What a worker may answer in place of a result; only uploads may be INPUT_REFUSED. */
export type FailureCode = (typeof FAILURE_CODES)[number];

/** Rejects beyond the tolerance that an upload still reports before it is refused: a screenful or two. */
export const FURTHER_REJECTS_COUNT = 100;
