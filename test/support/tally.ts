import { appendFileSync } from 'node:fs';

/**
 * What tests count for `npm run verify:privacy` and `npm run verify:wall` beyond themselves: comparisons of bounded
 * output, inputs of fuzzers, hostile system calls and files, and crashes of what they were given to.
 */
export type CountName = 'boundingCases' | 'fuzzInputs' | 'hostileSyscalls' | 'hostileFiles' | 'serviceCrashes';

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
