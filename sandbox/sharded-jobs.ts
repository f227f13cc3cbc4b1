// The shapes of the jobs that work shard by shard: a shard is all rows of some persons, so that what is computed of
// persons by their own rows adds up over shards, and no worker ever holds more than two of them.
import type { RowSelection, ScoringFunction, TableSource } from './job-tables.ts';
import type { ColumnType, LayoutType } from './wire/column-type.ts';
import type { ResultKind } from './wire/jobs.ts';

/** A column of a table that is loaded shard by shard. */
export interface ShardedColumn {
  readonly name: string;
  readonly type: ColumnType | LayoutType;
  /**
   * The texts of a column of codes, in the order of their bytes, each once. Columns with equal dictionaries are of one
   * type to the engine, so that they compare and unite without a cast.
   */
  readonly dictionary?: readonly string[];
  /** The encoded chunks of one shard; asked for once each, in order. */
  chunksOf(shard: number): AsyncIterable<Uint8Array>;
}

/** A table that is loaded shard by shard; within a shard, chunk `k` of every column has the same row count. */
export interface ShardedTable {
  readonly name: string;
  readonly columns: readonly ShardedColumn[];
  /** Loaded once, with shard 0, and kept: a public table, which has no persons, or what steps read that run once. */
  readonly isWhole: boolean;
  /** The rows that enter; all when left out. */
  readonly selection?: RowSelection;
}

/** A SELECT that each shard runs, and where its rows go. */
export interface ShardedStep {
  /** The table that it makes; later steps and the last SELECT read it by this name. */
  readonly into: string;
  readonly sql: string;
  /** Whether the table is dropped after its shard, or gathers the rows of all. */
  readonly keeps: 'shard' | 'run';
  /** A SELECT over a gathering table that says the same in fewer rows, for when it has grown long. */
  readonly merge: string | null;
  /** Runs once, beside the first shard: what it reads of persons is in whole tables, and no step of shards reads what it makes. */
  readonly isOnce?: boolean;
}

/** A query printed from a plan, run shard by shard in one worker that holds no more than two of them. */
export interface ShardedRunJob {
  /** At least one. */
  readonly shardCount: number;
  readonly tables: readonly ShardedTable[];
  readonly functions?: readonly ScoringFunction[];
  readonly steps: readonly ShardedStep[];
  /** One SELECT, after the last shard. */
  readonly sql: string;
  /** `$1` to `$n`; a statement names the first of them, as many as it likes. */
  readonly parameters: readonly bigint[];
  readonly resultColumns: readonly { readonly name: string; readonly kind: ResultKind }[];
  /** A result with more rows fails as a whole. */
  readonly maxRows: number;
}

/** All persons between two, both included. */
export interface PersonSpan {
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * A SELECT whose rows are put into a table of a shard, for the statements of derived tables that have it in common. It goes
 * when the last of them has been answered.
 */
export interface DerivingStep {
  readonly into: string;
  /** As of a derived table. */
  readonly sql: string;
}

/** A table that is derived from others, and how. */
export interface DerivedTable {
  /** One SELECT; `$1` is the salt, `$2` and `$3` first and last person of the shard. Its rows come in order of persons. */
  readonly sql: string;
  /** The tables of steps that it reads, and that these read; none when left out. */
  readonly reads?: readonly string[];
  /**
   * What it selects, one of them of kind `person` and never missing. An integer is made of any integer that fits, or of a
   * decimal as units of its last digit; a code of a column of codes with the same dictionary.
   */
  readonly columns: readonly {
    readonly name: string;
    readonly type: ColumnType | LayoutType;
    readonly dictionary?: readonly string[];
  }[];
  /** Over all shards; one row more fails the job. */
  readonly maxRows: number;
}

/** Derives tables from tables of persons, shard by shard, in one worker that holds the tables as a whole. */
export interface DeriveJob {
  readonly tables: readonly TableSource[];
  readonly salt: bigint;
  /** Ascending, and without a person in two. */
  readonly shards: readonly PersonSpan[];
  /** Each after those that it reads; none when left out. */
  readonly steps?: readonly DerivingStep[];
  readonly outputs: readonly DerivedTable[];
}

/** What deriving yields: shard by shard, and in each output by output, chunks of whole blocks and then their end. */
export type DeriveEvent =
  | {
      readonly kind: 'chunk';
      readonly shard: number;
      readonly output: number;
      readonly column: number;
      readonly rows: number;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: 'part'; readonly shard: number; readonly output: number; readonly rows: number };
