import type { Wall, WallCheck, WallOptions } from '../wall.ts';
import { ingest, pseudonymise, tokenise } from './file-jobs.ts';
import { findMissingTools } from './host-tools.ts';
import { compose, parse, run, selectPersons } from './query-jobs.ts';
import { type RuntimeFolder, stageRuntime } from './runtime-folder.ts';
import { selfTest } from './self-test.ts';
import { WorkerPool } from './worker-pool.ts';

/** Two spares: one a core of a small machine; a third only waits. */
const DEFAULT_SPARE_COUNT = 2;

/** Jobs at once; with two engine threads each, more would only slow one another down. */
const DEFAULT_MAX_RUNNING_COUNT = 4;

/** Room for ten million rows of a few columns, and a quarter of a small machine. */
const DEFAULT_ENGINE_MEMORY_MIB = 2_048;

/** Below this a script has no room; above it the self-test's memory bomb would fit inside the limit. */
const MIN_ENGINE_MEMORY_MIB = 128;
const MAX_ENGINE_MEMORY_MIB = 8_192;

/** A backstop only: far above any deadline, so that processor time never decides before the parent does. */
const CPU_SECONDS = 900;

/** The script a worker runs, below the code folder. */
const WORKER_SCRIPT = 'worker/main.js';

/** Thrown when the wall would have a hole; names each missing denial and what to do about it. */
export class WallUnsafeError extends Error {
  override name = 'WallUnsafeError';
  readonly checks: readonly WallCheck[];

  constructor(checks: readonly WallCheck[]) {
    const holes = checks.filter(({ holds, isRequired }) => isRequired && !holds);
    super(`the wall does not hold: ${holes.map(({ name, fix }) => `\`${name}\` (${fix})`).join(', ')}`);
    this.checks = checks;
  }
}

/**
 * Builds the wall and proves it: nothing is accepted before a hostile program has been refused everything.
 *
 * @throws {WallUnsafeError} when bubblewrap is missing or a required denial is
 * @throws {RuntimeFolderError} when the worker's files cannot be staged safely
 */
export async function openWall(options: WallOptions = {}): Promise<Wall> {
  const engineMemoryMib = options.engineMemoryMib ?? DEFAULT_ENGINE_MEMORY_MIB;
  if (
    !Number.isSafeInteger(engineMemoryMib) ||
    engineMemoryMib < MIN_ENGINE_MEMORY_MIB ||
    engineMemoryMib > MAX_ENGINE_MEMORY_MIB
  ) {
    throw new RangeError(`\`engineMemoryMib\` must be between ${MIN_ENGINE_MEMORY_MIB} and ${MAX_ENGINE_MEMORY_MIB}`);
  }
  const missing = findMissingTools();
  if (missing.length > 0) throw new WallUnsafeError(missing);
  const runtime = stageRuntime(options.runtimeDir);
  const budget = { engineMemoryMib, cpuSeconds: CPU_SECONDS };
  const checks = await selfTest(runtime, budget);
  if (checks.some(({ holds, isRequired }) => isRequired && !holds)) throw new WallUnsafeError(checks);
  return wallOver(runtime, options, budget);
}

function wallOver(
  runtime: RuntimeFolder,
  options: WallOptions,
  budget: { engineMemoryMib: number; cpuSeconds: number },
): Wall {
  const pool = new WorkerPool(
    { runtime, budget, script: WORKER_SCRIPT, seccomp: 'kill' },
    {
      spareCount: options.spareCount ?? DEFAULT_SPARE_COUNT,
      maxRunning: options.maxRunning ?? DEFAULT_MAX_RUNNING_COUNT,
    },
  );
  return {
    parse: (sql, limits) => parse(pool, sql, limits),
    run: (job, limits) => run(pool, job, limits),
    selectPersons: (job, limits) => selectPersons(pool, job, limits),
    compose: (job, limits) => compose(pool, job, limits),
    ingest: (job, bytes, limits) => ingest(pool, job, bytes, limits),
    pseudonymise: (job, limits) => pseudonymise(pool, job, limits),
    tokenise: (job, limits) => tokenise(pool, job, limits),
    selfTest: () => selfTest(runtime, budget),
    close: () => pool.close(),
  };
}
