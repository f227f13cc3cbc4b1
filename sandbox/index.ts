export { openWall, WallUnsafeError } from './host/open-wall.ts';
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
  type RunJob,
  type TableSource,
  type TokeniseJob,
  type Wall,
  type WallCheck,
  WallError,
  type WallErrorCode,
  type WallOptions,
} from './wall.ts';
export type {
  ColumnChunk,
  FixedValues,
  TextValues,
} from './wire/column-chunk.ts';
export type { Cell, ColumnType, WireType } from './wire/column-type.ts';
export type { IdentifierKind, IngestColumn, IngestFormat, ResultKind } from './wire/jobs.ts';
export type { InputRefusal, ParseRefusal, RejectReason } from './wire/reasons.ts';
