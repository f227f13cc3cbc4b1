import { status } from '@grpc/grpc-js';
import type { datasets, violations } from '../../proto/index.ts';

/** Every way a call may end but well. Clients read it as the `reason` of google.rpc.ErrorInfo. */
export type ServiceErrorCode =
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'INVALID_REQUEST'
  | 'QUESTION_REFUSED'
  | 'AUDIENCE_REFUSED'
  | 'FUNCTION_REFUSED'
  | 'TEMPLATE_NOT_APPROVED'
  | 'UPLOAD_REFUSED'
  | 'WRONG_OFFSET'
  | 'TAKEN_OVER'
  | 'STAGING_FULL'
  | 'STORAGE_FAILED'
  | 'NOT_ACCEPTED'
  | 'SYNTHETIC_ONLY'
  | 'BUDGET_SPENT'
  | 'RATE_LIMITED'
  | 'BUSY'
  | 'RUN_FAILED'
  | 'TOO_MANY_FAILURES'
  | 'CONFLICT'
  | 'RECORD_ERASED'
  | 'CANCELLED'
  | 'DEADLINE_EXCEEDED'
  | 'UNAVAILABLE'
  | 'INTERNAL';

/**
 * The one table from our codes to gRPC's.
 *
 * RUN_FAILED is UNKNOWN, the status of errors that say nothing: UNAVAILABLE or ABORTED would invite stock clients to
 * try again, and each try is charged. BUDGET_SPENT is RESOURCE_EXHAUSTED without a time to come back, for there is
 * none.
 */
export const grpcStatusOf: { readonly [code in ServiceErrorCode]: status } = {
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  PERMISSION_DENIED: status.PERMISSION_DENIED,
  NOT_FOUND: status.NOT_FOUND,
  ALREADY_EXISTS: status.ALREADY_EXISTS,
  INVALID_REQUEST: status.INVALID_ARGUMENT,
  QUESTION_REFUSED: status.INVALID_ARGUMENT,
  AUDIENCE_REFUSED: status.FAILED_PRECONDITION,
  FUNCTION_REFUSED: status.INVALID_ARGUMENT,
  TEMPLATE_NOT_APPROVED: status.FAILED_PRECONDITION,
  UPLOAD_REFUSED: status.INVALID_ARGUMENT,
  WRONG_OFFSET: status.OUT_OF_RANGE,
  TAKEN_OVER: status.FAILED_PRECONDITION,
  STAGING_FULL: status.RESOURCE_EXHAUSTED,
  STORAGE_FAILED: status.UNAVAILABLE,
  NOT_ACCEPTED: status.FAILED_PRECONDITION,
  SYNTHETIC_ONLY: status.FAILED_PRECONDITION,
  BUDGET_SPENT: status.RESOURCE_EXHAUSTED,
  RATE_LIMITED: status.RESOURCE_EXHAUSTED,
  BUSY: status.RESOURCE_EXHAUSTED,
  RUN_FAILED: status.UNKNOWN,
  TOO_MANY_FAILURES: status.RESOURCE_EXHAUSTED,
  CONFLICT: status.ALREADY_EXISTS,
  RECORD_ERASED: status.FAILED_PRECONDITION,
  CANCELLED: status.CANCELLED,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  UNAVAILABLE: status.UNAVAILABLE,
  INTERNAL: status.INTERNAL,
};

/** What rides along with an error. All but `cause` and `refusedResource` goes to the client. */
export type ServiceErrorDetails = {
  /** Every broken rule, for QUESTION_REFUSED, AUDIENCE_REFUSED and FUNCTION_REFUSED. */
  readonly violations?: readonly violations.Violation[];
  /** The rows not taken, for UPLOAD_REFUSED. */
  readonly rejects?: datasets.RejectReport;
  /** Wrong fields of a request or of a document in it, each by its path. */
  readonly fields?: readonly { readonly path: string; readonly message: string }[];
  /** When trying again makes sense, for RATE_LIMITED, BUSY, STORAGE_FAILED and UNAVAILABLE. */
  readonly retryAfterMs?: number;
  /** Names a program may read, for example `account` or `owner`. Never a data value. */
  readonly metadata?: { readonly [name: string]: string };
  /** For the operator's log alone. */
  readonly cause?: unknown;
  /** Set when this is a refusal of authorization, for the audit log alone: what was refused, `<kind>/<id>`. */
  readonly refusedResource?: string;
};

/** The one error that leaves a handler on purpose. `message` is one sentence in the caller's words. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ServiceErrorCode;
  readonly details: ServiceErrorDetails;

  constructor(code: ServiceErrorCode, message: string, details: ServiceErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.details = details;
  }
}
