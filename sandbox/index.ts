export { WallUnsafeError } from './host/build-wall.ts';
export { openWall } from './host/open-wall.ts';
export { RuntimeFolderError } from './host/runtime-folder.ts';
export {
  DEFAULT_WORKER_USERS,
  HIGHEST_WORKER_UID,
  LEAST_WORKER_USERS_COUNT,
  LOWEST_WORKER_UID,
  WorkerUsersError,
} from './host/user-range.ts';
export {
  type ColumnSource,
  type ComposedTable,
  type ComposeJob,
  type IngestEvent,
  type IngestJob,
  type JobLimits,
  type OuterTable,
  type ParseResult,
  type PseudonymiseJob,
  type ReleasedKind,
  type RowCondition,
  type RowSelection,
  type RunJob,
  type ScoringCheck,
  type ScoringFunction,
  type Seat,
  type TableSource,
  type TokeniseJob,
  type Wall,
  type WallCheck,
  WallError,
  type WallErrorCode,
  type WallOptions,
  type WallPlaces,
} from './wall.ts';
export type {
  ColumnChunk,
  FixedValues,
  TextValues,
} from './wire/column-chunk.ts';
export type { Cell, ColumnType, WireType } from './wire/column-type.ts';
export type { IdentifierKind, IngestColumn, IngestFormat, ResultKind } from './wire/jobs.ts';
export type { InputRefusal, ParseRefusal, RejectReason } from './wire/reasons.ts';
export type {
  ScoringFault,
  ScoringFaultRule,
  ScoringKind,
  ScoringLanguage,
  ScoringParameter,
  ScoringResult,
} from './wire/scoring.ts';
export { MAX_SCORING_CODE_BYTES } from './wire/scoring.ts';
