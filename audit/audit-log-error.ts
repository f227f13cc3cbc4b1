/** Why the log could not be opened, read or written; the list is closed. */
export type AuditLogCode =
  | 'LOG_LOCKED'
  | 'LOG_CORRUPT'
  | 'LOG_CLOSED'
  | 'LOG_FAILED'
  | 'LOG_FULL'
  | 'LOG_OVERLOADED'
  | 'RANGE_OUTSIDE_TREE'
  | 'CHECKPOINT_CONTRADICTS_LOG'
  | 'ORIGIN_INVALID'
  | 'ORIGIN_MISMATCH'
  | 'KEY_FILE_INVALID'
  | 'KEY_FILE_EXPOSED'
  | 'WITNESS_STATE_INVALID';

/** A failure of the log on this machine (not of a proof); the cause, if any, is for the operator only. */
export class AuditLogError extends Error {
  readonly code: AuditLogCode;

  constructor(code: AuditLogCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AuditLogError';
    this.code = code;
  }
}
