/** Low and high end of an interval that holds the true value in 95 of 100 releases. */
export type Interval = readonly [low: number, high: number];

/** One arm of the released answer. */
export interface ToldGroup {
  readonly arm: string;
  readonly persons: number;
  readonly visits: number;
  readonly conversions: number;
  readonly spend: number;
  readonly ci95: Readonly<Record<'persons' | 'visits' | 'conversions' | 'spend', Interval | null>>;
}

/** The answered question with what it cost. */
export interface ToldQuestion {
  readonly sql: string;
  readonly epsilon: number;
  readonly delta: number;
  readonly groups: readonly ToldGroup[];
}

/** One broken rule of a question that was refused. */
export interface ToldRefusal {
  readonly sql: string;
  readonly rule: string;
  readonly owner: string;
  readonly line: number;
  readonly column: number;
  readonly help: string;
}

/** Epsilon left in the tightest account before and after the question. */
export interface ToldBudget {
  readonly before: number;
  readonly after: number;
}

/** The published audience: its protected size and the engine's receipt. */
export interface ToldAudience {
  readonly id: string;
  readonly size: number;
  readonly receipt: string;
}

/** The auditor's check; `rootHash` in hex. */
export interface ToldAudit {
  readonly entries: number;
  readonly treeSize: number;
  readonly rootHash: string;
  readonly verified: boolean;
}

/** The whole story in numbers: the object that `--json` prints last. */
export interface Told {
  readonly question: ToldQuestion;
  readonly refused: readonly ToldRefusal[];
  readonly budget: ToldBudget;
  readonly audience: ToldAudience;
  readonly audit: ToldAudit;
}
