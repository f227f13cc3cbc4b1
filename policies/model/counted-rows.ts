/** A row of a released table, by column name. */
export type ReleasedRow = Readonly<Record<string, unknown>>;

/** A protected number of persons. */
export interface CountedPersons {
  readonly persons: number;
  /** Standard deviation of its noise. */
  readonly sd: number;
}

/** Half the width of a 95 % interval, in standard deviations. */
export const CI95_DEVIATIONS = 1.959964;

/** Reads a protected number with the ends of its interval, as they stand beside it in a release. */
export function countIn(row: ReleasedRow, column: string): CountedPersons {
  const [low, high] = [Number(row[`${column}_ci95_low`]), Number(row[`${column}_ci95_high`])];
  return { persons: Number(row[column]), sd: Math.max(0, (high - low) / (2 * CI95_DEVIATIONS)) };
}
