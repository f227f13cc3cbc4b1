import { appendFileSync } from 'node:fs';

/**
 * What tests count for `npm run verify:privacy`, `verify:wall`, `verify:ingest`, `verify:log` and
 * `verify:activation` beyond themselves: comparisons of
 * bounded output, inputs of fuzzers, hostile system calls and files, crashes of what they were given to, kills of a
 * service or a destination and what was found after them, changes of a log and decisions that were made again.
 */
export type CountName =
  | 'boundingCases'
  | 'fuzzInputs'
  | 'hostileSyscalls'
  | 'hostileFiles'
  | 'serviceCrashes'
  | 'kills'
  | 'lostEntries'
  | 'tornSnapshots'
  | 'leakedBytes'
  | 'resumed'
  | 'erasedPersonsFound'
  | 'rawIdentifiersFound'
  | 'lostEntries'
  | 'tampers'
  | 'tampersDetected'
  | 'replayed'
  | 'replayDiffers'
  | 'markersFound'
  | 'lost'
  | 'duplicates'
  | 'revoked';

/**
 * Adds to a count of the run: one JSON line to the file that GALLEY_TALLY names, if any.
 *
 * To be called once at the end of a test, and only with what was in fact compared or tried: a test that fails early has
 * counted nothing, and a count that is missing fails the run.
 */
export function tally(name: CountName, count: number): void {
  const path = process.env.GALLEY_TALLY;
  if (path !== undefined) appendFileSync(path, `${JSON.stringify({ name, count })}\n`);
}
