/** A table that a party brings, under its rules. */
export interface StoryTable {
  readonly owner: 'platform' | 'brand';
  readonly alias: string;
  /** What it is, for people. */
  readonly what: string;
  /** Columns as the command line writes them, `name:kind`. */
  readonly columns: readonly string[];
  readonly rules: object;
  /** The file to upload; there once the story is prepared. */
  readonly path: string;
  /** Bad rows that are left out before the file is refused. */
  readonly maxRejects: number;
}

/** A question that a rule will refuse, and what somebody who asks it has in mind. */
export interface ForbiddenQuestion {
  readonly wish: string;
  readonly sql: string;
}

/** Two people to show the shop front to: one in the audience, one not. */
export interface Visitors {
  readonly inside: string;
  readonly outside: string;
}

/** Everything that differs between the two stories; the telling is the same. */
export interface Story {
  readonly title: string;
  readonly background: string;
  readonly tables: readonly StoryTable[];
  readonly matchSql: string;
  readonly questionText: string;
  readonly questionSql: string;
  readonly questionEpsilon: number;
  readonly moneyUnit: string;
  readonly forbidden: readonly ForbiddenQuestion[];
  readonly audience: { readonly name: string; readonly who: string; readonly sql: string };
  readonly content: { readonly default: string; readonly forAudience: string };
  /** Makes the files, when they are not there already. */
  prepare(): Promise<void>;
  findVisitors(): Promise<Visitors>;
}
