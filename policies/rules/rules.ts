/** The aggregates a rules document may permit. */
export const PERMITTABLE_AGGREGATES = ['count', 'count-persons', 'sum', 'avg'] as const;

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

/** What an owner permits in audiences. */
export interface AudienceRule {
  readonly columns: readonly string[];
  /** Fewest persons, by the protected size. */
  readonly minSize: number;
  /** Where to, as `<owner>/<destination>`: the owner too, or another platform could register the name first. */
  readonly destinations: readonly string[];
}

/**
 * An owner's analysis rules on one bound dataset: a versioned document.
 *
 * Everything not named is refused. Where a question touches several datasets the strictest rule wins.
 */
export interface Rules {
  readonly version: 1;
  /** The identity column: the person. */
  readonly identity: string;
  /** Columns the dataset may be joined on: the identity, or none when it may only be asked alone. */
  readonly joinKeys: readonly string[];
  /** Rows of one person; more are clamped away, so the bound holds whatever the data is. */
  readonly rowsPerPerson: number;
  readonly groupKeys: Readonly<Record<string, GroupKeyRule>>;
  /** Columns that WHERE and CASE may read, beside the group keys. */
  readonly filters: readonly string[];
  readonly measures: Readonly<Record<string, MeasureRule>>;
  readonly aggregates: readonly PermittableAggregate[];
  /** Permitted scalar functions; `'standard'` for all that Galley knows to be total. */
  readonly functions: 'standard' | readonly string[];
  /** Fewest persons a group may have. */
  readonly minGroupSize: number;
  /** Most groups that one person may reach in one question. */
  readonly maxGroupsPerPerson: number;
  /** The limit of the dataset's lineage, for its whole life. */
  readonly budget: { readonly epsilon: number; readonly delta: number };
  readonly maxEpsilonPerQuestion: number;
  /** `null` when the dataset may not be used in audiences. */
  readonly audience: AudienceRule | null;
}

/** Something wrong in a rules document. */
export interface RulesFault {
  /** JSON pointer into the document, for example `/measures/spend/max`. */
  readonly path: string;
  readonly message: string;
}

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
