import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { entriesOf, verifyLogOf } from '../../support/service-questions.ts';
import { ServiceStage } from '../../support/service-stage.ts';
import { findLeaks, findTemporaryLeaks, type Leak } from './leaked-files.ts';
import { findLogFaults } from './log-faults.ts';
import { readStoredData } from './stored-data.ts';
import { findTorn } from './torn-snapshots.ts';

/** What is wrong with what lies on the disk, each list empty when nothing is. */
export interface Findings {
  readonly torn: readonly string[];
  readonly leaks: readonly Leak[];
  readonly logFaults: readonly string[];
}

const serviceMain = fileURLToPath(new URL('../../../api/main.ts', import.meta.url));
/**
 * Looks at the disk of a running service that has nothing to do.
 *
 * @param checkpoints what was signed before; the newest is added
 * @throws when the log does not verify, or does not continue what was signed before
 */
export async function lookAt(stage: ServiceStage, checkpoints: string[] = []): Promise<Findings> {
  const { checkpoint } = await verifyLogOf(stage, checkpoints);
  checkpoints.push(checkpoint);
  const data = await readStoredData(stage.dataDirectory);
  return {
    torn: (await findTorn(data)).map(({ id, fault }) => `\`${id}\` ${fault}`),
    // An erasure goes on by itself after a start: what it is making has no name yet, and is looked for when it is done.
    leaks: data.rows('erasures').every(({ state }) => state === 'done') ? findLeaks(data) : [],
    logFaults: findLogFaults(data, await entriesOf(stage)),
  };
}

const WORLD_ENTERED_MODE = 0o755;

/** A service with a temporary folder of its own, looked at from outside after each of its deaths. */
export class IngestStage implements AsyncDisposable {
  readonly stage: ServiceStage;
  /** Its temporary folder; the users of workers enter it, so that it is not within the stage's own. */
  readonly temporary: string;
  readonly #checkpoints: string[] = [];

  private constructor(stage: ServiceStage, temporary: string) {
    this.stage = stage;
    this.temporary = temporary;
  }

  /** Starts the service on a fresh data directory. */
  static async open(): Promise<IngestStage> {
    const temporary = mkdtempSync(join(tmpdir(), 'galley-ingest-'));
    chmodSync(temporary, WORLD_ENTERED_MODE);
    try {
      return new IngestStage(await ServiceStage.open({}, ['env', `TMPDIR=${temporary}`]), temporary);
    } catch (cause) {
      rmSync(temporary, { recursive: true, force: true });
      throw cause;
    }
  }

  /** Kills the service as it stands. */
  async kill(): Promise<void> {
    await this.stage.end('SIGKILL');
  }

  /** Starts it again on what it left. */
  async restart(): Promise<void> {
    await this.stage.start({}, ['env', `TMPDIR=${this.temporary}`]);
  }

  /** Starts it and kills it before it listens, or soon after. */
  async killDuringStart(delayMs: number): Promise<void> {
    const config = join(this.stage.directory, 'config.json');
    const env = { ...process.env, TMPDIR: this.temporary };
    const child = spawn(process.execPath, [serviceMain, 'start', '--config', config], { stdio: 'ignore', env });
    const gone = once(child, 'exit');
    await Promise.race([sleep(delayMs), gone]);
    child.kill('SIGKILL');
    await gone;
  }

  /** Everything that may hold data in the clear: the data directory, the temporary folder and the service's log. */
  get searched(): readonly string[] {
    return [this.stage.directory, this.temporary];
  }

  /** Looks at the disk as {@link lookAt} does, and into the temporary folder. */
  async look(): Promise<Findings> {
    const { leaks, ...findings } = await lookAt(this.stage, this.#checkpoints);
    return { ...findings, leaks: [...leaks, ...findTemporaryLeaks(this.temporary)] };
  }

  /** Ends the service and removes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]();
    rmSync(this.temporary, { recursive: true, force: true });
  }
}
