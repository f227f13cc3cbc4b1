export type { AuditLogCode } from './audit-log-error.ts';
export {
  type Checkpoint,
  type CheckpointSigner,
  formatKeyHistory,
  handOver,
  handoverSigner,
  type KeyHistory,
  type KeyPeriod,
  keepKeyHistory,
  type LogKeyFiles,
  openCheckpointKey,
  openLogKeys,
  openNextKey,
  type ProvenLeaf,
  parseCheckpoint,
  parseKeyHistory,
  type VerifiedKeyHistory,
  verifyCheckpoint,
  verifyCheckpointByHistory,
  verifyKeyHistory,
} from './checkpoint/index.ts';
export { digestOfSources } from './digest-of-sources.ts';
export { readBoundedSync } from './disk/index.ts';
export {
  type Entry,
  type EntryActor,
  type EntryBody,
  type EntryFault,
  type EntryKind,
  entryKinds,
  entrySchemas,
  type Fields,
  type JsonValue,
  parseLeaf,
} from './entry/index.ts';
export {
  type CheckedFolder,
  checkFolder,
  type Difference,
  type DifferenceCode,
} from './fsck/index.ts';
export {
  type AppendedEntry,
  type AuditLog,
  type OpenLogOptions,
  openLog,
  type ReadEntry,
  withSchemas,
} from './log/index.ts';
export type { LogVerificationCode } from './log-verification-error.ts';
export {
  type ConsistencyClaim,
  type InclusionClaim,
  leafHash,
  verifyConsistency,
  verifyInclusion,
} from './merkle/index.ts';
export {
  formatReceiptBundle,
  parseReceiptBundle,
  RECEIPT_ALGORITHM,
  RECEIPT_TYPE,
  type ReceiptBundle,
  type ReceiptClaims,
  type ReceiptJwk,
  type ReceiptSalts,
  type ReceiptStatement,
  receiptKeyId,
  statementDigest,
  type VerifiedReceipt,
  type VerifyReceiptOptions,
  verifyReceipt,
} from './receipt/index.ts';
export {
  checkpointOfMirror,
  type GrownMirror,
  growMirror,
  type LeafRange,
  leavesOfMirror,
  seenByMirror,
} from './tiles/index.ts';
export {
  type AccountSum,
  type Cosignature,
  findAlteredEntry,
  formatSplitView,
  LogForked,
  makeSplitView,
  parseSplitView,
  type ShownSplit,
  type SplitView,
  type VerifiedLog,
  type VerifyLogOptions,
  verifyLog,
  verifySplitView,
  type WitnessedNote,
  type Witnesses,
} from './verify/index.ts';
export {
  addCosignature,
  cosignatureIn,
  formatAddCheckpoint,
  MAX_ADD_ANSWER_BYTES,
  MAX_REQUEST_BYTES,
  mergeCosignatures,
  type WatchedLog,
  Witness,
  type WitnessAnswer,
  type WitnessOptions,
} from './witness/index.ts';
