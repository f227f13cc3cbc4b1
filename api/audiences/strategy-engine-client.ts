import { once } from 'node:events';
import { credentials, type ServiceError as GrpcError, Metadata } from '@grpc/grpc-js';
import { strategy } from '../../proto/index.ts';
import type { DestinationRow } from './destinations.ts';

/** Longest time a strategy engine may take for one call. */
const CALL_DEADLINE_MS = 300_000;
/** Tokens of one message: about 60 kB. */
const BATCH_TOKENS = 2_000;

/** Publishes an audience and answers the engine's receipt. @throws {GrpcError} when the engine did not confirm */
export async function publish(
  destination: DestinationRow,
  header: strategy.AudienceHeader,
  tokens: Iterable<readonly string[]>,
  signal: AbortSignal,
): Promise<string> {
  return await withClient(destination, async (client) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const call = client.publishAudience(new Metadata(), deadline(), (error: GrpcError | null, answer) =>
      error === null ? resolve(answer.receipt) : reject(error),
    );
    const cancel = (): void => call.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    // A dead engine fails the call while batches are still written; the callback tells it.
    call.on('error', () => {});
    try {
      await Promise.race([promise, write(call, header, tokens)]);
      return await promise;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  });
}

type PublishCall = ReturnType<strategy.StrategyEngineServiceClient['publishAudience']>;

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

/** Withdraws an audience and answers the engine's receipt. */
export async function withdraw(
  destination: DestinationRow,
  identity: { readonly audienceId: string; readonly version: bigint },
  signal: AbortSignal,
): Promise<string> {
  return await withClient(destination, async (client) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const call = client.revokeAudience(identity, new Metadata(), deadline(), (error: GrpcError | null, answer) =>
      error === null ? resolve(answer.receipt) : reject(error),
    );
    const cancel = (): void => call.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  });
}

function deadline(): { deadline: Date } {
  return { deadline: new Date(Date.now() + CALL_DEADLINE_MS) };
}

async function withClient<Result>(
  { address, ca_certificate_pem: ca }: DestinationRow,
  work: (client: strategy.StrategyEngineServiceClient) => Promise<Result>,
): Promise<Result> {
  const channel = ca === '' ? credentials.createInsecure() : credentials.createSsl(Buffer.from(ca));
  const client = new strategy.StrategyEngineServiceClient(address, channel);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}
