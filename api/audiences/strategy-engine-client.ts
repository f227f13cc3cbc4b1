import { once } from 'node:events';
import { credentials, type ServiceError as GrpcError, Metadata, status } from '@grpc/grpc-js';
import { strategy } from '../../proto/index.ts';
import { readDestinationAddress, targetOf } from './destination-address.ts';
import type { DestinationRow } from './destinations.ts';

/** Longest time to connect: an engine that is up needs milliseconds. */
const CONNECT_DEADLINE_MS = 3_000;
/** Longest time to withdraw an audience: one small message, one mark in the engine's store. */
const WITHDRAW_DEADLINE_MS = 15_000;
/** Longest time to publish an audience without members. */
const PUBLISH_DEADLINE_MS = 30_000;
/** What each batch adds to it: ten million members have about five minutes. */
const BATCH_DEADLINE_MS = 50;
/** Tokens of one message: about 60 kB. */
const BATCH_TOKENS = 2_000;

/** A strategy engine that has been reached. */
export type Engine = strategy.StrategyEngineServiceClient;

/** Thrown when an engine could not be reached or did not confirm; of its own words only the status is kept. */
export class EngineFailed extends Error {
  override readonly name = 'EngineFailed';
  readonly reason: 'destination-unreachable' | 'destination-failed';
  /** The name of the gRPC status. */
  readonly status: string;

  constructor(reason: EngineFailed['reason'], code: status) {
    super(`${reason}: ${status[code]}`);
    this.reason = reason;
    this.status = status[code] ?? 'UNKNOWN';
  }
}

/** Connects to a destination, does some work with it and closes the connection. @throws {EngineFailed} */
export async function withEngine<Result>(
  { address, ca_certificate_pem: ca }: DestinationRow,
  signal: AbortSignal,
  work: (engine: Engine) => Promise<Result>,
): Promise<Result> {
  const parsed = readDestinationAddress(address);
  if (parsed === null) throw new EngineFailed('destination-unreachable', status.INVALID_ARGUMENT);
  const channel = ca === '' ? credentials.createInsecure() : credentials.createSsl(Buffer.from(ca));
  // How calls are made is decided here, not by whoever writes TXT records for the destination's name.
  const options = { 'grpc.service_config_disable_resolution': 1 };
  const engine = new strategy.StrategyEngineServiceClient(targetOf(parsed), channel, options);
  try {
    await untilConnected(engine, signal);
    return await work(engine);
  } finally {
    engine.close();
  }
}

async function untilConnected(engine: Engine, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const cancel = (): void => reject(new EngineFailed('destination-unreachable', status.CANCELLED));
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  engine.waitForReady(Date.now() + CONNECT_DEADLINE_MS, (error) =>
    error === undefined ? resolve() : reject(new EngineFailed('destination-unreachable', status.DEADLINE_EXCEEDED)),
  );
  try {
    await promise;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** Publishes an audience and answers the engine's receipt. @throws {EngineFailed} when the engine did not confirm */
export async function publish(
  engine: Engine,
  header: strategy.AudienceHeader,
  tokens: Iterable<readonly string[]>,
  signal: AbortSignal,
): Promise<string> {
  const deadlineMs = PUBLISH_DEADLINE_MS + (Number(header.memberCount) / BATCH_TOKENS) * BATCH_DEADLINE_MS;
  return await confirmed(signal, (settle) => {
    const call = engine.publishAudience(new Metadata(), deadlineIn(deadlineMs), settle);
    // A dead engine fails the call while batches are still written; the callback tells it.
    call.on('error', () => {});
    void write(call, header, tokens).catch(() => call.cancel());
    return call;
  });
}

type PublishCall = ReturnType<Engine['publishAudience']>;

async function write(
  call: PublishCall,
  header: strategy.AudienceHeader,
  tokens: Iterable<readonly string[]>,
): Promise<void> {
  call.write({ part: { $case: 'header', value: header } });
  for (const some of tokens) {
    for (let from = 0; from < some.length; from += BATCH_TOKENS) {
      const batch = { tokens: some.slice(from, from + BATCH_TOKENS) };
      if (!call.write({ part: { $case: 'batch', value: batch } })) await once(call, 'drain');
    }
  }
  call.end();
}

/** Withdraws an audience and answers the engine's receipt. @throws {EngineFailed} when the engine did not confirm */
export async function withdraw(
  engine: Engine,
  identity: { readonly audienceId: string; readonly version: bigint },
  signal: AbortSignal,
): Promise<string> {
  return await confirmed(signal, (settle) =>
    engine.revokeAudience(identity, new Metadata(), deadlineIn(WITHDRAW_DEADLINE_MS), settle),
  );
}

function deadlineIn(ms: number): { deadline: Date } {
  return { deadline: new Date(Date.now() + ms) };
}

type Settle = (error: GrpcError | null, answer: { readonly receipt: string }) => void;

/** Waits for the receipt of a call; the call is cancelled when the signal comes first. */
async function confirmed(signal: AbortSignal, begin: (settle: Settle) => { cancel(): void }): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const call = begin((error, answer) =>
    error === null ? resolve(answer.receipt) : reject(new EngineFailed('destination-failed', error.code)),
  );
  const cancel = (): void => call.cancel();
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
