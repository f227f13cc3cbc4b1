export { WallUnsafeError } from './host/build-wall.ts';
export { openWall } from './host/open-wall.ts';
export { RuntimeFolderError } from './host/runtime-folder.ts';
export { countKept, keepRows } from './host/take-rows.ts';
export { TextDictionary } from './host/text-dictionary.ts';
export {
  DEFAULT_WORKER_USERS,
  HIGHEST_WORKER_UID,
  LEAST_WORKER_USERS_COUNT,
  LOWEST_WORKER_UID,
  WorkerUsersError,
} from './host/user-range.ts';
export type {
  JudgedColumn,
  JudgeRowsJob,
  LinkIdentifiersJob,
  RedactEvent,
  RedactJob,
  SoughtIdentifiers,
  Verdicts,
} from './rights-jobs.ts';
export type {
  DerivedTable,
  DeriveEvent,
  DeriveJob,
  DerivingStep,
  PersonSpan,
  ShardedColumn,
  ShardedRunJob,
  ShardedStep,
  ShardedTable,
} from './sharded-jobs.ts';
export {
  type ColumnSource,
  type ComposedTable,
  type ComposeJob,
  type FileSource,
  type IngestEvent,
  type IngestJob,
  type JobLimits,
  type MatchSideSource,
  type OuterTable,
  type ParseResult,
  type ReleasedKind,
  type RowCondition,
  type RowSelection,
  type RunJob,
  type ScoringCheck,
  type ScoringFunction,
  type Seat,
  type TableSource,
  type Wall,
  type WallCheck,
  WallError,
  type WallErrorCode,
  type WallOptions,
  type WallPlaces,
} from './wall.ts';
export type {
  AssignJob,
  Blur,
  NamedRows,
  PersonRange,
  PseudonymiseJob,
  ResolvedSpine,
  ResolveJob,
  TokeniseJob,
} from './wall-identity.ts';
export type {
  ColumnChunk,
  FixedValues,
  TextValues,
} from './wire/column-chunk.ts';
export type { Cell, ColumnType, LayoutType, WireType } from './wire/column-type.ts';
export type { FileDescription, FoundColumn, Packing, ProposedKind } from './wire/inspection.ts';
export type {
  FileLayout,
  IdentifierForm,
  IdentifierKind,
  IngestColumn,
  IngestFormat,
  PrivacyUnit,
  ResultKind,
  SpineCounts,
  SpineInput,
} from './wire/jobs.ts';
export { type DigestSample, type MatchStep, MULTIPLES_COUNT } from './wire/matching.ts';
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
