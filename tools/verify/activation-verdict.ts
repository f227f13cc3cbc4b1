import { readTally } from './read-tally.ts';

/** What the parts of a verification of activation counted; `null` where nobody counted. */
export interface ActivationCounts {
  readonly kills: number | null;
  /** Members that a destination should hold and does not. */
  readonly lost: number | null;
  /** Members that a destination holds twice, or holds and should not. */
  readonly duplicates: number | null;
  /** Withdrawals that reached their destination and left nothing there. */
  readonly revoked: number | null;
}

/** The last line of a verification of activation. `failed` is the failed tests and one more for each missing count. */
export interface ActivationVerdict extends ActivationCounts {
  readonly failed: number;
}

const NAMES = ['kills', 'lost', 'duplicates', 'revoked'] as const;
/** Where nothing was tried, nothing was shown. */
const TRIED = ['kills', 'revoked'] as const;

/** Joins what the tests tallied, as lines, and their failures. */
export function activationVerdictOf(tallied: string, failedTests: number): ActivationVerdict {
  const counts = Object.fromEntries(
    NAMES.map((name) => [name, readTally(tallied, name)]),
  ) as unknown as ActivationCounts;
  const missing = NAMES.filter((name) => counts[name] === null).length;
  const untried = TRIED.filter((name) => counts[name] === 0).length;
  return { ...counts, failed: failedTests + missing + untried };
}

/** Tells whether every destination held who should be in, once, and nobody after a withdrawal. */
export function isHolding({ failed, lost, duplicates }: ActivationVerdict): boolean {
  return [failed, lost, duplicates].every((count) => count === 0);
}

/** The verdict as the one line that ends the output. */
export function activationLastLineOf(verdict: ActivationVerdict): string {
  const named = Object.fromEntries(NAMES.map((name) => [name, verdict[name]]));
  return JSON.stringify({ ...named, failed: verdict.failed });
}
