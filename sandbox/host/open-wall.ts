import * as path from 'node:path';

import type { Wall, WallCheck, WallOptions, WallPlaces } from '../wall.ts';
import { COLD_ENGINE_WORD, READING_ENGINE_WORD } from '../wire/jobs.ts';
import { buildWall } from './build-wall.ts';
import { derive } from './derive-jobs.ts';
import { findMissingTools } from './host-tools.ts';
import { assign, pseudonymise, resolve, tokenise } from './identifier-jobs.ts';
import { ingest } from './ingest-jobs.ts';
import { inspect } from './inspect-jobs.ts';
import { countMatches, hidePoints, matchKinds } from './match-jobs.ts';
import { compose, parse, run, selectPersons } from './query-jobs.ts';
import { judgeRows, linkIdentifiers, redact } from './rights-jobs.ts';
import { checkFunction } from './scoring-jobs.ts';
import { selfTest, type TestedWall } from './self-test.ts';
import { runSharded, selectPersonsSharded } from './sharded-jobs.ts';
import { StartTurns } from './start-turns.ts';
import { keepSwept } from './sweep-runtimes.ts';
import { type PoolSize, WorkerPool } from './worker-pool.ts';

/** Two spares: one a core of a small machine; a third only waits. */
const DEFAULT_SPARE_COUNT = 2;

/** Jobs at once; with two engine threads each, more would only slow one another down. */
const DEFAULT_MAX_RUNNING_COUNT = 4;

/**
 * Waiting and running jobs beyond which new ones are turned away: at a second each, four at a time, this line drains
 * within a minute, and a longer one helps nobody before its deadline.
 */
const MAX_SEATS_COUNT = 256;

/** The same for one lane: an eighth, so that no few members fill the line for all. */
const MAX_SEATS_PER_LANE_COUNT = 32;

/** Room for ten million rows of a few columns, and a quarter of a small machine. */
const DEFAULT_ENGINE_MEMORY_MIB = 2_048;

/** Below this a script has no room; above it the self-test's memory bomb would fit inside the limit. */
const MIN_ENGINE_MEMORY_MIB = 128;
const MAX_ENGINE_MEMORY_MIB = 8_192;

/** A backstop only: two threads for the hour that the longest file may take, so that the parent decides before it. */
const CPU_SECONDS = 7_200;

/** The script a worker runs, below the code folder. */
const WORKER_SCRIPT = 'worker/main.js';

/** What workers are told of their engine. */
const ENGINE_WORDS = { warm: [], reading: [READING_ENGINE_WORD], cold: [COLD_ENGINE_WORD] };

/**
 * Builds the wall and proves it: nothing is accepted before a hostile program has been refused everything.
 *
 * @throws {WallUnsafeError} when bubblewrap is missing or a required denial is
 * @throws {RuntimeFolderError} when the worker's files cannot be staged safely
 * @throws {WorkerUsersError} when workers cannot be given users of their own
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
  const tested = await buildWall(options, { engineMemoryMib, cpuSeconds: CPU_SECONDS });
  const sweeping = keepSwept(path.dirname(tested.runtime.code));
  return wallOver(tested, options, async () => {
    sweeping.stop();
    await tested.users.close();
  });
}

/** Puts the jobs over a wall that has been proven; tests also put them over one that they have changed. */
export function wallOver(
  tested: TestedWall,
  places: WallPlaces,
  onClose: () => Promise<void> = () => tested.users.close(),
  turns = new StartTurns(),
): Wall {
  const size = poolSizeOf(places);
  // A spare that has waited too long may still be ending while the next one starts, and one more is started at a time.
  tested.users.makeRoom(size.maxRunning + 2 * size.spareCount + 1);
  const scriptArguments = ENGINE_WORDS[places.engine ?? 'warm'];
  const pool = new WorkerPool({ ...tested, script: WORKER_SCRIPT, scriptArguments, seccomp: 'kill' }, size, turns);
  return {
    isForDevelopment: tested.development !== undefined,
    parse: (sql, limits) => parse(pool, sql, limits),
    checkFunction: (candidate, limits) => checkFunction(pool, candidate, limits),
    run: (job, limits) => run(pool, job, limits),
    selectPersons: (job, limits) => selectPersons(pool, job, limits),
    runSharded: (job, limits) => runSharded(pool, job, limits),
    selectPersonsSharded: (job, limits) => selectPersonsSharded(pool, job, limits),
    derive: (job, limits) => derive(pool, job, limits),
    compose: (job, limits) => compose(pool, job, limits),
    ingest: (job, file, limits) => ingest(pool, job, file, limits),
    inspect: (known, file, limits) => inspect(pool, known, file, limits),
    pseudonymise: (job, limits) => pseudonymise(pool, job, limits),
    resolve: (job, limits) => resolve(pool, job, limits),
    assign: (job, limits) => assign(pool, job, limits),
    tokenise: (job, limits) => tokenise(pool, job, limits),
    judgeRows: (job, limits) => judgeRows(pool, job, limits),
    linkIdentifiers: (job, limits) => linkIdentifiers(pool, job, limits),
    redact: (job, file, limits) => redact(pool, job, file, limits),
    matchKinds: (job, limits) => matchKinds(pool, job, limits),
    hidePoints: (job, limits) => hidePoints(pool, job, limits),
    countMatches: (job, limits) => countMatches(pool, job, limits),
    takeSeat: (lane) => pool.takeSeat(lane),
    refill: () => pool.refill(),
    // The users of workers are those of the first wall, which is closed last.
    apart: (others) => wallOver(tested, others, () => Promise.resolve(), turns),
    selfTest: () => testAll(tested),
    close: async () => {
      await pool.close();
      await onClose();
    },
  };
}

// Half of the places for one lane: two engine threads a job keep a machine busy that has as many cores as places, so
// that the other half costs an idle machine little, and whoever comes next never waits for one lane's slow jobs.
function poolSizeOf(places: WallPlaces): PoolSize {
  const maxRunning = places.maxRunning ?? DEFAULT_MAX_RUNNING_COUNT;
  return {
    spareCount: places.spareCount ?? DEFAULT_SPARE_COUNT,
    maxRunning,
    maxRunningPerLane: places.maxRunningPerLane ?? Math.ceil(maxRunning / 2),
    maxSeats: MAX_SEATS_COUNT,
    maxSeatsPerLane: MAX_SEATS_PER_LANE_COUNT,
  };
}

// Behind the development wall, what is missing to build the real one comes first.
async function testAll(tested: TestedWall): Promise<WallCheck[]> {
  const missing = tested.development === undefined ? [] : findMissingTools();
  return [...missing.map((check) => ({ ...check, isRequired: false })), ...(await selfTest(tested))];
}
