import { once } from 'node:events';
import type {
  CallOptions,
  ClientDuplexStream,
  ClientReadableStream,
  ClientUnaryCall,
  ClientWritableStream,
  Metadata,
  ServiceError,
} from '@grpc/grpc-js';
import type { Connection } from './connection.ts';

const secondMs = 1000;

/** A call that touches the control store alone: half a minute is a machine in trouble, not a slow answer. */
const quickDeadlineMs = 30 * secondMs;
/** A call that may wait for a run behind the wall, which has its own, shorter limit. */
export const runDeadlineMs = 10 * 60 * secondMs;
/** A call that moves a whole file. */
export const transferDeadlineMs = 60 * 60 * secondMs;

type Callback<Response> = (error: ServiceError | null, response: Response) => void;
type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: Callback<Response>,
) => ClientUnaryCall;
type ServerStreamMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
) => ClientReadableStream<Response>;
type BothStreamsMethod<Request, Response> = (
  metadata: Metadata,
  options: Partial<CallOptions>,
) => ClientDuplexStream<Request, Response>;
type ClientStreamMethod<Request, Response> = (
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: Callback<Response>,
) => ClientWritableStream<Request>;

/** Makes one call and waits for its answer. Rejects with the ServiceError of gRPC. */
export function callUnary<Request, Response>(
  connection: Connection,
  method: UnaryMethod<Request, Response>,
  request: Request,
  deadlineMs: number = quickDeadlineMs,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    method(request, connection.metadata(), { deadline: Date.now() + deadlineMs }, (error, response) =>
      error === null ? resolve(response) : reject(error),
    );
  });
}

/** Makes one call and reads the stream that answers it, no faster than it is consumed. */
export function callServerStream<Request, Response>(
  connection: Connection,
  method: ServerStreamMethod<Request, Response>,
  request: Request,
  deadlineMs: number,
): AsyncIterable<Response> {
  return method(request, connection.metadata(), { deadline: Date.now() + deadlineMs });
}

/** Streams messages up, no faster than the service takes them, and waits for the answer. */
export function callClientStream<Request, Response>(
  connection: Connection,
  method: ClientStreamMethod<Request, Response>,
  messages: AsyncIterable<Request>,
  deadlineMs: number,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const ended = new AbortController();
    const call = method(connection.metadata(), { deadline: Date.now() + deadlineMs }, (error, response) => {
      ended.abort();
      if (error === null) resolve(response);
      else reject(error);
    });
    // The callback has the reason; without a listener the event would end the process.
    call.on('error', () => undefined);
    sendAll(call, messages, ended.signal).catch((error: unknown) => {
      // After the service's own answer a failed write has nothing to add.
      if (ended.signal.aborted) return;
      call.cancel();
      reject(error);
    });
  });
}

async function sendAll<Request>(
  call: ClientWritableStream<Request>,
  messages: AsyncIterable<Request>,
  ended: AbortSignal,
): Promise<void> {
  for await (const message of messages) {
    if (ended.aborted) return;
    if (!call.write(message)) await once(call, 'drain', { signal: ended });
  }
  call.end();
}

/** A call whose two streams go on side by side. */
export interface Conversation<Request, Response> {
  /** Sends one message; waits until there is room for the next. */
  send(message: Request): Promise<void>;
  /** Says that nothing more will be sent. */
  end(): void;
  /** What the service says, to its end. */
  readonly answers: AsyncIterable<Response>;
  /** Gives the call up. */
  cancel(): void;
}

/** Opens a call whose two streams go on side by side. */
export function callBothStreams<Request, Response>(
  connection: Connection,
  method: BothStreamsMethod<Request, Response>,
  deadlineMs: number,
): Conversation<Request, Response> {
  const call = method(connection.metadata(), { deadline: Date.now() + deadlineMs });
  const ended = new AbortController();
  // The reader has the reason; without a listener the event would end the process.
  call.on('error', () => ended.abort()).on('end', () => ended.abort());
  return {
    send: async (message) => {
      if (ended.signal.aborted || call.write(message)) return;
      // A call that has ended says why to whoever reads its answers.
      await once(call, 'drain', { signal: ended.signal }).catch(() => undefined);
    },
    end: () => call.end(),
    answers: call,
    cancel: () => call.cancel(),
  };
}
