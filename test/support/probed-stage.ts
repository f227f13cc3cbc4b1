import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceStage, type StageConfig } from './service-stage.ts';

/** What a probed service writes down. */
export type ProbeEvent =
  /** A job behind the wall: asked for, given a worker, ended, in the service's own milliseconds. */
  | {
      readonly job: string;
      readonly askedAt: number;
      readonly takenAt: number;
      readonly endedAt: number;
      readonly sentBytes: number;
    }
  /** A call, by its path: from its headers until its last byte has been handed to the socket. */
  | { readonly call: string; readonly beganAt: number; readonly endedAt: number }
  | { readonly stage: string; readonly beganAt: number; readonly endedAt: number }
  | { readonly statement: string }
  | { readonly sync: string }
  | { readonly start: 'worker' };

const probe = new URL('./service-probe.ts', import.meta.url);

/** A service that writes down what it does, and what it has written. */
export class ProbedStage implements AsyncDisposable {
  readonly stage: ServiceStage;
  readonly #file: string;

  private constructor(stage: ServiceStage, file: string) {
    this.stage = stage;
    this.#file = file;
  }

  /** Starts it. */
  static async open(config: StageConfig = {}): Promise<ProbedStage> {
    const file = join(tmpdir(), `galley-probe-${process.pid}-${Date.now()}.jsonl`);
    writeFileSync(file, '', { mode: 0o600 });
    const prefix = ['env', `GALLEY_PROBE=${file}`, `NODE_OPTIONS=--import=${probe.href}`];
    return new ProbedStage(await ServiceStage.open(config, prefix), file);
  }

  /** All that it has written down so far. */
  events(): readonly ProbeEvent[] {
    const lines = readFileSync(this.#file, 'utf8').split('\n');
    // The last line may still be on its way.
    return lines.slice(0, -1).map((line) => JSON.parse(line) as ProbeEvent);
  }

  /** What the service writes down while it does something. */
  async during(work: () => Promise<unknown>): Promise<readonly ProbeEvent[]> {
    const from = this.events().length;
    await work();
    return this.events().slice(from);
  }

  /** Ends it, and removes what it has written. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]();
    rmSync(this.#file, { force: true });
  }
}
