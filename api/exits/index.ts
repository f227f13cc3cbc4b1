/** The door of what every exit of data shares: one check, one ledger, one way through the wall. */
export { budgetSpent, firstSpent, reserveBudget } from './budget.ts';
export { parse } from './parse.ts';
export { TIME_STEP_MS, untilNextStep } from './quantised-time.ts';
export { violationEntry, violationMessage } from './refusal.ts';
export { type RunPlace, releaseKey, runAggregate } from './run-aggregate.ts';
export { assertAccepted, readTableViews } from './table-views.ts';
