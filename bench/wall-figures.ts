import { openWall, type Wall } from '../sandbox/index.ts';
import { jobOf, startBenchWorker, startNodeOnce, WALL_LAYERS } from '../sandbox/testkit/index.ts';
import { runSql } from '../test/support/engine.ts';
import { compare, type Figure } from './compare.ts';

const ROUNDS = 9;
const RATE_ROUNDS = 3;
/** Jobs of one measurement of the rate. */
const JOBS_COUNT = 16;
const POOL_SIZES = [1, 2, 4] as const;
const DEADLINE_MS = 600_000;

/** Small, so that what is measured is what a job costs and not what it computes. */
const SQL = 'select sum(i * 7 % 11)::bigint from range(100000) t(i)';
const JOB = jobOf(SQL, ['integer']);

/** What single use costs, and each layer of the wall. */
export async function wallFigures(): Promise<readonly Figure[]> {
  return [...(await singleUseFigures()), ...(await rateFigures()), ...(await layerFigures())];
}

/** Memory of one idle worker, in MiB: all it maps, its share of that, and what is its own. */
export async function idleMemoryMib(): Promise<Readonly<Record<'rss' | 'pss' | 'own', number>>> {
  const workers = [await startBenchWorker(), await startBenchWorker()];
  const [worker] = workers;
  const mib = (name: 'Rss' | 'Pss' | 'Private_Dirty') => (worker?.memoryKib(name) ?? Number.NaN) / 1_024;
  const memory = { rss: mib('Rss'), pss: mib('Pss'), own: mib('Private_Dirty') };
  await Promise.all(workers.map((w) => w.end()));
  return memory;
}

async function singleUseFigures(): Promise<Figure[]> {
  const reused = () => runSql(SQL);
  return [
    await compareWarm('warm worker, assignment to answer', 'an engine process that is used again', reused),
    await compare({
      name: 'cold worker, start to answer',
      baseline: 'an engine process that is used again',
      roundCount: ROUNDS,
      run: coldJob,
      against: reused,
    }),
    await compareWarm('warm worker, assignment to answer', 'a cold one', coldJob),
  ];
}

async function coldJob(): Promise<void> {
  const worker = await startBenchWorker();
  await worker.answer(SQL);
  await worker.end();
}

/** Workers are warmed outside of what is timed, as they are in a pool at rest. */
async function compareWarm(
  name: string,
  baseline: string,
  against: (round: number) => Promise<unknown>,
): Promise<Figure> {
  const workers = await Promise.all(Array.from({ length: ROUNDS + 1 }, () => startBenchWorker()));
  try {
    return await compare({
      name,
      baseline,
      roundCount: ROUNDS,
      run: async (round) => await workers[round]?.answer(SQL),
      against,
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.end()));
  }
}

async function rateFigures(): Promise<Figure[]> {
  const walls = new Map<number, Wall>();
  for (const size of POOL_SIZES) {
    walls.set(size, await openWall({ spareCount: size, maxRunning: size, maxRunningPerLane: size }));
  }
  const work = (size: number) => async () => {
    const wall = walls.get(size);
    await Promise.all(Array.from({ length: JOBS_COUNT }, () => wall?.run(JOB, { deadlineMs: DEADLINE_MS })));
  };
  const figures: Figure[] = [];
  for (const size of POOL_SIZES.slice(1)) {
    figures.push(
      await compare({
        name: `time of ${JOBS_COUNT} jobs in ${size} places`,
        baseline: 'the same in one place',
        roundCount: RATE_ROUNDS,
        run: work(size),
        against: work(1),
      }),
    );
  }
  await Promise.all([...walls.values()].map((wall) => wall.close()));
  return figures;
}

async function layerFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const layer of WALL_LAYERS) {
    figures.push(
      await compare({
        name: 'start of Node behind the whole wall',
        baseline: `the same without \`${layer}\``,
        roundCount: ROUNDS,
        run: () => startNodeOnce(),
        against: () => startNodeOnce([layer]),
      }),
    );
    // The worker refuses to run where it can see the host.
    if (layer !== 'namespaces') figures.push(await jobFigure(layer));
  }
  return figures;
}

async function jobFigure(layer: (typeof WALL_LAYERS)[number]): Promise<Figure> {
  const bare = await Promise.all(Array.from({ length: ROUNDS + 1 }, () => startBenchWorker([layer])));
  try {
    const against = async (round: number) => await bare[round]?.answer(SQL);
    return await compareWarm('a job behind the whole wall', `the same without \`${layer}\``, against);
  } finally {
    await Promise.all(bare.map((worker) => worker.end()));
  }
}
