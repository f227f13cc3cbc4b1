/** The door of questions. */

export { admitToQuestion } from './admit-to-question.ts';
export { type AskedTable, askForTable } from './ask-for-table.ts';
export { explain } from './explain.ts';
export { assertFewFailures, countFailure } from './failed-runs.ts';
export { keepsRules } from './keeps-rules.ts';
export { selectionPath } from './layout-paths.ts';
export { makeQueryService } from './query-service.ts';
export { failInterrupted, makeRuns, type Runs } from './runs.ts';
export { submitQuestion } from './submit-question.ts';
