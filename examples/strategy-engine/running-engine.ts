import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import { strategy } from '../../proto/index.ts';

/** A strategy engine that runs as its own process, as it ships, with a client of its contract. */
export class RunningEngine {
  readonly #child: ChildProcess;
  readonly #http: string;
  readonly client: strategy.StrategyEngineServiceClient;

  private constructor(child: ChildProcess, listening: string, http: string) {
    this.#child = child;
    this.#http = http;
    this.client = new strategy.StrategyEngineServiceClient(listening, credentials.createInsecure());
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
    const { listening, http } = JSON.parse(line) as { listening: string; http: string };
    return new RunningEngine(child, listening, http);
  }

  /** Publishes members in batches and returns the receipt. */
  publish(header: Partial<strategy.AudienceHeader>, batches: Iterable<string[]>): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = this.client.publishAudience((error, response) =>
        error === null ? resolve(response.receipt) : reject(error),
      );
      // A refusal ends the call while members are still being written; the callback above has it.
      call.on('error', () => undefined);
      const send = async (): Promise<void> => {
        call.write({ part: { $case: 'header', value: strategy.AudienceHeader.fromPartial(header) } });
        for (const tokens of batches) {
          if (!call.write({ part: { $case: 'batch', value: { tokens } } })) await once(call, 'drain');
        }
        call.end();
      };
      send().catch(reject);
    });
  }

  /** Withdraws an audience and returns the receipt. */
  revoke(audienceId: string, version: bigint): Promise<string> {
    return new Promise((resolve, reject) => {
      this.client.revokeAudience({ audienceId, version }, (error: ServiceError | null, response) =>
        error === null ? resolve(response.receipt) : reject(error),
      );
    });
  }

  /** Asks for content and returns the status with the body. */
  async decide(body: object): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${this.#http}/decide`, { method: 'POST', body: JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  }

  /** Resident memory of the process now, in bytes. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1]) * 1024;
  }

  /** Ends the process with a signal and waits until it is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    this.client.close();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    await gone;
  }
}
