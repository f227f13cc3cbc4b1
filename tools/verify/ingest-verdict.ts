import { readTally } from './read-tally.ts';

/** What the parts of a verification of data in counted; `null` where nobody counted. */
export interface IngestCounts {
  readonly kills: number | null;
  readonly tornSnapshots: number | null;
  readonly leakedBytes: number | null;
  readonly resumed: number | null;
  readonly erasedPersonsFound: number | null;
  readonly rawIdentifiersFound: number | null;
}

/** The last line of a verification of data in. `failed` is the failed tests and one more for each missing count. */
export interface IngestVerdict extends IngestCounts {
  readonly failed: number;
}

const NAMES = [
  'kills',
  'tornSnapshots',
  'leakedBytes',
  'resumed',
  'erasedPersonsFound',
  'rawIdentifiersFound',
] as const;
/** Where nothing was tried, nothing was shown. */
const TRIED = ['kills', 'resumed'] as const;

/** Joins what the tests tallied, as lines, and their failures. */
export function ingestVerdictOf(tallied: string, failedTests: number): IngestVerdict {
  const counts = Object.fromEntries(NAMES.map((name) => [name, readTally(tallied, name)])) as unknown as IngestCounts;
  const missing = NAMES.filter((name) => counts[name] === null).length;
  const untried = TRIED.filter((name) => counts[name] === 0).length;
  return { ...counts, failed: failedTests + missing + untried };
}

/** Tells whether everything that was brought stayed whole, went away when it should, and named nobody. */
export function isHolding(verdict: IngestVerdict): boolean {
  const { failed, tornSnapshots, leakedBytes, erasedPersonsFound, rawIdentifiersFound } = verdict;
  return [failed, tornSnapshots, leakedBytes, erasedPersonsFound, rawIdentifiersFound].every((count) => count === 0);
}

/** The verdict as the one line that ends the output. */
export function ingestLastLineOf(verdict: IngestVerdict): string {
  const named = Object.fromEntries(NAMES.map((name) => [name, verdict[name]]));
  return JSON.stringify({ ...named, failed: verdict.failed });
}
