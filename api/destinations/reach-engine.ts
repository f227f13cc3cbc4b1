import { credentials, type ServiceError as GrpcError, status } from '@grpc/grpc-js';
import { strategy } from '../../proto/index.ts';
import { readDestinationAddress, targetOf } from './destination-address.ts';
import { DestinationFailed } from './destination-failed.ts';
import type { DestinationRow } from './destination-record.ts';

/** Longest time to connect: an engine that is up needs milliseconds. */
const CONNECT_DEADLINE_MS = 3_000;

/** A strategy engine that has been reached. */
export type Engine = strategy.StrategyEngineServiceClient;

/** Connects to a strategy engine; whoever has it closes it. @throws {DestinationFailed} */
export async function reachEngine(
  { address, ca_certificate_pem: ca }: Pick<DestinationRow, 'address' | 'ca_certificate_pem'>,
  signal: AbortSignal,
): Promise<Engine> {
  const parsed = readDestinationAddress(address);
  if (parsed === null) throw unreachable(status.INVALID_ARGUMENT);
  const channel = ca === '' ? credentials.createInsecure() : credentials.createSsl(Buffer.from(ca));
  // How calls are made is decided here, not by whoever writes TXT records for the destination's name.
  const options = { 'grpc.service_config_disable_resolution': 1 };
  const engine = new strategy.StrategyEngineServiceClient(targetOf(parsed), channel, options);
  try {
    await untilConnected(engine, signal);
    return engine;
  } catch (cause) {
    engine.close();
    throw cause;
  }
}

function unreachable(code: status): DestinationFailed {
  return new DestinationFailed('destination-unreachable', status[code]);
}

async function untilConnected(engine: Engine, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const cancel = (): void => reject(unreachable(status.CANCELLED));
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  engine.waitForReady(Date.now() + CONNECT_DEADLINE_MS, (error) =>
    error === undefined ? resolve() : reject(unreachable(status.DEADLINE_EXCEEDED)),
  );
  try {
    await promise;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** Takes how a call ended. */
export type Settle<Answer> = (error: GrpcError | null, answer: Answer) => void;

/** Waits for the answer of a call; the call is cancelled when the signal comes first. @throws {DestinationFailed} */
export async function answered<Answer>(
  signal: AbortSignal,
  begin: (settle: Settle<Answer>) => { cancel(): void },
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const call = begin((error, answer) =>
    error === null
      ? resolve(answer)
      : reject(new DestinationFailed('destination-failed', status[error.code] ?? 'UNKNOWN')),
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
