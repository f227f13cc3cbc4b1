export type { AuditLogCode } from './audit-log-error.ts';
export {
  type Checkpoint,
  type CheckpointSigner,
  openCheckpointKey,
  parseCheckpoint,
  verifyCheckpoint,
} from './checkpoint/index.ts';
export {
  type Entry,
  type EntryActor,
  type EntryBody,
  type EntryFault,
  type EntryKind,
  entryKinds,
  type JsonValue,
  parseLeaf,
} from './entry/index.ts';
export { type AppendedEntry, type AuditLog, type OpenLogOptions, openLog, type ReadEntry } from './log/index.ts';
export type { LogVerificationCode } from './log-verification-error.ts';
export {
  type ConsistencyClaim,
  type InclusionClaim,
  leafHash,
  verifyConsistency,
  verifyInclusion,
} from './merkle/index.ts';
export { type VerifiedLog, type VerifyLogOptions, verifyLog } from './verify/index.ts';
