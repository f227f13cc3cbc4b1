import { readFileSync } from 'node:fs';

import { stageRuntime } from '../host/runtime-folder.ts';
import type { WallLayer } from '../host/wall-layer.ts';
import { spawnBehindWall, WorkerProcess, type WorkerProgram } from '../host/worker-process.ts';
import { openWorkerUsers, type WorkerUsers } from '../host/worker-users.ts';
import type { JobSpec } from '../wire/jobs.ts';
import { descendantsOf } from './processes.ts';

/** The budget of a worker as shipped. */
const BUDGET = { engineMemoryMib: 2_048, cpuSeconds: 900 };

/** Does nothing; unlike the worker it does not ask where it is, so that any layer can be left out around it. */
const EMPTY_SCRIPT = 'wire/frames.js';

/** One worker at hand, for what is measured of it alone. */
export interface BenchWorker {
  /** Has it do its one job, a query without tables, and waits for the answer. */
  readonly answer: (sql: string) => Promise<void>;
  /** Memory of the process behind the wall, in KiB, by the kernel's names. */
  readonly memoryKib: (name: 'Rss' | 'Pss' | 'Private_Dirty') => number;
  readonly end: () => Promise<unknown>;
}

/** Starts a worker with some layers left out, and waits until it is ready. */
export async function startBenchWorker(without: readonly WallLayer[] = []): Promise<BenchWorker> {
  const worker = new WorkerProcess(programOf('worker/main.js', without));
  if (!(await worker.ready())) throw new Error(`no worker starts without \`${without.join('`, `')}\``);
  return {
    answer: async (sql) => {
      const job: JobSpec = {
        kind: 'run',
        functions: [],
        dictionaries: [],
        tables: [],
        sql,
        parameters: [],
        resultKinds: ['integer'],
        maxRows: 1,
      };
      await worker.send({ kind: 'job', job });
      await worker.send({ kind: 'end' });
      for await (const { kind } of worker.messages) {
        if (kind === 'failed') throw new Error(`the worker did not answer: ${sql}`);
        if (kind === 'done') return;
      }
    },
    memoryKib: (name) => memoryOf(descendantsOf(worker.pid ?? 0).at(-1) ?? 0, name),
    end: () => {
      worker.kill();
      return worker.gone;
    },
  };
}

/** Starts Node on nothing to do, with some layers left out, and waits until it has ended. */
export async function startNodeOnce(without: readonly WallLayer[] = []): Promise<void> {
  const child = spawnBehindWall(programOf(EMPTY_SCRIPT, without));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once('error', reject);
  child.once('exit', (code) => {
    if (code === 0) resolve();
    else reject(new Error(`Node does not start without \`${without.join('`, `')}\``));
  });
  await promise;
}

let users: WorkerUsers | null = null;

function programOf(script: string, without: readonly WallLayer[]): WorkerProgram {
  users ??= openWorkerUsers();
  return { runtime: stageRuntime(), budget: BUDGET, users, script, seccomp: 'kill', without };
}

function memoryOf(pid: number, name: string): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text);
  return Number(found?.[1]);
}
