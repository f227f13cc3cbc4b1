import type { ShardedQuery, ShardStep } from '../../policies/index.ts';
import { type BenchEngine, IN_MEMORY, THREADS_COUNT } from '../measure/bench-engine.ts';
import type { ShardCut } from './shard-cut.ts';

/** Rows of a gathering table from which on its parts are added up. */
const MERGED_ROWS = 262_144;

/** Holds what both places have gathered, for the last SELECT. */
const UNITED = `${IN_MEMORY}.united`;

/** A place for shards, as a worker has two: a connection that knows the tables of a shard, and what its steps gathered. */
interface Lane {
  readonly engine: BenchEngine;
  readonly schema: string;
  /** Rows of each gathering table. */
  readonly made: Map<string, number>;
}

/** The places of an engine, and a connection that finds what they gathered. */
interface Places {
  readonly lanes: readonly [Lane, Lane];
  readonly last: BenchEngine;
}

/** What the last query left in an engine: a worker ends with its query, and finds nothing. */
const leftIn = new WeakMap<BenchEngine, ReadonlyMap<string, 'TABLE' | 'VIEW'>>();

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
  const { lanes, last } = await openPlaces(engine);
  const once = steps.filter(({ isOver }) => isOver === true && cut.isOverWhole);
  const ofShards = steps.filter((step) => !once.includes(step));
  const work = [
    { schema: cut.schemas[0] as string, steps: ofShards },
    ...(once.length > 0 ? [{ schema: cut.schemas[0] as string, steps: once }] : []),
    ...cut.schemas.slice(1).map((schema) => ({ schema, steps: ofShards })),
  ].values();
  await last.useThreads(cut.schemas.length > 1 ? 1 : THREADS_COUNT);
  await Promise.all(
    lanes.map(async (lane) => {
      for (const { schema, steps: ofSchema } of work) {
        await lane.engine.lookIn([`${IN_MEMORY}.${schema}`, 'main']);
        for (const step of ofSchema) await runStep(lane, step, salt);
      }
    }),
  );
  await unite(engine, steps, { lanes, last });
  // What does not add up is asked of the one table itself.
  if (steps.length === 0) await last.lookIn([`${IN_MEMORY}.${cut.schemas[0]}`, 'main']);
  const rows = await last.rows(sql, [salt]);
  // What runs next to it is one statement, which has all cores.
  await last.useThreads(THREADS_COUNT);
  return rows;
}

async function openPlaces(engine: BenchEngine): Promise<Places> {
  const [first, second, last] = await engine.beside();
  const schemas = [`${IN_MEMORY}.lane_0`, `${IN_MEMORY}.lane_1`] as const;
  if (!leftIn.has(engine)) {
    for (const schema of [UNITED, ...schemas]) await engine.run(`CREATE SCHEMA ${schema}`);
    leftIn.set(engine, new Map());
  }
  await last.lookIn([UNITED, ...schemas, 'main']);
  return {
    lanes: [
      { engine: first, schema: schemas[0], made: new Map() },
      { engine: second, schema: schemas[1], made: new Map() },
    ],
    last,
  };
}

/** As a worker does: what one place alone has gathered is found there. */
async function unite(engine: BenchEngine, steps: readonly ShardStep[], { lanes, last }: Places): Promise<void> {
  const left = new Map<string, 'TABLE' | 'VIEW'>();
  for (const { into, keeps } of steps) {
    if (keeps === 'shard') continue;
    const tables = lanes.filter(({ made }) => made.has(into)).map((lane) => gathered(lane, into));
    for (const table of tables) left.set(table, 'TABLE');
    if (tables.length === 1) continue;
    const view = `${UNITED}."${into}"`;
    await last.run(`CREATE OR REPLACE VIEW ${view} AS ${tables.map((t) => `FROM ${t}`).join(' UNION ALL ')}`);
    left.set(view, 'VIEW');
  }
  for (const [name, kind] of leftIn.get(engine) ?? []) if (!left.has(name)) await engine.run(`DROP ${kind} ${name}`);
  leftIn.set(engine, left);
}

async function runStep(lane: Lane, { into, sql, keeps, merge }: ShardStep, salt: bigint) {
  const { engine, made } = lane;
  if (keeps === 'shard') {
    await engine.run(`CREATE OR REPLACE TEMP TABLE "${into}" AS ${sql}`, [salt]);
    return;
  }
  // What the last query gathered is replaced: a worker ends with its query, and removes nothing.
  const table = gathered(lane, into);
  const before = made.get(into);
  const statement = before === undefined ? `CREATE OR REPLACE TABLE ${table} AS` : `INSERT INTO ${table}`;
  const rows = (before ?? 0) + (await engine.number(`${statement} ${sql}`, [salt]));
  made.set(into, rows);
  if (merge !== null && rows > MERGED_ROWS) {
    await engine.run(`CREATE OR REPLACE TEMP VIEW "${into}" AS FROM ${table}`);
    await engine.run(`CREATE OR REPLACE TABLE ${gathered(lane, 'merged')} AS ${merge}`);
    made.set(into, await engine.number(`CREATE OR REPLACE TABLE ${table} AS FROM ${gathered(lane, 'merged')}`));
  }
}

function gathered({ schema }: Pick<Lane, 'schema'>, into: string): string {
  return `${schema}."${into}"`;
}
