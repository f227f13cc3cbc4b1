// Rich errors by google.rpc.Status, as every gRPC language can read them.
import { Metadata, type StatusObject } from '@grpc/grpc-js';
import { datasets, rpc, rpcDetails, violations, type wellKnown } from '../../proto/index.ts';
import { grpcStatusOf, type ServiceError } from './service-error.ts';

/** The domain of our reasons in google.rpc.ErrorInfo. */
const ERROR_DOMAIN = 'galley';

/**
 * The most bytes of details. They travel base64-coded in a trailer, and stock clients refuse trailers over 8 KiB: the
 * caller would then see that limit instead of its error.
 */
const MAX_DETAILS_BYTES = 5_600;

/** The most counts of rejects, so that there is room for their places beside them. */
const MAX_REJECT_COUNTS_COUNT = 10;

/** The longest message, for the same trailer. */
const MAX_MESSAGE_CHARS = 500;

/** Turns an error into what grpc-js sends: status, message and the trailer `grpc-status-details-bin`. */
export function toGrpcStatus(error: ServiceError): Pick<StatusObject, 'code' | 'details' | 'metadata'> {
  const code = grpcStatusOf[error.code];
  const message = error.message.slice(0, MAX_MESSAGE_CHARS);
  const metadata = new Metadata();
  const status = rpc.Status.encode({ code, message, details: detailsOf(error) }).finish();
  metadata.set('grpc-status-details-bin', Buffer.from(status));
  return { code, details: message, metadata };
}

function detailsOf({ code, details }: ServiceError): wellKnown.Any[] {
  const reason = { reason: code, domain: ERROR_DOMAIN, metadata: { ...details.metadata } };
  const parts = [pack('google.rpc.ErrorInfo', rpcDetails.ErrorInfo.encode(reason).finish())];
  if (details.retryAfterMs !== undefined) {
    const seconds = BigInt(Math.ceil(details.retryAfterMs / 1000));
    const retry = rpcDetails.RetryInfo.encode({ retryDelay: { seconds, nanos: 0 } }).finish();
    parts.push(pack('google.rpc.RetryInfo', retry));
  }
  let room = MAX_DETAILS_BYTES - parts.reduce((sum, part) => sum + part.value.length, 0);
  if (details.violations !== undefined) {
    const bytes = encodeViolations(details.violations, room);
    room -= bytes.length;
    parts.push(pack('galley.v1.Refusal', bytes));
  }
  if (details.fields !== undefined) {
    const bytes = encodeFitting(details.fields, room, (some) =>
      rpcDetails.BadRequest.encode({
        fieldViolations: some.map(({ path, message }) => ({ field: path, description: message })),
      }).finish(),
    );
    room -= bytes.length;
    parts.push(pack('google.rpc.BadRequest', bytes));
  }
  if (details.rejects !== undefined) {
    const { rejects, rejectedCount } = details.rejects;
    const counts = details.rejects.counts.slice(0, MAX_REJECT_COUNTS_COUNT);
    const bytes = encodeFitting(rejects, room, (some) =>
      datasets.RejectReport.encode({ rejects: [...some], rejectedCount, counts }).finish(),
    );
    parts.push(pack('galley.v1.RejectReport', bytes));
  }
  return parts;
}

/**
 * Every broken rule is worth more than what is said beside it: where all do not fit, they go without the facts, and
 * then without the query that would pass. An explanation, which is no trailer, has room for all of it.
 */
function encodeViolations(all: readonly violations.Violation[], maxBytes: number): Uint8Array {
  const encode = (some: readonly violations.Violation[]): Uint8Array =>
    violations.Refusal.encode({ violations: [...some] }).finish();
  const withoutFacts = all.map((v) => ({ ...v, facts: {} }));
  const bare = withoutFacts.map((v) => ({ ...v, passingSql: '', passingChanges: [] }));
  const whole = [all, withoutFacts, bare].map(encode).find((bytes) => bytes.length <= maxBytes);
  return whole ?? encodeFitting(bare, maxBytes, encode);
}

// As many from the front as there is room for; counts beside them stay true.
function encodeFitting<Item>(
  items: readonly Item[],
  maxBytes: number,
  encode: (some: readonly Item[]) => Uint8Array,
): Uint8Array {
  let [fits, tooMany] = [0, items.length + 1];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (encode(items.slice(0, middle)).length <= maxBytes) fits = middle;
    else tooMany = middle;
  }
  return encode(items.slice(0, fits));
}

function pack(type: string, value: Uint8Array): wellKnown.Any {
  return { typeUrl: `type.googleapis.com/${type}`, value };
}
