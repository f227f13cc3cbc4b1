import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServerReadableStream,
  ServerWritableStream,
} from '@grpc/grpc-js';
import type { Action } from '../authorize/index.ts';
import type { LimitsConfig } from '../config/index.ts';
import { type Call, type Gate, race, runCall } from './call.ts';
import { ServiceError } from './service-error.ts';
import { toGrpcStatus } from './status-details.ts';

/** Turns our handlers into grpc-js ones, with every check before them and every error after. */
export type HandlerWrappers = {
  /** One request, one answer. */
  readonly unary: <Request, Response>(
    action: Action,
    handler: (request: Request, call: Call) => Promise<Response>,
  ) => handleUnaryCall<Request, Response>;
  /** One request, many answers; the next one is asked for when the client has room for it. */
  readonly serverStream: <Request, Response>(
    action: Action,
    handler: (request: Request, call: Call) => AsyncIterable<Response>,
  ) => handleServerStreamingCall<Request, Response>;
  /** Many requests, one answer; the client is slowed down to the pace at which they are taken. */
  readonly clientStream: <Request, Response>(
    action: Action,
    handler: (requests: AsyncIterable<Request>, call: Call) => Promise<Response>,
  ) => handleClientStreamingCall<Request, Response>;
  /** Many requests and many answers in turn, each no faster than the other side takes them. */
  readonly bothStreams: <Request, Response>(
    action: Action,
    handler: (requests: AsyncIterable<Request>, call: Call) => AsyncIterable<Response>,
  ) => handleBidiStreamingCall<Request, Response>;
};

/** Makes the wrappers of one server. */
export function makeHandlerWrappers(
  gate: Gate,
  limits: Pick<LimitsConfig, 'unaryDeadlineMs' | 'streamDeadlineMs'>,
): HandlerWrappers {
  return {
    unary: (action, handler) => (wire, callback) => {
      const admission = { action, maxMs: limits.unaryDeadlineMs };
      runCall(gate, wire, admission, (call) => handler(wire.request, call)).then(
        (response) => callback(null, response),
        (error: unknown) => callback(statusOf(error)),
      );
    },
    clientStream: (action, handler) => (wire, callback) => {
      const admission = { action, maxMs: limits.streamDeadlineMs };
      // A stream that breaks emits `error` also when nobody reads it any more; unheard it would end the process.
      wire.on('error', () => {});
      // What was not read is let go of, so that a handler still waiting for it is woken.
      runCall(gate, wire, admission, (call) => handler(readWhole(wire), call))
        .finally(() => wire.destroy())
        .then(
          (response) => callback(null, response),
          (error: unknown) => callback(statusOf(error)),
        );
    },
    bothStreams: (action, handler) => (wire) => {
      const admission = { action, maxMs: limits.streamDeadlineMs };
      wire.on('error', () => {});
      runCall(gate, wire, admission, (call) =>
        pump(wire, handler(readInTurn(wire, call.signal), call), call.signal),
      ).then(
        () => wire.end(),
        (error: unknown) => {
          if (!wire.cancelled) wire.emit('error', statusOf(error));
        },
      );
    },
    serverStream: (action, handler) => (wire) => {
      const admission = { action, maxMs: limits.streamDeadlineMs };
      runCall(gate, wire, admission, (call) => pump(wire, handler(wire.request, call), call.signal)).then(
        () => wire.end(),
        (error: unknown) => {
          if (!wire.cancelled) wire.emit('error', statusOf(error));
        },
      );
    },
  };
}

function statusOf(error: unknown): ReturnType<typeof toGrpcStatus> {
  // INVARIANT: runCall throws ServiceError only.
  return toGrpcStatus(error instanceof ServiceError ? error : new ServiceError('INTERNAL', 'the service failed'));
}

async function pump<Response>(
  wire: ServerWritableStream<unknown, Response> | ServerDuplexStream<unknown, Response>,
  responses: AsyncIterable<Response>,
  signal: AbortSignal,
): Promise<void> {
  const iterator = responses[Symbol.asyncIterator]();
  let isDone = false;
  try {
    while (true) {
      const next = await race(iterator.next(), signal);
      isDone = next.done === true;
      if (isDone) return;
      if (!wire.write(next.value)) await race(drained(wire), signal);
    }
  } catch (error) {
    isDone ||= !signal.aborted;
    throw error;
  } finally {
    // Not awaited: a generator that waits for something returns only after it.
    if (!isDone) iterator.return?.().catch(() => {});
  }
}

/**
 * How long after the end of an upload a reset may still arrive. Node's own HTTP/2 client ends a stream before it resets
 * it, so that a cancelled upload looks finished for a moment; the reset follows in the next packet.
 */
const SETTLING_MS = 100;

// An upload that broke off must not look like one that ended, or half a file would be published. This narrows the gap
// and cannot close it: only an end declared within the requests themselves can, and a handler that has one must check
// it.
async function* readWhole<Request>(wire: ServerReadableStream<Request, unknown>): AsyncGenerator<Request, void> {
  yield* wire as AsyncIterable<Request>;
  const { promise: settled, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, SETTLING_MS);
  wire.once('cancelled', resolve);
  if (!wire.cancelled) await settled;
  clearTimeout(timer);
  wire.off('cancelled', resolve);
  if (wire.cancelled) throw new ServiceError('CANCELLED', 'the stream of requests broke off');
}

// The stream is left standing when its reader goes: its answers would go with it. So whoever waits for a request that does
// not come is woken by the signal.
async function* readInTurn<Request>(
  wire: ServerDuplexStream<Request, unknown>,
  signal: AbortSignal,
): AsyncGenerator<Request, void> {
  const requests: AsyncIterator<Request> = wire.iterator({ destroyOnReturn: false });
  for (;;) {
    const next = await race(requests.next(), signal);
    if (next.done === true) return;
    yield next.value;
  }
}

async function drained(
  wire: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = () => resolve();
  // Each listener goes with its wait, or a long stream would gather thousands of them.
  wire.once('drain', stop).once('close', stop);
  try {
    await promise;
  } finally {
    wire.off('drain', stop).off('close', stop);
  }
}
