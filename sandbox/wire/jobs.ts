// The plain-JSON description of a job, as the worker gets it: everything of the public job but its streams, which
// follow as chunks.
import type { ColumnType, WireType } from './column-type.ts';
import type { ScoringLanguage, ScoringParameter } from './scoring.ts';

/** The identifiers that can be a match key. */
export type IdentifierKind = 'email' | 'phone' | 'member_id';

/** The kinds a run may release. */
export type ResultKind = 'text' | 'integer' | 'boolean' | 'date' | 'timestamp' | 'person';

/** A column of a table that is loaded before a query. */
interface ColumnSpec {
  name: string;
  type: WireType;
}

/** A table that is loaded before a query; its chunks follow column by column. */
export interface TableSpec {
  name: string;
  columns: ColumnSpec[];
}

/** A scoring function that is compiled before a query; its code follows as bytes, before any chunk. */
export interface FunctionSpec {
  name: string;
  language: ScoringLanguage;
  parameters: ScoringParameter[];
  returns: { kind: 'number'; scale: number; min: string; max: string } | { kind: 'label'; labels: string[] };
}

/** A column of an upload. */
export interface IngestColumn {
  name: string;
  type: ColumnType;
  nullable: boolean;
  /** Set when the column is a match key: its values are normalised, and rows without a usable one rejected. */
  identifier?: IdentifierKind;
  /** ISO 3166 country of telephone numbers written without one. */
  defaultRegion?: string;
}

/** The file formats of an upload. */
export type IngestFormat = 'csv' | 'arrow' | 'parquet';

/**
 * One job, as the host describes it to a worker; keys and parameters are text because JSON has no bytes and no
 * 64-bit integers.
 */
export type JobSpec =
  | { kind: 'parse'; sql: string }
  | {
      kind: 'run';
      functions: FunctionSpec[];
      tables: TableSpec[];
      sql: string;
      parameters: string[];
      resultKinds: ResultKind[];
      maxRows: number;
    }
  | { kind: 'check-function'; candidate: FunctionSpec }
  | { kind: 'compose'; tables: TableSpec[]; sql: string; maxRows: number }
  | { kind: 'ingest'; format: IngestFormat; columns: IngestColumn[]; maxRejects: number }
  | { kind: 'pseudonymise'; keyHex: string; identifier: IdentifierKind }
  | { kind: 'tokenise'; keyHex: string; identifier: IdentifierKind };
