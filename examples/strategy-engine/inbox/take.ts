import { credentials, type ServiceError, status } from '@grpc/grpc-js';
import { strategy } from '../../../proto/index.ts';
import type { Take } from '../store-writer.ts';

/** Hands parts on to a strategy engine that runs. */
export function takeByGrpc(engine: string): { readonly take: Take; close(): void } {
  const client = new strategy.StrategyEngineServiceClient(engine, credentials.createInsecure());
  const take: Take = (envelope) => {
    const { promise, resolve, reject } = Promise.withResolvers<strategy.DeliverResponse>();
    client.deliver({ envelope }, (error, answer) => (error === null ? resolve(answer) : reject(error)));
    return promise;
  };
  return { take, close: () => client.close() };
}

/** Whether an engine, here or elsewhere, has refused a part for what it is: sent again, it would be refused again. */
export function isRefused(error: unknown): boolean {
  const code: unknown = (error as Partial<ServiceError> | null)?.code;
  return code === status.INVALID_ARGUMENT || code === 'INVALID_ARGUMENT';
}
