import { type ScalarType, type TableView, tableName } from '../collaboration/table-view.ts';
import type { PrintedFunction } from '../print/function-names.ts';
import type { RawColumn } from '../print/print-aggregate.ts';

/**
 * What a layout is made of: a table of persons, or a match, which is such a table joined on the person with another
 * member's table of one row a person.
 */
export interface LayoutBase {
  readonly table: TableView;
  /** The table of one row a person whose columns stand beside; `null` for no match. */
  readonly matched: TableView | null;
}

/**
 * What is stored of it. Of persons within the rows that are declared: `rows` are all their rows in the order of persons;
 * `core` and `rest` are their pairs of a person and one value of the dimensions each, those within the declared bound of
 * groups and those over it.
 *
 * `over` are the rows of all other persons, which a question cuts first; of a match those of its table, with `beside` the
 * rows of the same persons in the table beside. They are there, and read, also where nobody is over: were they not, the
 * time of an answer would tell that somebody is.
 */
export type LayoutForm = 'rows' | 'core' | 'rest' | 'over' | 'beside';

/** One derived table. It is a function of the snapshots, the rules and the salt, and decides nothing by itself. */
export interface LayoutSpec {
  readonly base: LayoutBase;
  readonly form: LayoutForm;
  /** Columns of the table whose values make a pair, in order of their names; of rows, those that they are ranked by. */
  readonly dimensions: readonly string[];
}

/** A layout that is there, as it is stored: a question may be answered from it. */
export interface StoredLayout {
  readonly spec: LayoutSpec;
  /** Names of its columns that are held as codes; texts that are too many or too long for a dictionary are held as they are. */
  readonly codes: ReadonlySet<string>;
}

/** How the engine holds a column: as a question knows it, or as what only layouts have. */
export type LayoutColumnType =
  | ScalarType
  /** Text as codes of a dictionary of the whole layout where one is small enough, and else as it is. */
  | { readonly kind: 'code' }
  /** 32 bits without a sign. */
  | { readonly kind: 'ordinal' }
  /** 16 bits without a sign; the largest stands for itself and all above. */
  | { readonly kind: 'rank' };

/** A column of a derived table. */
export interface LayoutColumn {
  readonly name: string;
  readonly type: LayoutColumnType;
}

/** A table that statements read which make a shard: it is made before the first that does, and goes after the last. */
export interface LayoutStep {
  readonly into: string;
  readonly sql: string;
}

/**
 * A derived table and the statements that make a shard of it: `$1` is the salt, `$2` to `$3` the shard's persons; the last
 * one names none of them.
 */
export interface PrintedLayout {
  readonly name: string;
  readonly columns: readonly LayoutColumn[];
  /** In order. Layouts of the same tables have steps in common, which have the same names, and are the same then. */
  readonly steps: readonly LayoutStep[];
  readonly sql: string;
}

/** A statement of each shard: a SELECT whose rows are put into a table. */
export interface ShardStep {
  readonly into: string;
  readonly sql: string;
  /** Whether the table is dropped after its shard, or gathers the rows of all. */
  readonly keeps: 'shard' | 'run';
  /** A SELECT over a gathering table that says the same in fewer rows, for when it has grown long. */
  readonly merge: string | null;
  /**
   * Reads of persons those over what is declared alone, from tables that say so too. Where these are few they are given
   * whole, and such steps run once: a statement for each shard would be most of what a question costs.
   */
  readonly isOver?: boolean;
}

/** A query that is run shard by shard: persons never cross shards, so that parts add up. `$1` is the salt. */
export interface ShardedQuery {
  readonly steps: readonly ShardStep[];
  /** One SELECT over what the steps have gathered. */
  readonly sql: string;
}

/** A table that a path reads, with the columns it reads of it: a layout shard by shard, or a public table as a whole. */
export type PathTable =
  | {
      readonly kind: 'layout';
      readonly name: string;
      readonly spec: LayoutSpec;
      readonly columns: readonly string[];
      /** Read by steps that say the same, and by no others. */
      readonly isOver?: boolean;
    }
  | { readonly kind: 'public'; readonly name: string; readonly view: TableView; readonly columns: readonly string[] };

/** A sharded query with all that the wall must be given for it. */
export interface PathQuery extends ShardedQuery {
  readonly tables: readonly PathTable[];
  readonly functions: readonly PrintedFunction[];
  readonly columns: readonly RawColumn[];
}

/**
 * Names of the columns that only layouts have. An owner's columns are named without spaces, so that none can be called
 * so too.
 */
export const LAYOUT_COLUMNS = {
  person: 'the person',
  /** Counts the persons of the range that a statement makes, from 0. */
  ordinal: 'person ordinal',
  /** Counts the pairs of the range that a statement makes, from 0, in stored order. */
  pair: 'pair ordinal',
  /** The place of a pair among the pairs of its person, from 1, in the order in which a bound of groups keeps them. */
  rank: 'pair rank',
  /** How many pairs the person has. */
  pairs: 'pairs of person',
  /** How many rows the pair has; on rows it is a rank, which stands for itself and all above where it is the largest. */
  rows: 'rows of pair',
} as const;

/** The largest rank; it stands for itself and all above, and never passes a bound of groups, which are at most 1,000. */
export const LARGEST_RANK = 65_535;

/** The column of a match that holds a column of the matched table. */
export function matchedColumn(name: string): string {
  return `matched ${name}`;
}

/** The column of pairs that counts the values of a measure. */
export function valuesColumn(name: string): string {
  return `values of ${name}`;
}

/** The column of pairs with the sum of a measure's values, each clamped to its rule, in units of its last digit. */
export function sumColumn(name: string): string {
  return `sum of ${name}`;
}

/** The column of pairs with that sum held to what the owner lets one person bring into a group. */
export function heldColumn(name: string): string {
  return `held sum of ${name}`;
}

/** The name of a layout, and of its table in the engine; owners' tables are named without spaces. */
export function layoutName({ base, form, dimensions }: LayoutSpec): string {
  const matched = base.matched === null ? '' : ` with ${tableName(base.matched)}`;
  const by = dimensions.length === 0 ? '' : ` by ${dimensions.join(', ')}`;
  return `${form} of ${tableName(base.table)}${matched}${by}`;
}
