/** What became of one attack, as test/support/wall/report.ts writes it. */
export interface AttackLine {
  readonly category: string;
  readonly attack: string;
  readonly isEscape: boolean;
  /** It was not tried, for the reason in `stoppedBy`. */
  readonly isLeftOut: boolean;
  readonly stoppedBy: string;
}

/** What the parts of a verification of the wall counted; `null` where nobody counted. */
export interface WallCounts {
  readonly hostileSyscalls: number | null;
  readonly hostileFiles: number | null;
  readonly serviceCrashes: number | null;
}

/** The last line of a verification of the wall. */
export interface WallVerdict extends WallCounts {
  readonly attacks: number;
  readonly escaped: number;
}

/**
 * Reads the attacks of a run: JSON lines.
 *
 * `null` when a line cannot be read, as one that was cut off: what is missing may have been an escape.
 */
export function readAttacks(lines: string): AttackLine[] | null {
  const entries = lines.split('\n').filter(Boolean).map(readLine);
  return entries.includes(null) ? null : entries.filter((entry) => entry !== null);
}

/** Joins what all runs found. An attack counts once for each run that tried it. */
export function wallVerdictOf(attacks: readonly AttackLine[], counts: WallCounts): WallVerdict {
  const tried = attacks.filter(({ isLeftOut }) => !isLeftOut);
  const escaped = tried.filter(({ isEscape }) => isEscape).length;
  return { attacks: tried.length, escaped, ...counts };
}

/** Tells whether the wall was shown to hold: nothing escaped or crashed, and every part has tried something. */
export function isHolding(verdict: WallVerdict, failedTests: number): boolean {
  const { attacks, escaped, hostileSyscalls, hostileFiles, serviceCrashes } = verdict;
  const hasTriedAll = [attacks, hostileSyscalls, hostileFiles].every((count) => count !== null && count > 0);
  return hasTriedAll && escaped === 0 && serviceCrashes === 0 && failedTests === 0;
}

/** The verdict as the one line that ends the output. */
export function wallLastLineOf(verdict: WallVerdict): string {
  const { attacks, escaped, hostileSyscalls, hostileFiles, serviceCrashes } = verdict;
  return JSON.stringify({ attacks, escaped, hostileSyscalls, hostileFiles, serviceCrashes });
}

function readLine(line: string): AttackLine | null {
  try {
    const entry = JSON.parse(line) as Partial<Record<keyof AttackLine, unknown>>;
    const { category, attack, isEscape, isLeftOut = false, stoppedBy } = entry;
    if (typeof category !== 'string' || typeof attack !== 'string' || typeof stoppedBy !== 'string') return null;
    if (typeof isEscape !== 'boolean' || typeof isLeftOut !== 'boolean') return null;
    return { category, attack, isEscape, isLeftOut, stoppedBy };
  } catch {
    return null;
  }
}
