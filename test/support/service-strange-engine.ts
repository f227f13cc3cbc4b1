import { Server, ServerCredentials } from '@grpc/grpc-js';
import { strategy } from '../../proto/index.ts';
import { registerDestination } from './service-destinations.ts';
import type { ServiceStage } from './service-stage.ts';

const { DONE, KEPT } = strategy.DeliveryOutcome;

const TOKEN_BYTES = 16;

interface Counts {
  tokens: number;
  commits: number;
}

/** How an engine that does not behave answers publications: with any text, or never. */
export interface Behaviour {
  readonly receipt?: string;
}

/** A strategy engine that somebody else wrote, and not to please us. Withdrawals it confirms at once. */
export class StrangeEngine implements AsyncDisposable {
  readonly #server: Server;
  readonly #counts: Counts;
  readonly address: string;
  /** What has reached it and what it has seen of it, in order. */
  readonly seen: string[];

  private constructor(server: Server, port: number, { seen, counts }: { seen: string[]; counts: Counts }) {
    this.#counts = counts;
    this.#server = server;
    this.address = `127.0.0.1:${port}`;
    this.seen = seen;
  }

  /** Starts it. */
  static async open({ receipt }: Behaviour): Promise<StrangeEngine> {
    const seen: string[] = [];
    const counts = { tokens: 0, commits: 0 };
    const server = new Server();
    server.addService(strategy.StrategyEngineServiceService, {
      deliver: (call, callback) => {
        const said = call.request.envelope?.part;
        const part = said?.$case;
        if (said?.$case === 'batch') counts.tokens += said.value.added.length / TOKEN_BYTES;
        if (said?.$case === 'commit') counts.commits += 1;
        const answer = (outcome: strategy.DeliveryOutcome, text = '') =>
          callback(null, { outcome, nextBatch: 0, receipt: text });
        if (part === 'withdrawal') {
          seen.push('withdrawal');
          answer(DONE, 'withdrawn');
          return;
        }
        if (part === 'begin') {
          seen.push('publication');
          call.once('cancelled', () => seen.push('cancellation'));
        }
        if (receipt !== undefined) answer(part === 'commit' ? DONE : KEPT, receipt);
      },
    } satisfies strategy.StrategyEngineServiceServer);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
    return new StrangeEngine(server, await promise, { seen, counts });
  }

  /** Tokens that have come in all. */
  get tokenCount(): number {
    return this.#counts.tokens;
  }

  /** Commits that have come. */
  get commitCount(): number {
    return this.#counts.commits;
  }

  /** Registers it as a destination of the platform. */
  async register(stage: ServiceStage, collaborationId: string, destinationId: string): Promise<void> {
    const terms = { address: this.address };
    await registerDestination(stage, { collaborationId, destinationId, terms });
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
  }
}
