// What jobs over tables are given: columns as encoded chunks, the rows of them that enter, and code to call.
import type { PersonRange } from './wall-identity.ts';
import type { ColumnType, LayoutType } from './wire/column-type.ts';
import type { ScoringLanguage, ScoringParameter, ScoringResult } from './wire/scoring.ts';

/**
 * One column of a table to load: its encoded chunks, opened from their seals by the caller, pulled as the worker
 * has room.
 */
export interface ColumnSource {
  name: string;
  type: ColumnType | LayoutType;
  /** The texts of a column of codes, in the order of their bytes, each once. */
  dictionary?: readonly string[];
  chunks: () => AsyncIterable<Uint8Array>;
}

/**
 * What a column must hold for its row to be loaded; NULL never does. Integers and decimals are in units of their last
 * digit, dates in days, timestamps in microseconds.
 */
export interface RowCondition {
  readonly column: string;
  /** Smallest and largest value, both included; null for no end. */
  readonly atLeast: bigint | null;
  readonly atMost: bigint | null;
  /** The values it may have; null for any. */
  readonly among: readonly (string | bigint | boolean)[] | null;
}

/** Which rows of a table enter the wall: those that fulfil every condition, and all of the exempt persons. */
export interface RowSelection {
  readonly conditions: readonly RowCondition[];
  /** The column that holds the person. */
  readonly personColumn: string;
  readonly exempt: readonly bigint[];
}

/** A table to load; chunk `k` of every column has the same row count. */
export interface TableSource {
  name: string;
  columns: ColumnSource[];
  /** The rows that enter; all when left out. */
  selection?: RowSelection;
  /** The persons that enter, by the column that holds them; all when left out. */
  persons?: PersonRange & { readonly column: string };
}

/** Code of an ISV that a query may call for each row. */
export interface ScoringFunction {
  /** What the printed SQL calls it: `galley_f0`, `galley_f1`… */
  name: string;
  language: ScoringLanguage;
  /** UTF-8 source, or a WebAssembly module. */
  code: Uint8Array;
  parameters: ScoringParameter[];
  returns: ScoringResult;
}
