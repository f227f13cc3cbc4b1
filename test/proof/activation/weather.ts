import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, Metadata, Server, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js';
import { strategy } from '../../../proto/index.ts';
import type { Choices } from '../../fuzz/choices.ts';

/** What may happen to a part on its way; more than half pass, or a sender would do little but wait for its next attempt. */
const FATES = [
  ...(['passes', 'passes', 'passes', 'passes', 'passes', 'is slow'] as const),
  ...(['is lost', 'is taken and not answered', 'comes twice', 'is late'] as const),
];
/** One part in so many is followed by an old one that came from who knows where. */
const PARTS_PER_ECHO = 4;
/** Parts that are kept for echoes. */
const MAX_ECHOES_COUNT = 64;
const MAX_SLOW_MS = 150;
const MAX_LATE_MS = 400;
const FORWARD_MS = 20_000;

/** What happened so far, by fate. */
export type Happened = Readonly<Record<(typeof FATES)[number] | 'echoes', number>>;

/**
 * A way to a strategy engine on which everything happens that may happen to what is sent: parts are slow, get lost, are
 * taken without an answer, come twice, overtake each other, and come again long after newer ones.
 */
export class Weather implements AsyncDisposable {
  readonly #server = new Server();
  readonly #engine: strategy.StrategyEngineServiceClient;
  readonly #choices: Choices;
  readonly #echoes: strategy.Envelope[] = [];
  readonly #late = new Set<Promise<unknown>>();
  readonly #happened = { ...Object.fromEntries(FATES.map((fate) => [fate, 0])), echoes: 0 } as Record<
    keyof Happened,
    number
  >;
  #isCalm = false;
  #address = '';

  private constructor(engineAddress: string, choices: Choices) {
    // An engine that was killed is tried again at once, and not after a pause of gRPC's own.
    const options = { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 100 };
    this.#engine = new strategy.StrategyEngineServiceClient(engineAddress, credentials.createInsecure(), options);
    this.#choices = choices;
  }

  /** Opens the way. */
  static async open(engineAddress: string, choices: Choices): Promise<Weather> {
    const weather = new Weather(engineAddress, choices);
    const gone = { code: status.UNAVAILABLE, details: 'the way is closed' };
    weather.#server.addService(strategy.StrategyEngineServiceService, {
      deliver: ({ request }, callback) => {
        weather.#carry(request).then(
          (answer) => callback(null, answer),
          () => callback(gone),
        );
      },
    } satisfies strategy.StrategyEngineServiceServer);
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    weather.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
    weather.#address = `127.0.0.1:${await promise}`;
    return weather;
  }

  /** Where a service finds the engine. */
  get address(): string {
    return this.#address;
  }

  /** What has happened so far. */
  get happened(): Happened {
    return this.#happened;
  }

  /** Lets everything pass from now on, and waits until nothing is under way. */
  async calm(): Promise<void> {
    this.#isCalm = true;
    await Promise.allSettled([...this.#late]);
  }

  async #carry(request: strategy.DeliverRequest): Promise<strategy.DeliverResponse> {
    const fate = this.#isCalm ? 'passes' : this.#choices.of(FATES);
    this.#happened[fate] += 1;
    this.#echo();
    if (request.envelope !== undefined) this.#echoes.push(request.envelope);
    if (this.#echoes.length > MAX_ECHOES_COUNT) this.#echoes.shift();
    switch (fate) {
      case 'is lost':
        throw new Error('lost');
      case 'is slow':
        await sleep(this.#choices.below(MAX_SLOW_MS));
        break;
      case 'is taken and not answered':
        await this.#forward(request);
        throw new Error('not answered');
      case 'comes twice':
        await this.#forward(request);
        break;
      case 'is late':
        // Its sender gives it up and sends it again; meanwhile it is still on its way, behind what was sent after it.
        this.#later(request);
        throw new Error('late');
      default:
    }
    return await this.#forward(request);
  }

  #echo(): void {
    if (this.#isCalm || this.#echoes.length === 0 || !this.#choices.onceIn(PARTS_PER_ECHO)) return;
    this.#happened.echoes += 1;
    this.#later({ envelope: this.#choices.of(this.#echoes) });
  }

  #later(request: strategy.DeliverRequest): void {
    const waitMs = this.#choices.below(MAX_LATE_MS);
    const late = sleep(waitMs)
      .then(() => this.#forward(request))
      // What comes late meets what the engine says to it; nobody is left to hear that.
      .catch(() => undefined)
      .finally(() => this.#late.delete(late));
    this.#late.add(late);
  }

  #forward(request: strategy.DeliverRequest): Promise<strategy.DeliverResponse> {
    return new Promise((resolve, reject) => {
      const settle = (error: ServiceError | null, answer: strategy.DeliverResponse): void =>
        error === null ? resolve(answer) : reject(error);
      this.#engine.deliver(request, new Metadata(), { deadline: Date.now() + FORWARD_MS }, settle);
    });
  }

  /** Closes the way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
    await Promise.allSettled([...this.#late]);
    this.#engine.close();
  }
}
