/** The door of layouts: tables derived from snapshots, for faster questions. They decide nothing. */
export { dropLayouts } from './drop-layouts.ts';
export { type FoundLayout, findLayouts } from './find-layouts.ts';
export { type Layouts, startLayouts, sweepLayouts } from './keep-layouts.ts';
export { listLayouts } from './list-layouts.ts';
export { ALL_PERSONS, type OpenLayouts, openLayouts, type PersonsPart } from './open-layouts.ts';
export { type PathKind, type RunCost, readRunCost, sealRunCost } from './run-cost.ts';
