import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { credentials } from '@grpc/grpc-js';
import { decisions, strategy } from '../../proto/index.ts';

type Addresses = Readonly<Record<'listening' | 'http' | 'decisions', string>>;

/** A strategy engine that runs as its own process, as it ships, with clients of its contracts. */
export class RunningEngine {
  readonly #child: ChildProcess;
  readonly #http: string;
  readonly client: strategy.StrategyEngineServiceClient;
  readonly shop: decisions.DecisionServiceClient;

  private constructor(child: ChildProcess, { listening, http, decisions: decisionsAt }: Addresses) {
    this.#child = child;
    this.#http = http;
    this.client = new strategy.StrategyEngineServiceClient(listening, credentials.createInsecure());
    this.shop = new decisions.DecisionServiceClient(decisionsAt, credentials.createInsecure());
  }

  /** Starts an engine and waits until it listens. */
  static async start(directory: string, tokenKey: string, contentPath: string): Promise<RunningEngine> {
    const main = new URL('./main.ts', import.meta.url).pathname;
    const child = spawn(
      process.execPath,
      [main, '--data', directory, '--token-key', tokenKey, '--content', contentPath],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')) as [string];
    return new RunningEngine(child, JSON.parse(line) as Addresses);
  }

  /** Sends parts one after the other and returns the last answer. */
  async deliver(parts: Iterable<strategy.Envelope>): Promise<strategy.DeliverResponse | undefined> {
    const send = promisify<strategy.DeliverRequest, strategy.DeliverResponse>(this.client.deliver.bind(this.client));
    let last: strategy.DeliverResponse | undefined;
    for (const envelope of parts) last = await send({ envelope });
    return last;
  }

  /** Asks for content by token, over gRPC. */
  decideByToken(token: Uint8Array, scene: string): Promise<decisions.DecideResponse> {
    const decide = promisify<decisions.DecideRequest, decisions.DecideResponse>(this.shop.decide.bind(this.shop));
    return decide({ token: Buffer.from(token), scene });
  }

  /** Posts to the shop's door and returns the status with the body. */
  async post(path: '/decide' | '/events' | '/forget', body: object): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${this.#http}${path}`, { method: 'POST', body: JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  }

  /** Reads a page of the shop's door. */
  async get(path: '/health' | '/metrics'): Promise<string> {
    return await (await fetch(`${this.#http}${path}`)).text();
  }

  /** Resident memory of the process now, in bytes. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1]) * 1024;
  }

  /** Sends it a signal. */
  signal(signal: 'SIGHUP'): void {
    this.#child.kill(signal);
  }

  /** Ends the process with a signal and waits until it is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.client.close();
    this.shop.close();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    await gone;
  }
}
