import { randomUUID } from 'node:crypto';
import type { ServerUnaryCall } from '@grpc/grpc-js';
import { KeysUnavailable, type Principal, TokenRefused, type TokenVerifier } from '../auth/index.ts';
import type { Action } from '../authorize/index.ts';
import type { OperatorLog } from './operator-log.ts';
import type { RefusalTally } from './refusal-tally.ts';
import { ServiceError } from './service-error.ts';
import type { TokenBuckets } from './token-bucket.ts';

/** What a handler knows of its call. */
export type Call = {
  readonly action: Action;
  readonly principal: Principal;
  /** Aborted when the client goes away, the deadline passes or the service stops; `reason` is a ServiceError. */
  readonly signal: AbortSignal;
  /** When the answer is due, in milliseconds since 1970: the client's deadline, or ours when it is sooner. */
  readonly deadlineAtMs: number;
  readonly receivedAtMs: number;
  /**
   * The digest of the template that the service has filled in for this call, after it saw that the member acted for has
   * approved it. Nothing that a caller sends sets it.
   */
  readonly template?: string;
};

/** The part of a grpc-js call that every kind has. */
export type WireCall = Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'getDeadline' | 'getPath'> & {
  readonly cancelled: boolean;
  once(event: 'cancelled', listener: () => void): unknown;
};

/** What every call goes through. */
export type Gate = {
  readonly verify: TokenVerifier['verify'];
  readonly buckets: TokenBuckets;
  readonly tally: RefusalTally;
  readonly log: OperatorLog;
  readonly now: () => number;
  /** Calls under way, to be told when the service stops. */
  readonly active: Set<AbortController>;
  readonly isDraining: () => boolean;
};

/** What is asked of one call. */
export type Admission = { readonly action: Action; readonly maxMs: number };

/**
 * Lets a call in and runs it: token, rate, deadline, then the handler.
 *
 * The work is raced against the signal: a handler that does not listen keeps no caller waiting.
 *
 * @throws {ServiceError} and nothing else
 */
export async function runCall<Result>(
  gate: Gate,
  wire: WireCall,
  { action, maxMs }: Admission,
  work: (call: Call) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const { signal } = controller;
  const receivedAtMs = gate.now();
  const deadlineAtMs = Math.min(deadlineOf(wire), receivedAtMs + maxMs);
  const overdue = new ServiceError('DEADLINE_EXCEEDED', 'the deadline has passed');
  const timer = setTimeout(() => controller.abort(overdue), deadlineAtMs - receivedAtMs);
  wire.once('cancelled', () => controller.abort(new ServiceError('CANCELLED', 'the caller has gone away')));
  gate.active.add(controller);
  let principal: Principal | undefined;
  try {
    if (wire.cancelled) throw new ServiceError('CANCELLED', 'the caller has gone away');
    if (gate.isDraining()) throw new ServiceError('UNAVAILABLE', 'the service is stopping', { retryAfterMs: 1_000 });
    principal = await authenticate(gate, wire, action);
    limitRate(gate, principal);
    return await race(work({ action, principal, signal, deadlineAtMs, receivedAtMs }), signal);
  } catch (error) {
    throw settle(gate, { error, action, signal, principal, path: wire.getPath() });
  } finally {
    clearTimeout(timer);
    gate.active.delete(controller);
  }
}

/** Waits for work unless the signal comes first; then throws its reason and forgets how the work ends. */
export async function race<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  // First of all, so that work which fails after nobody waits any more does not end the process.
  work.catch(() => {});
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function authenticate(gate: Gate, wire: WireCall, action: Action): Promise<Principal> {
  const values = wire.metadata.get('authorization');
  const token = values.length === 1 ? /^bearer ([\x21-\x7e]+)$/i.exec(String(values[0]))?.[1] : undefined;
  if (token === undefined) {
    gate.tally.record({ kind: 'authentication-refused', reason: 'missing-token', action }, gate.now());
    const message = 'a bearer token is needed in the metadata `authorization`';
    throw new ServiceError('UNAUTHENTICATED', message, { metadata: { token: 'missing-token' } });
  }
  try {
    return await gate.verify(token);
  } catch (error) {
    if (error instanceof TokenRefused) {
      gate.tally.record({ kind: 'authentication-refused', reason: error.reason, action }, gate.now());
      throw new ServiceError('UNAUTHENTICATED', error.message, { metadata: { token: error.reason } });
    }
    if (error instanceof KeysUnavailable) {
      gate.log.error({ err: error, cause: error.cause }, 'token keys unavailable');
      throw new ServiceError('UNAVAILABLE', error.message, { retryAfterMs: 5_000 });
    }
    throw error;
  }
}

function limitRate(gate: Gate, { principal }: Principal): void {
  const retryAfterMs = gate.buckets.take(principal, gate.now());
  if (retryAfterMs === 0) return;
  throw new ServiceError('RATE_LIMITED', 'too many calls; wait and try again', { retryAfterMs });
}

function deadlineOf(wire: WireCall): number {
  const deadline = wire.getDeadline();
  return deadline instanceof Date ? deadline.getTime() : deadline;
}

type Ending = {
  readonly error: unknown;
  readonly action: Action;
  readonly signal: AbortSignal;
  readonly principal: Principal | undefined;
  readonly path: string;
};

// The one door for foreign errors: what is not ours leaves as INTERNAL with an id, and its words stay inside.
function settle(gate: Gate, ending: Ending): ServiceError {
  const { error, action, signal, principal, path } = ending;
  if (error instanceof ServiceError) {
    recordRefusal(gate, error, { action, principal });
    return error;
  }
  // An aborted handler fails in whatever way it likes; the reason is the signal's.
  if (signal.aborted && signal.reason instanceof ServiceError) return signal.reason;
  const errorId = randomUUID();
  const caller = { principal: principal?.principal, member: principal?.member };
  gate.log.error({ errorId, err: error, action, path, ...caller }, 'call failed');
  const message = `the service failed; quote \`${errorId}\` to its operator`;
  return new ServiceError('INTERNAL', message, { metadata: { errorId }, cause: error });
}

function recordRefusal(
  gate: Gate,
  error: ServiceError,
  { action, principal }: { action: Action; principal: Principal | undefined },
): void {
  const isRefusal = error.code === 'PERMISSION_DENIED' || error.details.refusedResource !== undefined;
  if (!isRefusal || principal === undefined) return;
  const { principal: name, member } = principal;
  const resource = printable(error.details.refusedResource ?? '');
  gate.tally.record({ kind: 'authorization-refused', action, principal: name, member, resource }, gate.now());
}

/** The longest resource written to the audit log. */
const MAX_RESOURCE_CHARS = 128;

// A refused caller chose this text: only what a name can be is kept.
function printable(resource: string): string {
  return /^[A-Za-z0-9/._-]*$/.test(resource) ? resource.slice(0, MAX_RESOURCE_CHARS) : '';
}
