import type { RejectReason } from '../../../wire/reasons.ts';
import type { RawValue } from '../raw-value.ts';

/**
 * One column of a run of rows. Values are set row by row; a row that is left out is set over by the next one, so that
 * nothing of it is kept.
 */
export interface RunColumn {
  /** Makes room for rows up to `rowCapacity`. */
  reserve(rowCapacity: number): void;
  /**
   * Sets the value of a row from the text between two places of a file; gives why it cannot.
   *
   * @param isClean whether these bytes are known to be UTF-8 without NUL and replacement characters
   */
  setText(row: number, bytes: Buffer, start: number, end: number, isClean: boolean): RejectReason | null;
  /** Sets the value of a row as another format gives it; null for a missing one. */
  setRaw(row: number, raw: RawValue): RejectReason | null;
  /** Whether the row has a value. */
  has(row: number): boolean;
  /** Bytes that the texts of these rows take, each written out; 0 for fixed-width values. */
  textBytes(rows: Uint32Array): number;
  /** Makes a chunk of these rows, in this order. */
  encode(rows: Uint32Array): Uint8Array;
  /** Forgets all rows. */
  clear(): void;
}

/** What the columns of a run hold in texts, counted by all of them together. */
export interface HeldBytes {
  count: number;
}
