import { readTally } from './read-tally.ts';

const NAMES = [
  'kills',
  'lostEntries',
  'tampers',
  'tampersDetected',
  'replayed',
  'replayDiffers',
  'markersFound',
] as const;
type CountName = (typeof NAMES)[number];
/** Where nothing was tried, nothing was shown. */
const TRIED: readonly CountName[] = ['kills', 'tampers', 'replayed'];
/** What must not be found. */
const UNWANTED: readonly CountName[] = ['lostEntries', 'replayDiffers', 'markersFound'];

/** What a verification of the log came to. */
export interface LogVerdict {
  /** What the parts counted; `null` where nobody counted. */
  readonly counts: Readonly<Record<CountName, number | null>>;
  /** Everything that speaks against the log, in words; none when it holds. */
  readonly complaints: readonly string[];
}

/** Joins what the tests tallied, as lines, and their failures. */
export function logVerdictOf(tallied: string, failedTests: number): LogVerdict {
  const counts = Object.fromEntries(NAMES.map((name) => [name, readTally(tallied, name)])) as LogVerdict['counts'];
  const { tampers, tampersDetected } = counts;
  const complaints = [
    ...(failedTests > 0 ? [`${failedTests} tests failed or did not run`] : []),
    ...NAMES.filter((name) => counts[name] === null).map((name) => `nobody counted \`${name}\``),
    ...TRIED.filter((name) => counts[name] === 0).map((name) => `\`${name}\` is 0: nothing was tried`),
    ...UNWANTED.filter((name) => (counts[name] ?? 0) > 0).map((name) => `\`${name}\` is not 0`),
    // More detected than tried would be a count that says nothing.
    ...(tampers === tampersDetected ? [] : ['not every tamper was detected, or they were not counted alike']),
  ];
  return { counts, complaints };
}

/** Tells whether nothing was lost, nothing was changed unseen, every decision was made again and nobody was named. */
export function isHolding({ complaints }: LogVerdict): boolean {
  return complaints.length === 0;
}

/** The verdict as the one line that ends the output. */
export function logLastLineOf({ counts }: LogVerdict): string {
  return JSON.stringify(Object.fromEntries(NAMES.map((name) => [name, counts[name]])));
}
