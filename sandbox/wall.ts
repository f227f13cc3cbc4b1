import type { Cell, ColumnType } from './wire/column-type.ts';
import type { IdentifierKind, IngestColumn, IngestFormat, ResultKind } from './wire/jobs.ts';
import type { InputRefusal, ParseRefusal, RejectReason } from './wire/reasons.ts';
import type { ScoringFault, ScoringLanguage, ScoringParameter, ScoringResult } from './wire/scoring.ts';

/**
 * One column of a table to load: its encoded chunks, opened from their seals by the caller, pulled as the worker
 * has room.
 */
export interface ColumnSource {
  name: string;
  type: ColumnType;
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

/** Whether code may be a scoring function, and everything that is wrong with it. */
export type ScoringCheck = { ok: true } | { ok: false; faults: ScoringFault[] };

/** A query printed from a plan, over tables that only this job's worker will hold. */
export interface RunJob {
  tables: TableSource[];
  /** What the statement calls beside the engine's own functions; none when left out. */
  functions?: ScoringFunction[];
  /** One statement; `$1` to `$n` are the parameters. */
  sql: string;
  /** Bound as BIGINT, or UBIGINT above its range. */
  parameters: bigint[];
  resultColumns: { name: string; kind: ResultKind }[];
  /** A result with more rows fails as a whole: a cut one would pass for complete. */
  maxRows: number;
}

/** The kinds of values in released tables. */
export type ReleasedKind = 'text' | 'integer' | 'double' | 'boolean' | 'date' | 'timestamp';

/** A released table that an outer query reads. */
export interface OuterTable {
  name: string;
  columns: { name: string; kind: ReleasedKind }[];
  rows: Cell[][];
}

/** An outer query over released values only. */
export interface ComposeJob {
  tables: OuterTable[];
  sql: string;
  /** A result with more rows fails as a whole. */
  maxRows: number;
}

/** What an outer query answers; columns are named and typed by the engine. */
export interface ComposedTable {
  columns: { name: string; kind: ReleasedKind }[];
  rows: Cell[][];
}

/** How the bytes of an upload are to be read; columns are found by name, others in the file ignored. */
export interface IngestJob {
  format: IngestFormat;
  columns: IngestColumn[];
  /** One reject more refuses the whole upload. */
  maxRejects: number;
}

/** What an upload yields, in order; for each block of rows, one chunk of every column. */
export type IngestEvent =
  /** Identifier columns carry the normalised identifier as text. */
  | { kind: 'chunk'; column: number; rows: number; bytes: Uint8Array }
  /**
   * A row left out. `line` is the physical line on which it starts (csv) or its row number (arrow, parquet), from
   * 1.
   */
  | { kind: 'reject'; line: number; column: string; reason: RejectReason }
  /** Rows kept and file bytes read so far. */
  | { kind: 'progress'; rows: number; bytes: number }
  | { kind: 'done'; rows: number; rejected: number };

/**
 * Turns normalised identifiers into persons: the first 8 bytes, big-endian, of HMAC-SHA256(key, identifier + ":" +
 * value); null stays null.
 */
export interface PseudonymiseJob {
  key: Uint8Array;
  identifier: IdentifierKind;
  chunks: () => AsyncIterable<Uint8Array>;
}

/**
 * Turns the identifiers of selected persons into a destination's tokens: base64url of the first 16 bytes of the
 * same HMAC under its own key.
 */
export interface TokeniseJob {
  key: Uint8Array;
  identifier: IdentifierKind;
  /** Who is selected. */
  persons: BigUint64Array;
  /** Person chunks and vault chunks, row by row alike. */
  personChunks: () => AsyncIterable<Uint8Array>;
  vaultChunks: () => AsyncIterable<Uint8Array>;
}

/** The engine's own tree of a text, or why there is none; `position` is a byte offset into the text. */
export type ParseResult = { ok: true; tree: string } | { ok: false; reason: ParseRefusal; position?: number };

/**
 * A right to wait for workers: jobs that have one are never turned away for the length of the line, so that whoever takes
 * one before a charge does not pay for a full line after it.
 */
export interface Seat {
  /** Whom it is for. */
  readonly lane: string;
  /** Makes room for the next; a job that runs goes on. */
  leave(): void;
}

/** How long a job may take, waiting for a worker included, and the signal that ends it early. */
export interface JobLimits {
  deadlineMs: number;
  signal?: AbortSignal;
  /** Whom the job is for; jobs of one lane never hold up those of another. Left out: the service's own. */
  lane?: string;
  /** The seat it waits on, whose lane then counts; without one it takes one for itself. */
  seat?: Seat;
}

/** What keeps a promise of the wall: one of the layers around a worker, the engine's own lock, or the machine itself. */
export type WallCheckLayer =
  | 'machine'
  | 'closing-step'
  | 'limits'
  | 'own-user'
  | 'namespaces'
  | 'seccomp'
  | 'engine-lockdown';

/** One promise of the wall, as found by a hostile program inside it. */
export interface WallCheck {
  name: string;
  /** What keeps it. */
  layer: WallCheckLayer;
  holds: boolean;
  /** What an operator can do when it does not hold. */
  fix: string;
  /** False for a layer whose loss is named but is alone no reason to refuse. */
  isRequired: boolean;
}

/** Why a job has no answer. */
export type WallErrorCode = 'RUN_FAILED' | 'INPUT_REFUSED' | 'CANCELLED' | 'WALL_BUSY';

/**
 * Thrown when a job has no answer; says nothing that depends on data, except that an upload's own sender learns why
 * it is refused.
 */
export class WallError extends Error {
  override name = 'WallError';
  readonly code: WallErrorCode;
  /** Set with INPUT_REFUSED only. */
  readonly reason?: InputRefusal;

  constructor(code: WallErrorCode, reason?: InputRefusal) {
    super(MESSAGES[code]);
    this.code = code;
    if (reason !== undefined) this.reason = reason;
  }
}

const MESSAGES: Record<WallErrorCode, string> = {
  RUN_FAILED: 'the job did not finish',
  INPUT_REFUSED: 'the uploaded file is refused',
  CANCELLED: 'the job was cancelled',
  WALL_BUSY: 'too many jobs are waiting, or no worker was free before the deadline',
};

/** How many workers there may be, and for whom. */
export interface WallPlaces {
  /** Warm workers kept waiting. */
  spareCount?: number;
  /** Jobs at once; others wait, and their lanes are served in turn. */
  maxRunning?: number;
  /** Jobs of one lane at once; default: half of the places. */
  maxRunningPerLane?: number;
}

/** How to build the wall. */
export interface WallOptions extends WallPlaces {
  /** Where the worker's files are staged; default: this user's own folder below the system's temporary one. */
  runtimeDirectory?: string | null;
  /** What the engine of one job may use, in MiB. */
  engineMemoryMib?: number;
  /** Uids reserved for workers, both included; used where the service is started as root. */
  workerUsers?: { first: number; last: number };
  /**
   * For made-up data on a machine where bubblewrap cannot be had: where the wall does not hold, opens what is left of
   * it. Never where anybody's data is.
   */
  developmentWithoutBubblewrap?: boolean;
}

/**
 * The wall that all untrusted work runs behind: each call is one worker process that nothing else ever uses.
 *
 * Errors: every call may throw a {@link WallError}; an error thrown by a caller's own stream passes through unchanged.
 */
export interface Wall {
  /** Whether this is what is left of the wall without bubblewrap: nobody's data may be brought to it. */
  readonly isForDevelopment: boolean;
  /** Parses SQL text without running or binding it; the tree may hold several statements. */
  parse(sql: string, limits: JobLimits): Promise<ParseResult>;
  /** Compiles a scoring function as a run would, without a row to call it with. */
  checkFunction(candidate: ScoringFunction, limits: JobLimits): Promise<ScoringCheck>;
  /** Runs a plan's query; rows in result order, cells checked against `resultColumns`. */
  run(job: RunJob, limits: JobLimits): Promise<Cell[][]>;
  /** Runs a query whose single result column is a person; nulls fail. */
  selectPersons(job: RunJob, limits: JobLimits): Promise<BigUint64Array>;
  /** Runs an outer query over released values. */
  compose(job: ComposeJob, limits: JobLimits): Promise<ComposedTable>;
  /** Reads an uploaded file, row by row, as fast as its events are taken. */
  ingest(job: IngestJob, bytes: AsyncIterable<Uint8Array>, limits: JobLimits): AsyncIterable<IngestEvent>;
  /** Yields one person chunk for each vault chunk. */
  pseudonymise(job: PseudonymiseJob, limits: JobLimits): AsyncIterable<Uint8Array>;
  /** Yields distinct tokens in batches, sorted over all of them by code unit. */
  tokenise(job: TokeniseJob, limits: JobLimits): AsyncIterable<string[]>;
  /** Takes a seat for work of one lane. @throws {WallError} WALL_BUSY when the line is full */
  takeSeat(lane: string): Seat;
  /** The same wall with workers and places of its own; what was proven of the one holds for the other. */
  apart(places: WallPlaces): Wall;
  /** Runs a hostile program inside the wall and says what it could not do. */
  selfTest(): Promise<WallCheck[]>;
  /** Ends all workers; running jobs fail as CANCELLED. */
  close(): Promise<void>;
}
