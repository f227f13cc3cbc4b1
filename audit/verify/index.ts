export { findAlteredEntry } from './find-altered-entry.ts';
export type { AccountSum } from './history/index.ts';
export { LogForked } from './log-forked.ts';
export {
  formatSplitView,
  makeSplitView,
  parseSplitView,
  type ShownSplit,
  type SplitView,
  verifySplitView,
} from './split-view.ts';
export { type VerifiedLog, type VerifyLogOptions, verifyLog } from './verify-log.ts';
export type { Cosignature, WitnessedNote, Witnesses } from './witnessed-by.ts';
