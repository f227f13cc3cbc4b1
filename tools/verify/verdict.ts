/** What the parts of a verification counted; `null` where a part broke off or nobody counted. */
export interface Counts {
  readonly boundingCases: number | null;
  readonly mechanismCases: number | null;
  readonly attackGames: number | null;
  readonly fuzzInputs: number | null;
  /** A share of 0 to 1 of the mutants that were tried. */
  readonly mutationScore: number | null;
}

/** The last line of a verification. `failed` is the failed tests and one more for each count that is missing. */
export interface Verdict extends Counts {
  readonly failed: number;
}

/** Joins counts and failures. A count of nothing is missing: what tried no case has shown nothing. */
export function verdictOf(counts: Counts, failedTests: number): Verdict {
  const { boundingCases, mechanismCases, attackGames, fuzzInputs, mutationScore } = counts;
  const cases = [boundingCases, mechanismCases, attackGames, fuzzInputs];
  const missing = cases.filter((count) => count === null || count === 0).length + (mutationScore === null ? 1 : 0);
  return { boundingCases, mechanismCases, attackGames, fuzzInputs, failed: failedTests + missing, mutationScore };
}

/** The verdict as the one line that ends the output. */
export function lastLineOf(verdict: Verdict): string {
  const { boundingCases, mechanismCases, attackGames, fuzzInputs, failed, mutationScore } = verdict;
  return JSON.stringify({ boundingCases, mechanismCases, attackGames, fuzzInputs, failed, mutationScore });
}
