/** The door of what every exit of data shares: one check, one ledger, one way through the wall. */
export { budgetSpent, chargeBudget, type LoggedCharge, logCharge, noteTold, reserveBudget } from './budget.ts';
export { assertHistoryIsWhole, countExactAggregations, recordExactAggregation } from './exact-aggregations.ts';
export { readBounds } from './find-bounds.ts';
export { loggableShapes } from './loggable-shape.ts';
export { droppingBroken, type OpenPath, openPath, type PrintedPath } from './open-path.ts';
export { MAX_READING_MS, parse, treeOf } from './parse.ts';
export { untilNextStep } from './quantised-time.ts';
export { violationEntry, violationMessages } from './refusal.ts';
export { loggingRefusals } from './refusals.ts';
export { releaseOnce } from './release-once.ts';
export {
  findReleases,
  putRelease,
  readRelease,
  type StoredRelease,
  showReleases,
  storeOnce,
  sweepReleases,
} from './release-store.ts';
export { choiceOf, releaseKey } from './run-aggregate.ts';
export type { RunPlace } from './run-place.ts';
export { assertAccepted, readTableViews } from './table-views.ts';
export { tellLostCharges } from './tell-lost-charges.ts';
