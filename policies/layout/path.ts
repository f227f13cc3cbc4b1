import type { BoundingChoice } from '../plan/bounding-choice.ts';
import type { PlannedAggregate } from '../plan/protected-plan.ts';
import type { StoredLayout } from './layout.ts';
import type { ComputedColumn } from './pair-total.ts';
import type { PlannedValue } from './planned-value.ts';
import type { StreamedValue } from './streamed-value.ts';

/**
 * Which of the equal programs counts an aggregation.
 *
 * - `general`: over the tables as they were handed in
 * - `sharded`: the same steps over rows in the order of persons, shard by shard
 * - `planned`: over pairs of a person and the values of the keys, which were counted before
 * - `streamed`: over rows in stored order, in which the rows of a person in a group follow one another
 */
export type PathKind = 'general' | 'sharded' | 'planned' | 'streamed';

/** A path for one aggregation: a choice that follows from data and layouts, and changes no raw group. */
export type ChosenPath = GeneralPath | ShardedPath | PlannedPath | StreamedPath;

/** The program over the tables as they were handed in. */
export interface GeneralPath {
  readonly kind: 'general';
  readonly choice: BoundingChoice;
}

/** The layouts that are read in place of a table: together its rows, or as much of them as a program needs. */
export interface LayoutsRead {
  /** Of persons within what is declared; of a match, within what is declared of both its tables. */
  readonly within: readonly StoredLayout[];
  /** Those of all others; `null` where other steps count them. */
  readonly over: StoredLayout | null;
}

/** Where the rows of a table are stored. */
export interface RowsAndOver {
  /** Those of persons within what is declared; of a match, within what is declared of both its tables. */
  readonly rows: StoredLayout;
  /** Those of all others; `null` where other steps count them. */
  readonly over: StoredLayout | null;
}

/**
 * What is read in place of each table of persons, by its name, to count those over what is declared: all their rows, by
 * the steps of the general program. Persons are on one side or the other, so that both add up.
 */
export type OverTables = ReadonlyMap<string, StoredLayout>;

/** The same steps over layouts of rows. */
export interface ShardedPath {
  readonly kind: 'sharded';
  readonly choice: BoundingChoice;
  /** The aggregation as it reads them: of a match, the columns of both tables are those of one. */
  readonly aggregate: PlannedAggregate;
  /** What is read in place of each table of persons, by its name. */
  readonly rows: ReadonlyMap<string, RowsAndOver>;
  /** Of a match; `null` where tables are read each with all its persons. */
  readonly over: OverTables | null;
}

/** Counting over pairs. */
export interface PlannedPath {
  readonly kind: 'planned';
  readonly choice: BoundingChoice;
  /** The aggregation as it reads them: of a match, the columns of both tables are those of one. */
  readonly aggregate: PlannedAggregate;
  /** The source that is read as pairs, by its name in the question. */
  readonly ref: string;
  readonly core: StoredLayout;
  /** Pairs over the declared bound; `null` when none of them counts. */
  readonly rest: StoredLayout | null;
  /**
   * How a person is held to the bound of groups: `stored` by the rank of its pairs, `again` by ranking those that the
   * question's own conditions leave, `all` where there are no more of them.
   */
  readonly groups: 'stored' | 'again' | 'all';
  /**
   * What each statistic is made of, in their order. `null` for one that counts values one by one, which are read from
   * `rows`; and for all of a question over what a query within makes of each person's rows: each pair is one row of that
   * query, and statistics are computed on it.
   */
  readonly values: readonly (PlannedValue | null)[];
  /** What such a query makes of the rows of a pair, by the names of columns; empty where there is none. */
  readonly computed: ReadonlyMap<string, ComputedColumn>;
  /** Rows whose values are counted one by one; `null` where nothing is. */
  readonly rows: StoredLayout | null;
  readonly over: OverTables;
}

/** Bounds by the order of storage. */
export interface StreamedPath {
  readonly kind: 'streamed';
  readonly choice: BoundingChoice;
  /** The aggregation as it was planned. */
  readonly asked: PlannedAggregate;
  /** The aggregation as it reads the only source there is: of a match, the columns of both tables are those of one. */
  readonly aggregate: PlannedAggregate;
  readonly rows: StoredLayout;
  readonly over: OverTables;
  /**
   * Whose rows make up what one person brings into one group, and follow one another: those of a pair, or all rows of the
   * person where its group does not vary.
   */
  readonly unit: 'pair' | 'person';
  /** What each statistic is made of, in their order. */
  readonly values: readonly StreamedValue[];
}
