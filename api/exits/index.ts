/** The door of what every exit of data shares: one check, one ledger, one way through the wall. */
export { firstSpent, recordCharge, reserveBudget } from './budget.ts';
export { parse } from './parse.ts';
export { untilNextStep } from './quantised-time.ts';
export { violationEntry, violationMessage } from './refusal.ts';
export { loggingRefusals } from './refusals.ts';
export { releaseOnce } from './release-once.ts';
export { findReleases, putRelease, readRelease, type StoredRelease, sweepReleases } from './release-store.ts';
export { type RunPlace, releaseKey } from './run-aggregate.ts';
export { assertAccepted, readTableViews } from './table-views.ts';
