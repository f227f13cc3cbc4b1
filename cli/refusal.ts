import { type ServiceError, status } from '@grpc/grpc-js';
import { datasets, rpc, rpcDetails, violations } from '../proto/index.ts';

const detailsTrailer = 'grpc-status-details-bin';
const typePrefix = 'type.googleapis.com/';

/** Why a call was refused, as far as the service said. */
export interface Refusal {
  /** The gRPC status by name, for example `FAILED_PRECONDITION`. */
  readonly code: string;
  readonly message: string;
  /** From the closed set of ErrorInfo reasons, for example `BUDGET_SPENT`; empty when none was sent. */
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly violations.Violation[];
  readonly rejects: datasets.RejectReport | undefined;
  /** How long to wait before another try, in seconds; undefined when trying again will not help or nobody knows. */
  readonly retrySeconds: number | undefined;
  readonly fields: readonly { readonly field: string; readonly description: string }[];
}

/** Tells whether an error came from a gRPC call. */
export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'metadata' in error;
}

/**
 * Reads the typed details of a failed call from its `grpc-status-details-bin` trailer. Details of unknown types are
 * left out.
 */
export function readRefusal(error: ServiceError): Refusal {
  const details = readDetails(error);
  const info = decode(details, 'google.rpc.ErrorInfo', rpcDetails.ErrorInfo);
  const retry = decode(details, 'google.rpc.RetryInfo', rpcDetails.RetryInfo)?.retryDelay;
  return {
    code: status[error.code] ?? 'UNKNOWN',
    message: error.details,
    reason: info?.reason ?? '',
    metadata: info?.metadata ?? {},
    violations: decode(details, 'galley.v1.Refusal', violations.Refusal)?.violations ?? [],
    rejects: decode(details, 'galley.v1.RejectReport', datasets.RejectReport),
    retrySeconds: retry === undefined ? undefined : Number(retry.seconds) + retry.nanos / 1e9,
    fields: decode(details, 'google.rpc.BadRequest', rpcDetails.BadRequest)?.fieldViolations ?? [],
  };
}

type Detail = rpc.Status['details'][number];

function readDetails(error: ServiceError): readonly Detail[] {
  const [packed] = error.metadata.get(detailsTrailer);
  if (!Buffer.isBuffer(packed)) return [];
  try {
    return rpc.Status.decode(packed).details;
  } catch {
    // Code and message still stand without their details.
    return [];
  }
}

function decode<T>(details: readonly Detail[], type: string, codec: { decode(input: Uint8Array): T }): T | undefined {
  const detail = details.find(({ typeUrl }) => typeUrl === typePrefix + type);
  return detail === undefined ? undefined : codec.decode(detail.value);
}
