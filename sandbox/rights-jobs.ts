// Jobs by which persons leave: who counts, who belongs together, and what stays of a file.
import type { FileLayout, IdentifierKind, IngestColumn } from './wire/jobs.ts';

/** Identifiers of one kind to look for, each the first 16 bytes of its digest under AES-256 with the key of the job. */
export interface SoughtIdentifiers {
  kind: IdentifierKind;
  blocks: Uint8Array;
}

/** A column by which rows are judged. */
export type JudgedColumn =
  /** What a row may be used for, where, and until when. */
  | { role: 'purpose' | 'region' | 'until'; chunks: () => AsyncIterable<Uint8Array> }
  /** A vault column; a row with a sought identifier does not count. */
  | { role: 'identifier'; kind: IdentifierKind; chunks: () => AsyncIterable<Uint8Array> };

/** Judges rows by the consent they carry and by who is sought. */
export interface JudgeRowsJob {
  columns: JudgedColumn[];
  /** A word, or empty: then only consent to everything covers it. */
  purpose: string;
  /** Two upper-case letters each; any region when there are none. */
  regions: string[];
  /** Days since 1970-01-01: rows whose last day is before it do not count. */
  day: number;
  key: Uint8Array;
  sought: SoughtIdentifiers[];
}

/** What judging yields, one chunk for each block of rows. */
export type Verdicts =
  /** A column chunk of 64-bit words, a bit a row from the lowest on: 1 for a row that counts. */
  | { kind: 'chunk'; rows: number; bytes: Uint8Array }
  /** The first day on which another row ceases to count; null when none will. */
  | { kind: 'done'; changesOn: number | null };

/** Finds the identifiers that stand beside the sought ones and name nobody else. */
export interface LinkIdentifiersJob {
  /** Every kind there may be, from the one that names persons best. */
  kinds: IdentifierKind[];
  /** Groups of vault columns, row by row alike; each is read twice. */
  parts: { kind: IdentifierKind; chunks: () => AsyncIterable<Uint8Array> }[][];
  key: Uint8Array;
  sought: SoughtIdentifiers[];
}

/** An original without the rows of sought persons. */
export interface RedactJob {
  layout: FileLayout;
  columns: IngestColumn[];
  key: Uint8Array;
  sought: SoughtIdentifiers[];
}

/** What redacting yields: the bytes that stay, then how many rows they are, and how many had been refused. */
export type RedactEvent = { kind: 'bytes'; bytes: Uint8Array } | { kind: 'done'; rows: number; refused: number };
