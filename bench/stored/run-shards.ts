import type { ShardedQuery, ShardStep } from '../../policies/index.ts';
import { type BenchEngine, IN_MEMORY } from '../measure/bench-engine.ts';
import type { ShardCut } from './shard-cut.ts';

/** Rows of a gathering table from which on its parts are added up. */
const MERGED_ROWS = 262_144;

/** A place for shards, as a worker has two: a connection that knows the tables of a shard, and what its steps gathered. */
interface Lane {
  readonly engine: BenchEngine;
  readonly place: number;
  /** Rows of each gathering table. */
  readonly made: Map<string, number>;
}

/**
 * Runs a query shard by shard in a bare engine, as a worker does behind the wall: the steps of two shards at once, and one
 * SELECT over what they gathered.
 */
export async function runShards(
  engine: BenchEngine,
  { steps, sql }: ShardedQuery,
  cut: ShardCut,
  salt: bigint,
): Promise<readonly (readonly unknown[])[]> {
  const lanes = await openLanes(engine);
  const once = steps.filter(({ isOver }) => isOver === true && cut.isOverWhole);
  const ofShards = steps.filter((step) => !once.includes(step));
  const work = [
    { schema: cut.schemas[0] as string, steps: ofShards },
    ...(once.length > 0 ? [{ schema: cut.schemas[0] as string, steps: once }] : []),
    ...cut.schemas.slice(1).map((schema) => ({ schema, steps: ofShards })),
  ].values();
  await Promise.all(
    lanes.map(async (lane) => {
      for (const { schema, steps: ofSchema } of work) {
        await lane.engine.run(`SET search_path = '${IN_MEMORY}.${schema},main'`);
        for (const step of ofSchema) await runStep(lane, step, salt);
      }
    }),
  );
  const [first] = lanes;
  for (const { into, keeps } of steps) {
    if (keeps === 'shard') continue;
    const parts = lanes.filter(({ made }) => made.has(into)).map((lane) => `FROM ${gathered(lane, into)}`);
    await first.engine.run(`CREATE OR REPLACE TEMP VIEW "${into}" AS ${parts.join(' UNION ALL ')}`);
  }
  return await first.engine.rows(sql, [salt]);
}

async function openLanes(engine: BenchEngine): Promise<readonly [Lane, Lane]> {
  const [first, second] = await engine.beside();
  return [
    { engine: first, place: 0, made: new Map() },
    { engine: second, place: 1, made: new Map() },
  ];
}

async function runStep({ engine, made, place }: Lane, { into, sql, keeps, merge }: ShardStep, salt: bigint) {
  if (keeps === 'shard') {
    await engine.run(`CREATE OR REPLACE TEMP TABLE "${into}" AS ${sql}`, [salt]);
    return;
  }
  // What the last query gathered is replaced: a worker ends with its query, and removes nothing.
  const table = gathered({ place }, into);
  const before = made.get(into);
  const statement = before === undefined ? `CREATE OR REPLACE TABLE ${table} AS` : `INSERT INTO ${table}`;
  const rows = (before ?? 0) + (await engine.number(`${statement} ${sql}`, [salt]));
  made.set(into, rows);
  if (merge !== null && rows > MERGED_ROWS) {
    await engine.run(`CREATE OR REPLACE TEMP VIEW "${into}" AS FROM ${table}`);
    await engine.run(`CREATE OR REPLACE TABLE ${gathered({ place }, 'merged')} AS ${merge}`);
    made.set(into, await engine.number(`CREATE OR REPLACE TABLE ${table} AS FROM ${gathered({ place }, 'merged')}`));
  }
}

function gathered({ place }: Pick<Lane, 'place'>, into: string): string {
  return `${IN_MEMORY}.main."${into} of lane ${place}"`;
}
