import type { ScoringFunction, TableSource } from './job-tables.ts';
import type { JudgeRowsJob, LinkIdentifiersJob, RedactEvent, RedactJob, Verdicts } from './rights-jobs.ts';
import type { DeriveEvent, DeriveJob, ShardedRunJob } from './sharded-jobs.ts';
import type { AssignJob, NamedRows, PseudonymiseJob, ResolvedSpine, ResolveJob, TokeniseJob } from './wall-identity.ts';
import type { Cell } from './wire/column-type.ts';
import type { FileDescription } from './wire/inspection.ts';
import type { FileLayout, IdentifierKind, IngestColumn, ResultKind } from './wire/jobs.ts';
import type { DigestSample, MatchStep } from './wire/matching.ts';
import type { InputRefusal, ParseRefusal, RejectReason } from './wire/reasons.ts';
import type { ScoringFault } from './wire/scoring.ts';

export type { ColumnSource, RowCondition, RowSelection, ScoringFunction, TableSource } from './job-tables.ts';

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

/**
 * A file that can be read from any place, as often as its reader likes: the caller opens its seals part by part, so that
 * no more of it is ever in memory.
 */
export interface FileSource {
  byteCount: number;
  /** The bytes from `from` on, in parts of the source's own size; reading may end before the file does. */
  read(from: number): AsyncIterable<Uint8Array>;
}

/** How the bytes of an upload are to be read; columns are found by name, others in the file ignored. */
export interface IngestJob {
  layout: FileLayout;
  columns: IngestColumn[];
  /** One reject more refuses the whole upload. */
  maxRejects: number;
  /** 32 bytes under which rows of one person are brought together, run by run; the order tells nothing without it. */
  sortKey: Uint8Array;
}

/** What an upload yields, in order; for each block of rows, one chunk of every column. */
export type IngestEvent =
  /** Identifier columns carry digests. */
  | { kind: 'chunk'; column: number; rows: number; bytes: Uint8Array }
  /**
   * A row left out. `line` is the physical line on which it starts (csv) or its row number (arrow, parquet), from
   * 1.
   */
  | { kind: 'reject'; line: number; column: string; reason: RejectReason }
  /** Rows kept and file bytes read so far. */
  | { kind: 'progress'; rows: number; bytes: number }
  | { kind: 'done'; rows: number; rejected: number };

/** One side of a match: its persons, and beside them the digests of each kind of identifier, row by row alike. */
export interface MatchSideSource {
  personChunks: () => AsyncIterable<Uint8Array>;
  /** One for each kind, both sides in the same order. */
  digestChunks: readonly (() => AsyncIterable<Uint8Array>)[];
}

/** Persons of two tables, to be counted by the first kind of identifier that they share. */
export interface MatchKindsJob {
  sides: readonly [MatchSideSource, MatchSideSource];
}

/** A set of persons to be hidden, for somebody who is to learn no more than how many points it has. */
export interface HidePointsJob {
  /** 32 fresh bytes that the same session counts with. */
  secret: Uint8Array;
  identifier: IdentifierKind;
  sample: DigestSample;
  /** Points that are nobody's. */
  padding: number;
  /** Most persons and padding; a set that has more is told by its steps alone, and not made. */
  maxBaseCount: number;
  personChunks: () => AsyncIterable<Uint8Array>;
  digestChunks: () => AsyncIterable<Uint8Array>;
}

/** What hiding yields: steps, then all points at once, 32 bytes each, in the order of their bytes. */
export type HidePointsEvent = ({ kind: 'step' } & MatchStep) | { kind: 'points'; points: Uint8Array };

/** Points of a session to count matches among; each list in the order of its bytes. */
export interface CountMatchesJob {
  secret: Uint8Array;
  /** The hidden points as they came back. */
  raised: Uint8Array;
  /** The other side's own. */
  own: Uint8Array;
}

/** What counting yields: steps, then the exact count, which nobody may see before its noise. */
export type CountMatchesEvent = ({ kind: 'step' } & MatchStep) | { kind: 'count'; count: bigint };

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
  /**
   * Is told the most memory that a query's worker held, as the worker says. It follows from data, and is for nobody who may
   * not see the rows; a worker that was taken over may say what it likes.
   */
  tellPeak?: (bytes: number) => void;
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
  /**
   * When a spare opens its engine: `warm` before it has a job, or `cold` with the first job that asks the engine. Jobs
   * that never do get workers without one either way, which cost half; spares of that kind are kept for them when the
   * wall is `cold`. One that is `reading` is warmed up for texts and not for tables, which costs a fifth less. Default:
   * `warm`.
   */
  engine?: 'warm' | 'reading' | 'cold';
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
  /** The same as `run`, shard by shard over more rows than a worker holds at once. */
  runSharded(job: ShardedRunJob, limits: JobLimits): Promise<Cell[][]>;
  /** The same as `selectPersons`, shard by shard. */
  selectPersonsSharded(job: ShardedRunJob, limits: JobLimits): Promise<BigUint64Array>;
  /**
   * Makes derived tables out of tables of persons. Every chunk is of its type, its shard's persons alone, in order, and
   * its dictionary; beyond that it is what the worker says.
   */
  derive(job: DeriveJob, limits: JobLimits): AsyncIterable<DeriveEvent>;
  /** Runs an outer query over released values. */
  compose(job: ComposeJob, limits: JobLimits): Promise<ComposedTable>;
  /** Reads an uploaded file, row by row, as fast as its events are taken. */
  ingest(job: IngestJob, file: FileSource, limits: JobLimits): AsyncIterable<IngestEvent>;
  /** Finds out how a file is written and what its columns look like, from its first rows; never tells a value. */
  inspect(known: { layout?: Partial<FileLayout> }, file: FileSource, limits: JobLimits): Promise<FileDescription>;
  /** Names the rows of a part by nodes, and tells which identifiers stood together. */
  pseudonymise(job: PseudonymiseJob, limits: JobLimits): AsyncIterable<NamedRows>;
  /** Decides which nodes are one person. */
  resolve(job: ResolveJob, limits: JobLimits): AsyncIterable<ResolvedSpine>;
  /** Yields one person chunk for each node chunk. */
  assign(job: AssignJob, limits: JobLimits): AsyncIterable<Uint8Array>;
  /** Yields distinct tokens of 16 bytes, one after the other, sorted over all of them. */
  tokenise(job: TokeniseJob, limits: JobLimits): AsyncIterable<Uint8Array>;
  /** Tells which rows count. */
  judgeRows(job: JudgeRowsJob, limits: JobLimits): AsyncIterable<Verdicts>;
  /** Yields the digests of identifiers that stand beside sought ones and name the same persons. */
  linkIdentifiers(
    job: LinkIdentifiersJob,
    limits: JobLimits,
  ): AsyncIterable<{ kind: IdentifierKind; digests: Uint8Array }>;
  /** Copies the rows of an original that hold no sought identifier, byte for byte where the format is text. */
  redact(job: RedactJob, file: FileSource, limits: JobLimits): AsyncIterable<RedactEvent>;
  /** Counts persons of two tables by shared kind: one number for each kind, then those who share none. */
  matchKinds(job: MatchKindsJob, limits: JobLimits): Promise<bigint[]>;
  /** Hides the persons of a table for a match without showing. */
  hidePoints(job: HidePointsJob, limits: JobLimits): AsyncIterable<HidePointsEvent>;
  /** Counts the matches of a session. Points that are none, or that do not fit together, fail like anything else. */
  countMatches(job: CountMatchesJob, limits: JobLimits): AsyncIterable<CountMatchesEvent>;
  /** Takes a seat for work of one lane. @throws {WallError} WALL_BUSY when the line is full */
  takeSeat(lane: string): Seat;
  /**
   * Starts the spare workers that are missing now, and not in the next pause: for whoever is about to wait for something
   * else than a processor.
   */
  refill(): void;
  /** The same wall with workers and places of its own; what was proven of the one holds for the other. */
  apart(places: WallPlaces): Wall;
  /** Runs a hostile program inside the wall and says what it could not do. */
  selfTest(): Promise<WallCheck[]>;
  /** Ends all workers; running jobs fail as CANCELLED. */
  close(): Promise<void>;
}
