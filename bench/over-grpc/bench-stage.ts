import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServiceStage } from '../../test/support/service-stage.ts';

/** The stage in which the end of a question waits for a step of time, so that how long it ran does not show. */
const QUANTISATION = 'wait';
const noteStages = fileURLToPath(new URL('./note-stages.ts', import.meta.url));

/** A service that tells the bench, and nobody else, where its questions spend their time. */
export class BenchStage implements AsyncDisposable {
  readonly #directory: string;
  readonly stage: ServiceStage;

  private constructor(directory: string, stage: ServiceStage) {
    this.#directory = directory;
    this.stage = stage;
  }

  /** Starts it. */
  static async open(): Promise<BenchStage> {
    const directory = mkdtempSync(join(tmpdir(), 'galley-bench-'));
    const told = [`NODE_OPTIONS=--import=${noteStages}`, `GALLEY_BENCH_STAGES=${join(directory, 'stages')}`];
    return new BenchStage(directory, await ServiceStage.open({}, ['env', ...told]));
  }

  /** How long all questions so far have waited for the end of a step of time; 0 where the service does not tell. */
  waitedMs(): number {
    const path = join(this.#directory, 'stages');
    if (!existsSync(path)) return 0;
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    const stages = lines.map((line) => JSON.parse(line) as { stage: string; beganAt: number; endedAt: number });
    return stages.reduce((sum, s) => sum + (s.stage === QUANTISATION ? s.endedAt - s.beganAt : 0), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
