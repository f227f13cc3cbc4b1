import { Server, ServerCredentials } from '@grpc/grpc-js';
import { strategy } from '../../proto/index.ts';
import type { ServiceStage } from './service-stage.ts';

/** How an engine that does not behave answers publications: with any text, or never. */
export interface Behaviour {
  readonly receipt?: string;
}

/** A strategy engine that somebody else wrote, and not to please us. Withdrawals it confirms at once. */
export class StrangeEngine implements AsyncDisposable {
  readonly #server: Server;
  readonly address: string;
  /** What has reached it and what it has seen of it, in order. */
  readonly seen: string[];

  private constructor(server: Server, port: number, seen: string[]) {
    this.#server = server;
    this.address = `127.0.0.1:${port}`;
    this.seen = seen;
  }

  /** Starts it. */
  static async open({ receipt }: Behaviour): Promise<StrangeEngine> {
    const seen: string[] = [];
    const server = new Server();
    server.addService(strategy.StrategyEngineServiceService, {
      publishAudience: (call, callback) => {
        seen.push('publication');
        call.once('cancelled', () => seen.push('cancellation'));
        call.on('error', () => {});
        call.resume();
        call.once('end', () => {
          if (receipt !== undefined) callback(null, { receipt });
        });
      },
      revokeAudience: (_, callback) => {
        seen.push('withdrawal');
        callback(null, { receipt: 'withdrawn' });
      },
    } satisfies strategy.StrategyEngineServiceServer);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
    return new StrangeEngine(server, await promise, seen);
  }

  /** Registers it as a destination of the platform. */
  async register(stage: ServiceStage, collaborationId: string, destinationId: string): Promise<void> {
    const { address } = this;
    const request = { collaborationId, destinationId, address, caCertificatePem: '', identifier: 'email' };
    await stage.as('platform').audiences.createDestination(request);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
  }
}
