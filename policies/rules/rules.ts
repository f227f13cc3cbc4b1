import type { AudiencePurpose } from './purpose.ts';

/**
 * The aggregates a rules document may permit.
 *
 * `variance` covers standard deviations; `quantile` covers the median, and `min` and `max` as robust quantiles.
 */
export const PERMITTABLE_AGGREGATES = [
  'count',
  'count-persons',
  'count-distinct',
  'sum',
  'avg',
  'variance',
  'quantile',
] as const;

/** One of the aggregates a rules document may permit. */
export type PermittableAggregate = (typeof PERMITTABLE_AGGREGATES)[number];

/** What an owner declares about one measure; facts, from which sensitivity follows. */
export interface MeasureRule {
  /** Smallest value of one row, in the column's unit. */
  readonly min: number;
  /** Largest value of one row. */
  readonly max: number;
  /** Bounds of one person's total within one group; `null` when only rows are bounded. */
  readonly perPerson: { readonly min: number; readonly max: number } | null;
}

/** A group key with its values, when the owner makes them public. */
export interface GroupKeyRule {
  /** All values the key may take, known to everybody; `null` when the values themselves are protected. */
  readonly values: readonly string[] | null;
}

/** What an owner declares about a table without persons, every row of which anybody who may ask can learn. */
export interface PublicTableRule {
  /** Rows that share one value of the join keys; more are cut away, so the bound holds whatever the data is. */
  readonly rowsPerKey: number;
}

/** What an owner permits in audiences. */
export interface AudienceRule {
  readonly columns: readonly string[];
  /** Fewest persons, by the protected size. */
  readonly minSize: number;
  /** Where to, as `<owner>/<destination>`: the owner too, or another platform could register the name first. */
  readonly destinations: readonly string[];
  /** What those destinations may use it for; `null` for whatever the terms say that the owner has approved. */
  readonly purposes: readonly AudiencePurpose[] | null;
  /** Members are dropped and added at random, so that each can deny with at most this epsilon; `null` for no demand. */
  readonly blurred: BlurRule | null;
}

/** How much blurred publications may tell of a person. */
export interface BlurRule {
  /** At most so much by one publication, as a local epsilon. */
  readonly epsilon: number;
  /** At most so much by all at the destinations of one platform; left out, `BLUR_TOTAL_FACTOR` times one. */
  readonly total?: number;
}

/**
 * How an owner lets exact aggregates leave: rounded and suppressed, without noise and so not differentially private.
 */
export interface ThresholdRule {
  /** The largest share of a sum or a count of rows that one person, or one store, may have. */
  readonly dominanceRatio: number;
  /** Counts are rounded to a multiple of this. */
  readonly roundTo: number;
  /** Sums keep so many significant digits. */
  readonly sumDigits: number;
  /** The column that names the store (shop, seller, branch) that may not dominate either; `null` for none. */
  readonly stores: string | null;
}

/**
 * An owner's analysis rules on one bound dataset: a versioned document.
 *
 * Everything not named is refused. Where a question touches several datasets the strictest rule wins. The rules of a
 * public table hold values that are never the strictest, so that it takes nothing from the tables it is joined to.
 */
export interface Rules {
  readonly version: 1;
  /**
   * `null` for a table of persons, which is protected. Else the table is public: it has no persons, and each of its
   * columns may be a group key, a filter and a measure, whatever else is said here.
   */
  readonly publicTable: PublicTableRule | null;
  /** The identity column: the person; empty for a public table. */
  readonly identity: string;
  /**
   * Columns the dataset may be joined on. Of a table of persons the identity, or none when it may only be asked alone;
   * of a public table any columns.
   */
  readonly joinKeys: readonly string[];
  /** Rows of one person; more are clamped away, so the bound holds whatever the data is. */
  readonly rowsPerPerson: number;
  readonly groupKeys: Readonly<Record<string, GroupKeyRule>>;
  /**
   * Sets of group keys that questions will mostly ask for together; layouts are made for them, which permits nothing
   * more. Left out, each group key by itself. A field that is left out leaves the keys of stored releases as they were.
   */
  readonly plannedGroups?: readonly (readonly string[])[];
  /** Columns that WHERE and CASE may read, beside the group keys. */
  readonly filters: readonly string[];
  readonly measures: Readonly<Record<string, MeasureRule>>;
  readonly aggregates: readonly PermittableAggregate[];
  /**
   * Permitted scalar functions; `'standard'` for all that Galley knows to be total. A list names them one by one, may
   * hold `standard` for all of them, and may hold scoring functions as `member/name` or `member/*`.
   */
  readonly functions: 'standard' | readonly string[];
  /** Fewest persons a group may have. */
  readonly minGroupSize: number;
  /** Most groups that one person may reach in one question. */
  readonly maxGroupsPerPerson: number;
  /** The limit of the dataset's lineage, for its whole life; zero for a public table, which is never charged. */
  readonly budget: { readonly epsilon: number; readonly delta: number };
  readonly maxEpsilonPerQuestion: number;
  /** `null` when the dataset may not be used in audiences. */
  readonly audience: AudienceRule | null;
  /** `null` when nothing may leave but by a differentially private mechanism. */
  readonly threshold: ThresholdRule | null;
}

/** Something wrong in a rules document. */
export interface RulesFault {
  /** JSON pointer into the document, for example `/measures/spend/max`. */
  readonly path: string;
  readonly message: string;
}

/** Smallest epsilon of a blurred audience: below it nearly half of its members would be strangers. */
export const MIN_BLUR_EPSILON = 0.1;
/** Largest epsilon of a blurred audience: beyond it a member has little left to deny. */
export const MAX_BLUR_EPSILON = 8;
/** How many publications of the largest epsilon an owner that names no total permits. */
export const BLUR_TOTAL_FACTOR = 4;
/** Largest total: a publication every day for a third of a year. Beyond it the word deniable means nothing. */
export const MAX_BLUR_TOTAL_EPSILON = 1_000;
/** Largest lifetime epsilon an owner may set: beyond it the word private means little. */
export const MAX_BUDGET_EPSILON = 20;
/** Smallest epsilon of a budget or a question: below it the noise drowns a city. */
export const MIN_EPSILON = 0.001;
/** Largest lifetime delta: one in a hundred thousand, the usual bound for some thousands of persons. */
export const MAX_BUDGET_DELTA = 1e-5;
/** Smallest `minGroupSize`; industry minimums begin at 2, ours where a group is no longer a pair or a family. */
export const MIN_GROUP_SIZE_PERSONS = 10;
/** Most rows a person may contribute; a larger bound makes noise that drowns every answer. */
export const MAX_ROWS_PER_PERSON_ROWS = 10_000;
/** Most groups a person may reach. */
export const MAX_GROUPS_PER_PERSON_GROUPS = 1_000;
/**
 * Most rows of a public table for one value of its join keys. Each multiplies the rows of every person that are joined
 * to it, and the noise with them: a table with more is no reference table.
 */
export const MAX_ROWS_PER_KEY_ROWS = 100;
/**
 * Most join keys of a public table: what names a row of reference data, such as a price by shop, article and day, takes
 * no more.
 */
export const MAX_PUBLIC_JOIN_KEYS = 4;
/**
 * Most sets of group keys that are planned for. Each is a table of its own on disk, made again with every snapshot, and
 * what a member is asked every day are a few questions.
 */
export const MAX_PLANNED_SETS_COUNT = 4;
/** Most group keys of a planned set: with more, a person has about as many pairs as rows, and nothing is saved. */
export const MAX_PLANNED_KEYS_COUNT = 4;
