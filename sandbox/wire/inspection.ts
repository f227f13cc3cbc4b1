// What may be said of a file before anybody has said what it holds: how it is written, and what its columns look like.
// Closed words, counts and the names of columns; never a value.
import type { FileLayout, IdentifierForm } from './jobs.ts';

/** What a column may be proposed as: the types, and the kinds of identifiers that can be told by their looks. */
export const PROPOSED_KINDS = [
  'text',
  'integer',
  'decimal',
  'boolean',
  'date',
  'timestamp',
  'email',
  'phone',
  'member_id',
  'device_id',
  'card_number',
] as const;
/** What a column may be proposed as. */
export type ProposedKind = (typeof PROPOSED_KINDS)[number];

/** How a file may be packed as a whole. */
export const PACKINGS = ['none', 'gzip', 'zstd', 'zip'] as const;
/** How a file is packed as a whole. */
export type Packing = (typeof PACKINGS)[number];

/** Words that programs write for a missing value, and that are looked for. */
export const KNOWN_NULL_WORDS = ['\\N', 'NULL', 'null', 'NA', 'N/A', '#N/A', 'None', 'NaN', 'nan'] as const;

/** Encodings that are proposed where a text is not UTF-8. */
export const PROPOSED_ENCODINGS = ['gb18030', 'big5', 'shift_jis', 'euc-kr', 'windows-1252'] as const;

/** Most rows that are looked at: enough to see what a column is, and done in a second. */
export const MAX_INSPECTED_ROWS = 10_000;

/** Most columns that are described: as many as a dataset may have. */
export const MAX_INSPECTED_COLUMNS_COUNT = 1_000;

/** Longest name of a column that is told. */
export const MAX_SOURCE_NAME_CHARS = 256;

/** A column of a file, and what it may become. */
export interface FoundColumn {
  /** Its name in the file. */
  source: string;
  /** A name that SQL writes without quotes. */
  name: string;
  kind: ProposedKind;
  /** Of a decimal: digits after the point. */
  scale: number;
  /** Of an identifier. */
  form: IdentifierForm;
  /** Whether a value was missing in the rows looked at. */
  nullable: boolean;
  /** Of the values looked at, how many of a thousand are of this kind, rounded down. */
  fitPermille: number;
}

/** What a file looks like. */
export interface FileDescription {
  layout: FileLayout;
  packing: Packing;
  /**
   * Whether the text is not UTF-8 and the encoding in the layout was guessed from how the bytes fall: to be confirmed by
   * somebody who knows the file.
   */
  isEncodingGuessed: boolean;
  /** In their order in the file. */
  columns: FoundColumn[];
  /** Columns that are not described: too many, nested, without a name of their own, or with one that cannot be shown. */
  furtherColumnCount: number;
  /** Rows that were looked at, from the first on. */
  rowCount: number;
}
