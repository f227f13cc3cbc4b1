// The plain-JSON description of a job, as the worker gets it: everything of the public job but its streams, which
// follow as chunks.
import type { ColumnType, WireType } from './column-type.ts';
import type { DigestSample } from './matching.ts';
import type { ScoringLanguage, ScoringParameter } from './scoring.ts';

/** What a worker's script is told last when no engine is to be opened before a job asks for one. */
export const COLD_ENGINE_WORD = 'cold-engine';

/** What it is told last when the engine is to be opened, and warmed up for texts alone. */
export const READING_ENGINE_WORD = 'reading-engine';

/**
 * The identifiers that can be a match key. `custom:<name>` is one that members agree on among themselves, for example
 * `custom:loyalty_id`; it matches the same name only.
 */
export type IdentifierKind = 'email' | 'phone' | 'member_id' | 'device_id' | 'card_number' | `custom:${string}`;

/**
 * What a file holds of an identifier: the identifier itself, or already its digest, the SHA-256 of the normalised
 * identifier, in base64 or hex.
 */
export type IdentifierForm = 'raw' | 'hashed';

/** The kinds a run may release. */
export type ResultKind = 'text' | 'integer' | 'boolean' | 'date' | 'timestamp' | 'person';

/** A column of a table that is loaded before a query. */
export interface ColumnSpec {
  name: string;
  type: WireType;
  /** Of a column of codes: the place of its dictionary in the job's list. */
  dictionary?: number;
}

/** A table that is loaded before a query; its chunks follow column by column. */
export interface TableSpec {
  name: string;
  columns: ColumnSpec[];
}

/** A table that is loaded shard by shard, or whole with the first. */
export interface ShardedTableSpec extends TableSpec {
  isWhole: boolean;
}

/** A statement that each shard runs, or the first alone, and the table that its rows go to. */
export interface StepSpec {
  into: string;
  sql: string;
  keeps: 'shard' | 'run';
  merge: string | null;
  isOnce: boolean;
}

/** A derived table: the statement that makes a shard of it, and what its columns must be. */
export interface OutputSpec {
  sql: string;
  columns: ColumnSpec[];
  /** The tables of steps that must be there. */
  reads: string[];
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
  /** Its name in the file; the same when left out. */
  source?: string;
  /** For an identifier: `digest`. */
  type: ColumnType;
  /** A row with none in any identifier column is rejected, however nullable each may be. */
  nullable: boolean;
  /** Set when the column is a match key: its values are normalised and hashed; one that is unusable rejects its row. */
  identifier?: IdentifierKind;
  /** How the file holds the identifier; `raw` when left out. */
  form?: IdentifierForm;
  /** ISO 3166 country of telephone numbers written without one. */
  defaultRegion?: string;
}

/** The file formats of an upload. */
export type IngestFormat = 'csv' | 'ndjson' | 'arrow' | 'parquet';

/** The encodings of a text file, by their names in the WHATWG Encoding Standard. */
export type TextEncodingLabel = string;

/**
 * How a file is written. What is left out is found out from its first bytes; what is named is held to.
 */
export interface FileLayout {
  format: IngestFormat;
  /** Of text files; UTF-8, UTF-16 or the marks of a byte order mark are found out. */
  encoding?: TextEncodingLabel;
  /** Between the fields of CSV, one character. */
  delimiter?: string;
  /** Around the fields of CSV, one character; empty for none. */
  quote?: string;
  /** Before a quote that is part of a field of CSV, one character; left out, such quotes are doubled. */
  escape?: string;
  /** What CSV writes for a missing value, beside nothing at all. */
  nullWords?: string[];
}

/** Whom privacy is kept for, and who is counted. */
export type PrivacyUnit = 'person' | 'household';

/**
 * How members are blurred: a member is left out, and another person of the table brought in, where a keyed coin falls below
 * its line.
 */
export interface BlurSpec {
  keyHex: string;
  /** Of 2^32. */
  dropBelow: number;
  addBelow: number;
}

/** Groups in which it is told whose rows changed their persons: a bit of one number each. */
export const PART_GROUPS_COUNT = 32;

/** What chunks for a spine are. */
export interface SpineInput {
  /**
   * Links and singles as `pseudonymise` told them; the nodes of the rows themselves, where there is one identifier only;
   * or the entries of an earlier spine.
   */
  kind: 'links' | 'singles' | 'nodes' | 'earlier';
  /** Index of the member whose they are. */
  member: number;
  /** Number of the part; parts are told apart by the remainder of {@link PART_GROUPS_COUNT}. */
  part: number;
  /** The rank of each identifier column's kind, lower first; 255 for the kind that names households. */
  ranks: readonly number[];
}

/** Exact counts of one member's own identifiers. */
export interface SpineCounts {
  identifiers: number;
  clusters: number;
  /** Identifiers that stand under another. */
  attached: number;
  /** Identifiers seen with several of the kind they would have stood under. */
  shared: number;
  /** Identifiers with more links than a person has. */
  crowded: number;
  /** The same by rank of their kinds, those that occur. */
  ranks: RankCounts[];
}

/** Exact counts of one member's identifiers of one kind. */
export interface RankCounts {
  rank: number;
  identifiers: number;
  attached: number;
  shared: number;
}

/**
 * One job, as the host describes it to a worker; keys and parameters are text because JSON has no bytes and no
 * 64-bit integers.
 */
export type JobSpec =
  | { kind: 'parse'; sql: string }
  | {
      kind: 'run';
      functions: FunctionSpec[];
      /** How many texts each dictionary has; the texts follow before any table's chunk. */
      dictionaries: number[];
      tables: TableSpec[];
      sql: string;
      parameters: string[];
      resultKinds: ResultKind[];
      maxRows: number;
    }
  | {
      kind: 'run-sharded';
      functions: FunctionSpec[];
      dictionaries: number[];
      /** Chunks of a shard follow table by table, then the word that it is whole. */
      tables: ShardedTableSpec[];
      shardCount: number;
      steps: StepSpec[];
      sql: string;
      parameters: string[];
      resultKinds: ResultKind[];
      maxRows: number;
    }
  | {
      kind: 'derive';
      dictionaries: number[];
      tables: TableSpec[];
      salt: string;
      /** First and last person of each. */
      shards: [string, string][];
      steps: { into: string; sql: string }[];
      outputs: OutputSpec[];
    }
  | { kind: 'check-function'; candidate: FunctionSpec }
  | { kind: 'compose'; tables: TableSpec[]; sql: string; maxRows: number }
  | {
      kind: 'ingest';
      layout: FileLayout;
      columns: IngestColumn[];
      maxRejects: number;
      byteCount: number;
      sortKeyHex: string;
    }
  | { kind: 'inspect'; layout: Partial<FileLayout>; byteCount: number }
  | { kind: 'pseudonymise'; columns: { keyHex: string; rank: number }[] }
  | {
      kind: 'resolve';
      unit: PrivacyUnit;
      /** One a member, in their order. */
      aloneKeysHex: string[];
      /** What chunks of each table are. */
      inputs: SpineInput[];
      isCounting: boolean;
    }
  | { kind: 'assign' }
  | { kind: 'tokenise'; keyHex: string; identifier: IdentifierKind; blur: BlurSpec | null }
  | {
      kind: 'judge-rows';
      /** In order; table 0 carries what is sought, by the place of its column, table 1 the rows. */
      columns: { role: JudgedRole; kind: IdentifierKind | null }[];
      purpose: string;
      regions: string[];
      day: number;
      keyHex: string;
    }
  | {
      kind: 'link-identifiers';
      /** Every kind there is; a chunk's column is a place in it. Table 0 carries what is sought. */
      kinds: IdentifierKind[];
      /** The kinds of each part, by place; tables 1 to n are the parts, and n + 1 to 2 n the same once more. */
      parts: number[][];
      keyHex: string;
    }
  | {
      kind: 'redact';
      layout: FileLayout;
      columns: IngestColumn[];
      /** Chunks of what is sought, by the place of its column, before the first byte of the file. */
      soughtChunkCount: number;
      byteCount: number;
      keyHex: string;
    }
  | { kind: 'match-kinds'; kindCount: number }
  | { kind: 'hide-points'; secretHex: string; identifier: IdentifierKind; sample: DigestSample; padding: number }
  | { kind: 'count-matches'; secretHex: string };

/** Jobs that ask the engine; all others read, hash and write without it. */
export const ENGINE_JOBS: ReadonlySet<JobSpec['kind']> = new Set(['parse', 'run', 'run-sharded', 'derive', 'compose']);

/** What a column says of whether a row counts. */
export type JudgedRole = 'purpose' | 'region' | 'until' | 'identifier';
