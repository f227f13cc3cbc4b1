/** The door of questions. */

export { assertFewFailures, countFailure } from './failed-runs.ts';
export { admitToQuestion, makeQueryService } from './query-service.ts';
export { failInterrupted, makeRuns, type Runs } from './runs.ts';
